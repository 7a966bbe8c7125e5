# A hundred processes of one profile send at once while a prompt and three listeners of it run: every message arrives
# once everywhere, also at a prompt of the other's, and nobody sees a lock.

start_server
user alice
user bob
knows alice bob

# From a moment, since what a prompt has shown before a listener begins is not new to it.
for n in 1 2 3; do background "listen$n" alice chat listen --json --own --since 1h; done
# prompt NAME LOG DESCRIPTOR: a prompt of NAME, fed by a pipe that stays open.
prompt() {
    mkfifo "$SCRATCH/$2.keys"
    background "$2" "$1" sh -c 'exec chat --linger 120s <"$1"' sh "$SCRATCH/$2.keys"
    eval "exec $3>\"\$SCRATCH/$2.keys\""
}
prompt alice prompt 3
prompt bob bob.prompt 4
background bob.out bob chat listen --json --since 1h

senders=()
for n in $(seq 100); do
    alice chat send --to bob -m "message $n" 2>>"$SCRATCH/send.err" &
    senders+=($!)
done
failed=0
for sender in "${senders[@]}"; do wait "$sender" || failed=$((failed + 1)); done
same 0 "$failed" "senders that failed: $(head -3 "$SCRATCH/send.err")"
same "" "$(cat "$SCRATCH/send.err")" "nothing is complained of"

# What comes in order has no doubles left to come when the last is there.
exits 0 alice chat send --to bob -m "the end"
{ seq -f 'message %g' 100; echo "the end"; } | sort >"$SCRATCH/wanted"
# ended LOG: has the last message come? all_there LOG: the bodies of this log are these, each once.
ended() { grep -q "the end" "$SCRATCH/$1"; }
all_there() { jq -r .body "$SCRATCH/$1" | sort | cmp -s - "$SCRATCH/wanted"; }
for log in bob.out listen1 listen2 listen3; do
    within "$patience" ended "$log" || fail "$log does not end"
    all_there "$log" || fail "$log has $(wc -l <"$SCRATCH/$log") lines"
    same "" "$(cat "$SCRATCH/$log.err")" "$log complains"
    # Numbers only increase within the conversation.
    same "" "$(jq .seq "$SCRATCH/$log" | sort -nc 2>&1)" "order in $log"
done
within "$patience" ended bob.prompt || fail "the prompt does not end"
sed -E 's/^.* alice → me: //' "$SCRATCH/bob.prompt" | sort | cmp -s - "$SCRATCH/wanted" ||
    fail "the prompt has $(wc -l <"$SCRATCH/bob.prompt") lines, the first $(head -n 1 "$SCRATCH/bob.prompt")"
exec 3>&- 4>&-
same "" "$(grep -i lock "$SCRATCH"/*.err "$SCRATCH/send.err")" "locks are shown"
