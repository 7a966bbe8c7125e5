# Who comes and goes is told: the full list to a newcomer, the newcomer to the rest, and who left when the last of his
# connections is gone.

start_server
user alice
user bob
background alice.out alice chat listen --meta --json
within "$patience" grep -q '"online":\["alice"\]' "$SCRATCH/alice.out" || fail "alice does not see herself: $(cat "$SCRATCH/alice.out")"
same alice "$(jq -r 'select(.head == "login") | .user' "$SCRATCH/alice.out")"
background bob1 bob chat listen --meta --json
first=$job
within "$patience" grep -q '"delta":true.*"online":\["bob"\]' "$SCRATCH/alice.out" || fail "alice is not told of bob"
within "$patience" grep -q '"online":\["alice","bob"\]' "$SCRATCH/bob1" || fail "bob does not get the full list"
background bob2 bob chat listen --meta --json
second=$job
eventually grep -q '"head":"live"' "$SCRATCH/bob2"
exits 0 alice chat who --json
same "alice,bob" "$(jq -r '.user // .online[]?' "$SCRATCH/out" | sort -u | paste -sd,)"

# One of two connections ends: nothing is said. The last one: offline.
kill "$first"
exits 0 bob chat send --to alice "still here"
eventually grep -q 'still here' "$SCRATCH/alice.out"
lacks "$SCRATCH/alice.out" '"offline"'
kill -KILL "$second"
within "$patience" grep -q '"offline":\["bob"\]' "$SCRATCH/alice.out" || fail "alice is not told that bob went"
same 1 "$(grep -c '"online":\["bob"\]' "$SCRATCH/alice.out")"
exits 0 alice chat who --users --json
has "$SCRATCH/out" 'bob'

# By event, not by asking again and again: by the server's own clock arrivals are told in half a second.
account carol
account dave
exits 0 env PASSWORD="$password" python3 "$scripts/bad_peers.py" arrivals "$address" carol dave
