# The first process of a container is not ended by a signal that it does nothing about: every command does.

if ! unshare -fp --mount-proc true 2>/dev/null; then
    say "SKIPPED: no namespace for processes can be made here"
    exit 0
fi
start_server
user alice
user bob
mkfifo "$SCRATCH/silent"
exec 3<>"$SCRATCH/silent"

# first COMMAND...: runs it as process 1; its identifier out here is $first.
first() {
    (exec env -i PATH="$bin:/usr/bin:/bin" HOME="$SCRATCH/alice" LC_ALL=C.UTF-8 \
        unshare -fp --mount-proc --kill-child "$@" <"$SCRATCH/silent" >"$SCRATCH/first.out" 2>&1 3>&-) &
    job=$!
    started+=("$job")
    eventually pgrep -P "$job"
    first=$(pgrep -P "$job")
    eventually grep -q "$(basename "$1")" "/proc/$first/comm"
    [ "$(awk '/^NSpid/{ print $NF }' "/proc/$first/status")" = 1 ] || fail "it is not process 1"
}
# takes SIGNAL: it has a handler for this signal.
takes() { [ $((0x$(awk '/^SigCgt/{ print $2 }' "/proc/$first/status") >> ($1 - 1) & 1)) = 1 ]; }

for signal in TERM INT; do
    number=$(kill -l "$signal")
    for command in "send --to alice" "send --to alice --lines" "send --jsonl" \
        "send --to bob --wait read --timeout 60s -m hi" "who --wait bob --timeout 60s" "listen" "rpc" "who --watch"; do
        # shellcheck disable=SC2086 # words on purpose
        first "$bin/chat" $command
        eventually takes "$number"
        kill -"$signal" "$first"
        status=0; wait "$job" || status=$?
        same $((128 + number)) "$status" "$command, $signal"
    done
done

# The second signal ends a server that still waits for somebody who does not go.
for signal in TERM INT; do
    : >"$SCRATCH/silent-peer"
    first "$bin/chatd" run --listen 127.0.0.1:0 --data "$SCRATCH/first-server"
    eventually grep -q '^listening ' "$SCRATCH/first.out"
    openssl s_client -connect "$(awk '/^listening /{ print $2 }' "$SCRATCH/first.out")" -alpn chat/1 -quiet \
        <"$SCRATCH/silent" >"$SCRATCH/silent-peer" 2>&1 3>&- &
    peer=$!
    started+=("$peer")
    eventually grep -aq "chatd [0-9]" "$SCRATCH/silent-peer"
    freeze "$peer"
    number=$(kill -l "$signal")
    kill -TERM "$first"
    eventually test ! -e "$SCRATCH/first-server/control.sock"
    kill -"$signal" "$first"
    status=0; wait "$job" || status=$?
    kill -KILL "$peer"; wait "$peer" || true
    same $((128 + number)) "$status" "chatd run, TERM and $signal"
done
exec 3>&-
