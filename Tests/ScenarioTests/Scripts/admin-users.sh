# The administrator's commands on users, with a server running and without.

secret() { printf '%s\n' "$1" >"$SCRATCH/password"; }

# Before the first start: the store is made.
exits 66 daemon user list
exits 66 daemon status
secret "$password"
exits 0 daemon user add Alice --display-name "Alice A." --password-file "$SCRATCH/password" --admin --json
jsonl '.[0] | .head == "user" and .user == "alice" and .administrator and .devices == 0 and .v == 1'
exits 77 daemon user add alice --password-file "$SCRATCH/password"
has "$SCRATCH/err" '^chatd: the name is taken$'
exits 64 daemon user add 'Bad Name' --password-file "$SCRATCH/password"
exits 64 daemon user add everyone --password-file "$SCRATCH/password"
exits 66 daemon user add bob --password-file "$SCRATCH/none"
exits 64 daemon user add bob </dev/null
exits 64 daemon user add bob --no-input
exits 64 daemon user add bob --password-stdin </dev/null
has "$SCRATCH/err" 'standard input has 0 of the 1 lines'
secret short
exits 65 daemon user add bob --password-file "$SCRATCH/password"
secret "$(printf '%073d' 0)"
exits 65 daemon user add bob --password-stdin <"$SCRATCH/password"
exits 67 daemon user passwd bob --password-stdin < <(say "$password" 2>&1)
exits 1 daemon status --json
jsonl '.[0] | .running == false and .accounts == 1'
same 700 "$(stat -c %a "$SCRATCH/server")" "the directory's mode"
same "" "$(find "$SCRATCH/server" -type f ! -perm 600)" "files open to others"

# While it runs.
start_server
exits 0 daemon status --json
jsonl '.[0] | .running and .accounts == 1 and .pid == '"$server"' and .addresses == ["'"$address"'"]'
exits 0 daemon fingerprint
same "$pin" "$(cat "$SCRATCH/out")"
secret "$password"
exits 0 daemon user add bob --password-file "$SCRATCH/password"
person bob
exits 0 bob chat login bob --server "$address" --trust "$pin" --password-file "$SCRATCH/password"
background listen.out bob chat listen
listed() { daemon user list | grep -q bob; }
within "$patience" listed || fail "bob is not listed"
within "$patience" online || fail "bob is not online"

# disable closes what is open before it returns, and refuses.
exits 0 daemon user disable bob
exits 77 bob chat send --to alice hello
within "$patience" gone "$job" || fail "the listener of a disabled user goes on"
exits 77 bob chat login bob --password-file "$SCRATCH/password"
exits 0 daemon user list --json
jsonl 'map(select(.user == "bob")) | .[0].disabled'
exits 0 daemon user enable bob
# Who has never logged in has no device to encrypt to.
exits 75 bob chat send --to alice hello --json
same '["no_device","no"]' "$(jq -c '[.code, .sent]' "$SCRATCH/err")"
exits 81 bob chat send --to alice --queue hello
secret "$password"
person alice
exits 0 alice chat login alice --server "$address" --trust "$pin" --password-file "$SCRATCH/password"
# The profile is hers now: without a user it is she who is meant, and not whose the process is.
exits 0 alice chat login --password-file "$SCRATCH/password"
exits 0 bob chat outbox flush
exits 0 bob chat outbox list
lacks "$SCRATCH/out" .

# A new password counts, the old one no more.
secret "another password"
exits 0 daemon user passwd bob --password-stdin <"$SCRATCH/password"
exits 0 daemon user passwd bob --password-file <(cat "$SCRATCH/password")
person tablet
exits 77 tablet chat login bob --server "$address" --trust "$pin" --password-file "$SCRATCH/password"
secret "$password"
has "$SCRATCH/err" 'waits to be approved'
approve bob tablet
person thief
exits 77 thief chat login bob --server "$address" --trust "$pin" --password-file "$SCRATCH/password"

exits 0 daemon user admin bob
exits 0 daemon user list --json
jsonl 'map(select(.administrator) | .user) == ["alice", "bob"]'
exits 0 daemon user admin --revoke bob

# A deleted user is gone, his name is not given away.
exits 0 daemon user delete bob
exits 77 bob chat send --to alice hello
exits 67 alice chat send --to bob hello
exits 67 daemon user delete bob
exits 77 daemon user add bob --password-file "$SCRATCH/password"
exits 0 daemon user list
lacks "$SCRATCH/out" bob

# Also who had written to him before is told that he is gone; what was taken before stays taken.
exits 0 daemon user add carol --password-file "$SCRATCH/password"
person carol
exits 0 carol chat login carol --server "$address" --trust "$pin" --password-file "$SCRATCH/password"
exits 0 alice chat send --to carol --id before hello
exits 0 daemon user delete carol
exits 67 alice chat send --to carol hello again --json
same no_such_user "$(jq -r .code "$SCRATCH/err")"
exits 0 alice chat send --to carol --id before hello

# Command lines.
exits 64 daemon
exits 64 daemon user
for nonsense in nonsense "help nonsense" "nonsense --help" "--json nonsense" "-q nonsense" "--config=x nonsense"; do
    exits 64 "$bin/chatd" $nonsense
    has "$SCRATCH/err" "unknown command 'nonsense'.*see 'chatd --help'"
done
for nonsense in "user nonsense" "help user nonsense" "user nonsense --help" "--config list user nonsense"; do
    exits 64 "$bin/chatd" $nonsense
    has "$SCRATCH/err" "unknown command 'user nonsense'; see 'chatd user --help'"
done
exits 64 daemon user add
has "$SCRATCH/err" "see 'chatd user add --help'"
exits 0 "$bin/chatd" help user add
exits 64 daemon user list --nonsense
exits 64 daemon user list extra
exits 0 "$bin/chatd" --version
exits 0 daemon --help
exits 64 daemon user list --json --nonsense
same usage "$(jq -r .code "$SCRATCH/err")"
exits 0 "$bin/chatd" --data "$SCRATCH/server" user list --json
exits 0 stop_server
exits 0 daemon check
exits 0 daemon user add erin --password-file "$SCRATCH/password" --json
jsonl '.[0].display_name == "erin"'
