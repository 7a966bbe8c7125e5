# Beside portal.sh: while the connection is down something that is no chatd answers in the server's place, as a captive portal does: whoever
# follows goes on, and says once that the connection is lost and once that it is back.

start_server
user alice
user bob
mkfifo "$SCRATCH/requests" "$SCRATCH/lines"

exits 0 alice chat resume set reply
background listen alice chat listen --json
background reply alice chat reply --allow bob -- tee -a "$SCRATCH/ran"
background who alice chat who --watch --json
as alice chat rpc <"$SCRATCH/requests" >"$SCRATCH/rpc" 2>"$SCRATCH/rpc.err" 3>&- 4>&- &
started+=($!)
exec 3>"$SCRATCH/requests"
printf '%s\n' '{"jsonrpc":"2.0","id":1,"method":"listen.start"}' '{"jsonrpc":"2.0","id":2,"method":"listen.start"}' >&3
as alice chat <"$SCRATCH/lines" >"$SCRATCH/prompt" 2>"$SCRATCH/prompt.err" 3>&- 4>&- &
started+=($!)
exec 4>"$SCRATCH/lines"
exits 0 bob chat send --to alice "before"
for log in listen ran rpc prompt; do within "$patience" grep -q before "$SCRATCH/$log" || fail "$log does not begin"; done
background ask alice chat ask --to bob "well?"
asking=$job
asked() { bob chat history --with alice --sync --json | grep -q '"well?"'; }
within "$patience" asked || fail "bob is not asked"
within "$patience" grep -q '"online":\["alice"' "$SCRATCH/who" || fail "who does not begin"

# It is there until each of them has met it.
stop_server || fail "the server does not drain"
background portal python3 -B "$scripts/portal.py" "${address##*:}"
portal=$job
within "$patience" grep -q listening "$SCRATCH/portal" || fail "no portal: $(cat "$SCRATCH/portal.err")"
met() { [ "$(grep -c asked "$SCRATCH/portal")" -ge 18 ]; }
within "$patience" met || fail "nobody tries the server's address any more: $(cat "$SCRATCH/portal.err")"
kill "$portal"
wait "$portal" 2>/dev/null
start_server
exits 0 bob chat send --to alice "the answer"
wait "$asking"; same 0 $? "ask"
exits 0 bob chat send --to alice "after"
for log in listen ran rpc prompt; do within "$patience" grep -q after "$SCRATCH/$log" || fail "$log: $(cat "$SCRATCH/$log.err")"; done
told() { [ "$(grep -c "\"online\":\[\"alice\"" "$SCRATCH/who")" -ge 2 ]; }
within "$patience" told || fail "who: $(cat "$SCRATCH/who" "$SCRATCH/who.err")"
lacks "$SCRATCH/rpc" '"error"'

# One notice that it is lost, one that it is back; of `rpc` too, where two listen.
for log in reply rpc prompt; do
    within "$patience" grep -q 'connected again after' "$SCRATCH/$log.err" || fail "$log: $(cat "$SCRATCH/$log.err")"
    same "1 1" "$(grep -c 'until it is back' "$SCRATCH/$log.err") $(grep -c 'connected again' "$SCRATCH/$log.err")" "$log"
done
for log in listen who; do
    within "$patience" grep -q '"online"' "$SCRATCH/$log.err" || fail "$log: $(cat "$SCRATCH/$log.err")"
    same "offline online" "$(jq -r .code "$SCRATCH/$log.err" | paste -sd' ')" "$log"
done

# A first connection that fails ends it; with patience it waits for the server.
stop_server || fail "the server does not drain"
exits 69 bob chat listen
exits 69 bob chat reply --allow alice -- cat
background patient bob chat listen --patient --new --from alice --count 1
patient=$job
background bot bob chat reply --patient --allow alice --count 1 -- sed 's/^/heard: /'
bot=$job
for log in patient bot; do
    within "$patience" grep -q 'until it is back' "$SCRATCH/$log.err" || fail "$log says nothing: $(cat "$SCRATCH/$log.err")"
done
start_server
# What is new begins for each with its own login.
for log in patient bot; do
    within "$patience" grep -q 'connected again' "$SCRATCH/$log.err" || fail "$log does not come: $(cat "$SCRATCH/$log.err")"
done
for n in 1 2; do exits 0 alice chat send --to bob "ping $n"; done
wait "$patient"; same 0 $? "listen --patient"
wait "$bot"; same 0 $? "reply --patient"
eventually grep -q '"heard: ping 1"' "$SCRATCH/listen"
exits 64 bob chat listen --patient --no-follow
