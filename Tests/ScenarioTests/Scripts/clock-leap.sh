# A clock that has leapt deletes nothing until an administrator says that it is right; names for people can be changed.

start_server
user alice
user bob
exits 0 alice chat send --to bob "old"
exits 0 daemon status --json
same on "$(jq -r .retention "$SCRATCH/out")" "retention"
exits 0 daemon user set alice --display-name "Alice Ä."
exits 0 bob chat who --users --json
same "Alice Ä." "$(jq -r 'select(.user == "alice") | .display_name' "$SCRATCH/out")" "the name for people"
exits 67 daemon user set nobody --display-name x
exits 64 daemon user set alice
exits 0 stop_server

# As if the clock had gone on by forty days since it was believed: all is old.
age=$((40 * 86400000))
sqlite3 "$SCRATCH/server/chatd.db" "UPDATE entries SET time = time - $age" \
    "INSERT OR REPLACE INTO meta(key, value) VALUES('believed_time', (SELECT max(time) FROM entries))"
exits 1 daemon status
has "$SCRATCH/out" 'retention +suspended'
entries() { sqlite3 "file:$SCRATCH/server/chatd.db?mode=ro" 'SELECT count(*) FROM entries'; }
were=$(entries)
start_server
eventually grep -q 'msg="retention is suspended: the clock has leapt' "$SCRATCH/server.log"
exits 0 daemon status --json
same suspended "$(jq -r .retention "$SCRATCH/out")" "retention"
same "$were" "$(entries)" "nothing is deleted"
exits 0 daemon retention resume
eventually grep -q 'msg=retention bytes=[0-9]* entries=1' "$SCRATCH/server.log"
same $((were - 1)) "$(entries)" "what is old is deleted, but for what devices need to follow the group"
exits 0 daemon status --json
same on "$(jq -r .retention "$SCRATCH/out")" "retention"
