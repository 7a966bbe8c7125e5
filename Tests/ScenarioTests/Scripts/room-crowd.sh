# Many processes of one profile write into a room at once while others come and go: each message arrives once at everybody who was
# there from before to after it. `MESSAGES` and `PEOPLE` say how many.

messages=${MESSAGES:-30}
people=${PEOPLE:-4}
start_server
user alice
user bob
exits 0 alice chat room create --open ops
exits 0 bob chat room join ops
background bob-hears bob chat listen --room ops --json --patient
eventually exits 0 alice chat who --wait bob

names=()
for n in $(seq "$people"); do
    user "guest$n"
    exits 0 "guest$n" chat who
    names+=("guest$n")
done
# The first half is there from the beginning, and leaves; the others come.
half=$((people / 2))
for n in $(seq "$half"); do exits 0 "guest$n" chat room join ops; done
# Two stay: what was written while they were in it is theirs.
stays=guest$people
exits 0 "$stays" chat room join ops
background stays-hears "$stays" chat listen --room ops --json
eventually exits 0 alice chat who --wait "$stays"
exits 0 alice chat send --room ops "the first"

moves() {
    local n
    for n in $(seq "$((people - 1))"); do
        if [ "$n" -le "$half" ]; then
            "guest$n" chat room leave ops && "guest$n" chat room join ops && "guest$n" chat room leave ops
        else
            "guest$n" chat room join ops && "guest$n" chat room leave ops && "guest$n" chat room join ops
        fi 2>>"$SCRATCH/moves.err" || echo "guest$n" >>"$SCRATCH/stuck" &
        sleep 0.2
    done
    wait
}
moves &
mover=$!
started+=("$mover")
senders=()
for n in $(seq "$messages"); do
    alice chat send --timeout 120s --room ops -m "message $n" 2>>"$SCRATCH/send.err" &
    senders+=($!)
done
failed=0
for sender in "${senders[@]}"; do wait "$sender" || failed=$((failed + 1)); done
same 0 "$failed" "senders that failed: $(sort "$SCRATCH/send.err" | uniq -c | head -5)"
wait "$mover"
same "" "$(cat "$SCRATCH/stuck" 2>/dev/null)" "who could not come or go: $(head -5 "$SCRATCH/moves.err")"
exits 0 alice chat send --room ops "the end"

{ seq -f 'message %g' "$messages"; echo "the first"; echo "the end"; } | sort >"$SCRATCH/wanted"
ended() { grep -q '"the end"' "$SCRATCH/$1"; }
for log in bob-hears stays-hears; do
    within "$patience" ended $log || fail "$log does not end"
    jq -r 'select(.head == "room") | .body' "$SCRATCH/$log" | sort | cmp -s - "$SCRATCH/wanted" ||
        fail "$log has $(jq -r 'select(.head == "room") | .body' "$SCRATCH/$log" | sort | diff - "$SCRATCH/wanted" | head -8)"
    same "" "$(jq -r 'select(.head == "room") | .seq' "$SCRATCH/$log" | sort -nc 2>&1)" "order in $log"
    same "" "$(jq -c 'select(.head == "gap")' "$SCRATCH/$log")" "nothing is missing in $log"
done
# Who came and went has nothing twice, and nothing that cannot be read.
for name in "${names[@]}"; do
    "$name" chat history --room ops --limit 1000 --json >"$SCRATCH/out" 2>/dev/null || true
    same "" "$(jq -r 'select(.body) | .body' "$SCRATCH/out" | sort | uniq -d)" "$name has something twice"
done
# Who writes has each of them once, too.
exits 0 alice chat history --room ops --limit 1000 --json
jq -r 'select(.body) | .body' "$SCRATCH/out" | sort | cmp -s - "$SCRATCH/wanted" || fail "alice has something else"
