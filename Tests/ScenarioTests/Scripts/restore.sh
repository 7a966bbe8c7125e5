# A backup that is restored begins a new generation: clients say `gap` and go on, and nothing new is taken for old.

start_server
user alice
user bob
exits 0 alice chat send --to bob "before"
exits 0 bob chat listen --count 1 --json --mark-read
exits 0 daemon backup "$SCRATCH/backup"
same 600 "$(stat -c %a "$SCRATCH/backup")" "the backup's mode"
exits 0 alice chat send --to bob "lost to the server"
exits 0 bob chat listen --count 1 --json --mark-read
last=$(jq .seq "$SCRATCH/out")

stop_server
mv "$SCRATCH/server" "$SCRATCH/server-was"
exits 0 daemon restore "$SCRATCH/backup"
exits 0 daemon check
was=$pin
start_server
same "$was" "$pin" "the key is restored"
background bob.out bob chat listen --json
within "$patience" grep -q '"head":"gap"' "$SCRATCH/bob.out" || fail "no gap is said"
same restored "$(jq -r 'select(.head == "gap") | .reason' "$SCRATCH/bob.out" | sort -u)"
exits 0 alice chat send --to bob "after"
within "$patience" grep -q '"after"' "$SCRATCH/bob.out" || fail "the new message does not arrive"
[ "$(jq -r 'select(.body == "after") | .seq' "$SCRATCH/bob.out")" -gt "$last" ] || fail "seq does not increase"
exits 0 bob chat history --with alice --json
same "before,lost to the server,after" "$(jq -r 'select(.body) | .body' "$SCRATCH/out" | paste -sd,)"
exits 0 daemon check

# The gap is told once to whoever says that he has read it, and counts nothing that never was.
exits 0 bob chat listen --no-follow --mark-read --json
exits 0 bob chat listen --no-follow --json
same "" "$(cat "$SCRATCH/out")" "what was marked as read is told again"
exits 0 bob chat history --limit 500 --json
same "" "$(jq -r 'select(.conv == "*")' "$SCRATCH/out")" "a gap where nothing ever was"
lacks "$SCRATCH/bob.out" '"missed"'
kill "$job"

# A conversation that is younger than the backup begins anew, behind what the devices have.
user carol
exits 0 daemon backup "$SCRATCH/second"
exits 0 carol chat send --to bob "younger"
exits 0 bob chat listen --count 1 --json --mark-read
younger=$(jq .seq "$SCRATCH/out")
exits 0 daemon restore "$SCRATCH/second" --force
exits 0 carol chat send --to bob "elder"
exits 0 bob chat history --sync --with carol --json
same "younger,elder" "$(jq -r 'select(.body) | .body' "$SCRATCH/out" | paste -sd,)"
[ "$(jq -r 'select(.body == "elder") | .seq' "$SCRATCH/out")" -gt "$younger" ] || fail "seq does not increase"

# Numbers that were left out at a restore were never anybody's: to somebody new none is missing.
user dave
exits 0 dave chat listen --no-follow --json
same "" "$(jq -r 'select(.head == "gap")' "$SCRATCH/out")" "numbers that nobody ever had are missing"

# The same backup again, twice, while messages come: no number is given twice, and nothing is taken for old.
for round in 1 2 3; do
    exits 0 daemon restore "$SCRATCH/second" --force
    for n in 1 2 3; do exits 0 alice chat send --to bob "round $round, $n"; done
    exits 0 bob chat listen --no-follow --json --mark-read
    same 3 "$(grep -c "round $round" "$SCRATCH/out")" "messages of round $round"
done
exits 0 bob chat history --with alice --limit 500 --json
jq -r 'select(.body) | .seq' "$SCRATCH/out" >"$SCRATCH/seqs"
same "$(sort -nu "$SCRATCH/seqs")" "$(cat "$SCRATCH/seqs")" "numbers only grow"
exits 0 daemon check

# What was lost before it reached anybody is sent again by its id, though the sender's own history has it; whoever has it gets it once.
exits 0 daemon backup "$SCRATCH/third"
exits 0 alice chat send --to bob --id once "who was away"
exits 0 alice chat send --to carol --id twice "who was there"
exits 0 carol chat listen --no-follow --json --mark-read
exits 0 daemon restore "$SCRATCH/third" --force
for again in 1 2; do
    exits 0 alice chat send --to bob --id once "who was away"
    exits 0 alice chat send --to carol --id twice "who was there"
done
exits 65 alice chat send --to bob --id once "somebody else"
for name in bob carol; do
    exits 0 "$name" chat history --sync --with alice --limit 500 --json
    same 1 "$(grep -c "who was" "$SCRATCH/out")" "what was sent again to $name"
    exits 0 alice chat history --with "$name" --limit 500 --json
    same 1 "$(grep -c "who was" "$SCRATCH/out")" "what was sent again to $name, by its sender"
done
exits 0 daemon check
