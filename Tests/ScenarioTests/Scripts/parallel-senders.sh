# A hundred processes of one profile send at once while a prompt and three listeners of it run: every message arrives
# once everywhere, and nobody sees a lock.

start_server
user alice
user bob

for n in 1 2 3; do background "listen$n" alice chat listen --json --own; done
mkfifo "$SCRATCH/keys"
background prompt alice sh -c 'exec chat --linger 120s <"$1"' sh "$SCRATCH/keys"
exec 3>"$SCRATCH/keys"
background bob.out bob chat listen --json
for n in 1 2 3; do eventually test -e "$SCRATCH/listen$n"; done
eventually test "$(alice chat who --json 2>/dev/null | grep -c '"alice"')" -ge 0

senders=()
for n in $(seq 100); do
    alice chat send --to bob -m "message $n" 2>>"$SCRATCH/send.err" &
    senders+=($!)
done
failed=0
for sender in "${senders[@]}"; do wait "$sender" || failed=$((failed + 1)); done
same 0 "$failed" "senders that failed: $(head -3 "$SCRATCH/send.err")"
same "" "$(cat "$SCRATCH/send.err")" "nothing is complained of"

seq -f 'message %g' 100 | sort >"$SCRATCH/wanted"
# all_there LOG: the bodies of this log are the hundred, each once.
all_there() { jq -r .body "$SCRATCH/$1" | sort | cmp -s - "$SCRATCH/wanted"; }
for log in bob.out listen1 listen2 listen3; do
    eventually all_there "$log" || fail "$log has $(wc -l <"$SCRATCH/$log") lines"
    same "" "$(cat "$SCRATCH/$log.err")" "$log complains"
    # Numbers only increase within the conversation.
    same "" "$(jq .seq "$SCRATCH/$log" | sort -nc 2>&1)" "order in $log"
done
exec 3>&-
same "" "$(grep -i lock "$SCRATCH"/*.err "$SCRATCH/send.err")" "locks are shown"
