# kill -9 of the server at random moments under load, fifty times: no acknowledged message is lost, none is doubled,
# numbers have no holes, and the store is sound.

start_server
user alice
user bob
background bob.out bob chat listen --json
mkfifo "$SCRATCH/pipe"
background alice.out alice sh -c 'exec chat send --to bob --lines --json --timeout 60s <"$1"' sh "$SCRATCH/pipe"
sender=$job
exec 3>"$SCRATCH/pipe"
(
    n=0
    while :; do
        n=$((n + 1))
        echo "line $n"
        [ $((n % 20)) -ne 0 ] || sleep 0.01
        [ ! -e "$SCRATCH/stop" ] || break
    done >&3
) &
feeder=$!
started+=("$feeder")
within "$patience" grep -q accepted "$SCRATCH/alice.out" || fail "nothing is acknowledged"

for round in $(seq 50); do
    sleep "0.$((RANDOM % 20 + 2))"
    kill -KILL "$server"
    wait "$server" 2>/dev/null
    start_server
done

touch "$SCRATCH/stop"
wait "$feeder"
exec 3>&-
wait "$sender" || fail "the sender ends with $?: $(tail -1 "$SCRATCH/alice.out.err")"

jq -r 'select(.status == "accepted") | .id' "$SCRATCH/alice.out" | sort >"$SCRATCH/acknowledged"
received() { jq -r .id "$SCRATCH/bob.out" | sort >"$SCRATCH/received"; }
nothing_lost() { received && [ -z "$(comm -23 "$SCRATCH/acknowledged" "$SCRATCH/received")" ]; }
within "$patience" nothing_lost || fail "lost: $(comm -23 "$SCRATCH/acknowledged" "$SCRATCH/received" | head -3)"
same "" "$(uniq -d "$SCRATCH/received")" "doubled"
[ "$(wc -l <"$SCRATCH/acknowledged")" -gt 100 ] || fail "only $(wc -l <"$SCRATCH/acknowledged") messages: no load"
# In order; a number that is left out is a commit's, of which there are few.
same "$(jq -r .body "$SCRATCH/bob.out")" "$(seq -f 'line %g' "$(wc -l <"$SCRATCH/bob.out")")" "order"
same "$(jq .seq "$SCRATCH/bob.out")" "$(jq .seq "$SCRATCH/bob.out" | sort -nu)" "numbers"
left_out=$(($(tail -n 1 "$SCRATCH/bob.out" | jq .seq) - $(head -n 1 "$SCRATCH/bob.out" | jq .seq) + 1 - $(wc -l <"$SCRATCH/bob.out")))
[ "$left_out" -le 2 ] || fail "$left_out numbers are left out"
exits 0 daemon check
stop_server || fail "the server does not drain"
exits 0 daemon check
