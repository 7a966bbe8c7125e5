# The server goes away while lines are sent and comes back: every line arrives once, in order. It stays away: the
# status says so within the time-out, and a queued message goes first with the next command that connects.

start_server
user alice
user bob
background bob.out bob chat listen --json
mkfifo "$SCRATCH/pipe"
background alice.out alice sh -c 'exec chat send --to bob --lines <"$1"' sh "$SCRATCH/pipe"
sender=$job
exec 3>"$SCRATCH/pipe"
seq -f 'line %g' 1 50 >&3
within "$patience" grep -q '"line 50"' "$SCRATCH/bob.out" || fail "the first lines do not arrive"
stop_server || fail "the server does not drain"
seq -f 'line %g' 51 100 >&3
# The server must not hold the pipe open.
start_server 3>&-
seq -f 'line %g' 101 150 >&3
exec 3>&-
wait "$sender" || fail "the sender ends with $?: $(cat "$SCRATCH/alice.out.err")"
within "$patience" lines "$SCRATCH/bob.out" 150 || fail "bob has $(wc -l <"$SCRATCH/bob.out") lines"
same "$(seq -f 'line %g' 150)" "$(jq -r .body "$SCRATCH/bob.out")" "order"

stop_server
begin=$(date +%s)
exits 69 alice chat send --to bob --timeout 2s "lost"
exits 81 alice chat send --to bob --timeout 2s --queue "queued first"
[ $(($(date +%s) - begin)) -le 15 ] || fail "the time-out is not kept"
exits 81 alice chat send --to bob --timeout 2s --queue "queued second"
exits 0 alice chat outbox list --json
same 2 "$(wc -l <"$SCRATCH/out")" "the outbox"
printf 'one\ntwo\n' | exits 69 alice chat send --to bob --lines --timeout 1s

start_server
exits 0 alice chat send --to bob "third"
within "$patience" lines "$SCRATCH/bob.out" 153 || fail "bob has $(wc -l <"$SCRATCH/bob.out") lines: $(tail -2 "$SCRATCH/bob.out")"
same "queued first,queued second,third" "$(tail -n 3 "$SCRATCH/bob.out" | jq -r .body | paste -sd,)" "the queue goes first"
exits 0 alice chat outbox list --json
same "" "$(cat "$SCRATCH/out")" "the outbox is empty"

# A queued message that the server refuses stays, marked failed, and does not change the next command's status.
stop_server
exits 81 alice chat send --to bob --timeout 1s --queue --expires 1ms "too late"
start_server
exits 0 alice chat send --to bob "after"
eventually lines "$SCRATCH/bob.out" 154
lacks "$SCRATCH/bob.out" "too late"
exits 0 alice chat outbox list --json
same "failed expired" "$(jq -r 'select(.body == "too late") | "\(.status) \(.code)"' "$SCRATCH/out")" "what expired stays"
late=$(jq -r .id "$SCRATCH/out")
exits 0 alice chat outbox flush --json
same "" "$(cat "$SCRATCH/out")" "what expired is not sent"
exits 0 alice chat outbox drop "$late"
