# A start that is given counts, also where there is a resume point already: the point moves there.

start_server
user alice
user bob

# stands NAME: what waits for the resume point. there: alice is online.
stands() { alice chat resume list --json | jq -r "select(.name == \"$1\").waiting"; }
there() { bob chat who --json | grep -q '"user":"alice"'; }

# listen: what has become stale is left out, and is not told by the next one either.
exits 0 alice chat resume set one
exits 0 bob chat send --to alice "stale"
exits 0 alice chat history --sync
same 1 "$(stands one)"
background new.out alice chat listen --resume one --new --count 1
job_one=$job
within "$patience" there || fail "alice does not come"
exits 0 bob chat send --to alice "fresh"
wait "$job_one"; same 0 $? "listen --new"
lacks "$SCRATCH/new.out" stale
has "$SCRATCH/new.out" fresh
exits 0 alice chat listen --resume one --no-follow
same "" "$(cat "$SCRATCH/out")" "the point stands behind what was told"

# Back, and behind a line.
exits 0 alice chat listen --resume one --since 1h --no-follow --json
same "stale fresh" "$(jq -r .body "$SCRATCH/out" | paste -sd' ')" "from a moment"
cursor=$(jq -r 'select(.body == "stale").cursor' "$SCRATCH/out")
exits 0 alice chat listen --resume one --after-cursor "$cursor" --count 1 --json
same "fresh" "$(jq -r .body "$SCRATCH/out")" "behind a line"
same 0 "$(stands one)"
exits 0 alice chat resume set two --after-cursor "$cursor"
same 1 "$(stands two)" "a point behind a line"
exits 0 alice chat resume set two --new
same 0 "$(stands two)" "a point from now on"

# The point moves at once, not with the first line.
exits 0 alice chat listen --resume one --since 1h --from carol --no-follow
exits 0 alice chat listen --resume one --no-follow
same "" "$(cat "$SCRATCH/out")" "what a filter left out is done"

# reply: a command that became stale while the bot was down is not carried out.
exits 0 alice chat resume set reply
exits 0 bob chat send --to alice "stale command"
exits 0 alice chat history --sync
background reply.out alice chat reply --allow bob --new --count 1 -- tee -a "$SCRATCH/ran"
bot=$job
within "$patience" there || fail "the bot does not come"
exits 0 bob chat send --to alice "fresh command"
wait "$bot"; same 0 $? "reply --new"
same "fresh command" "$(cat "$SCRATCH/ran")"
exits 0 alice chat listen --since 1h --no-follow --json
cursor=$(jq -r 'select(.body == "stale command").cursor' "$SCRATCH/out")
exits 0 alice chat reply --resume again --after-cursor "$cursor" --allow bob --count 1 -- tee -a "$SCRATCH/again"
same "fresh command" "$(cat "$SCRATCH/again")" "reply --after-cursor"

# As a request.
exits 0 alice chat resume set worker
exits 0 bob chat send --to alice "stale request"
exits 0 alice chat history --sync
mkfifo "$SCRATCH/requests"
as alice chat rpc <"$SCRATCH/requests" >"$SCRATCH/rpc" 2>"$SCRATCH/rpc.err" 3>&- 4>&- &
rpc=$!
started+=("$rpc")
exec 3>"$SCRATCH/requests"
printf '%s\n' '{"jsonrpc":"2.0","id":1,"method":"listen.start","params":{"resume":"worker","new":true}}' >&3
within "$patience" there || fail "the listener does not come"
exits 0 bob chat send --to alice "fresh request"
within "$patience" grep -q "fresh request" "$SCRATCH/rpc" || fail "nothing comes: $(cat "$SCRATCH/rpc" "$SCRATCH/rpc.err")"
exec 3>&-
wait "$rpc"; same 0 $? "rpc"
lacks "$SCRATCH/rpc" "stale request"
same 1 "$(stands worker)" "it moves by listen.ack alone"
