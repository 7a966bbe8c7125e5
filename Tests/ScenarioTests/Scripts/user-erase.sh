# What a deleted user wrote can be erased: nobody gets it any more, the store stays sound, and its bytes are gone.

start_server
user alice
user bob
user carol
# Before there is anything to be taken in by whoever writes.
exits 0 bob chat send --to alice "what bob wrote"
exits 0 alice chat send --to bob "before the-secret-one"
exits 0 alice chat send --everyone "the-secret-two"
for n in $(seq 1200); do echo "the-secret-line $n"; done | alice chat send --to bob --lines || fail "many"
# Carol has got what was for everybody; what clients have stored is theirs.
exits 0 carol chat history --sync --everyone
has "$SCRATCH/out" 'the-secret-two'

exits 0 daemon user delete alice --erase
exits 0 bob chat listen --no-follow --json
lacks "$SCRATCH/out" 'the-secret'
# What devices say to each other about who is there stays, and may lie between.
same true "$(jq -s 'map(select(.head == "gap" and .reason == "erased").missed) | add | . >= 1202 and . <= 1204' "$SCRATCH/out")" \
    "what bob missed"
exits 0 bob chat history --with alice
has "$SCRATCH/out" 'what bob wrote'
exits 0 carol chat history --everyone
has "$SCRATCH/out" 'the-secret-two'
exits 0 daemon check
has "$SCRATCH/out" '^sound$'

# The bytes are gone from the data, and are in no backup that is made now.
clean() { ! grep -aq 'the-secret' "$SCRATCH"/server/chatd.db*; }
eventually clean
exits 0 daemon backup "$SCRATCH/backup"
grep -aq 'the-secret' "$SCRATCH/backup" && fail "the backup has it"
exits 0 daemon user export alice
same 3 "$(jq -s 'map(select(.head == "entry").kind) | unique | .[]' "$SCRATCH/out")" "what is left: commits, by which others follow their groups"

# Later too, of somebody who was deleted before, and where no server runs.
exits 0 carol chat send --to bob "the-secret-three"
exits 0 daemon user delete carol
exits 67 daemon user delete carol
exits 0 daemon user delete carol --erase
exits 0 daemon user delete carol --erase
exits 67 daemon user delete nobody --erase
exits 0 bob chat history --sync --limit 9 --json
lacks "$SCRATCH/out" 'the-secret'
user dave
exits 0 dave chat send --to bob "the-secret-four"
stop_server
exits 0 daemon user delete dave --erase
clean || fail "the bytes are left where no server runs"
exits 0 daemon check
start_server
exits 0 bob chat listen --no-follow --json
lacks "$SCRATCH/out" 'the-secret'
has "$SCRATCH/out" '"reason":"erased"'
