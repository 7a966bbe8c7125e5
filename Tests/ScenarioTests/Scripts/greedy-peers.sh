# Who asks for much and reads nothing, or has much written, takes neither the memory nor the disk from the others.

start_server
user alice
user bob
mallory
memory() { awk '/VmRSS/ {print $2}' "/proc/$server/status"; }
peer() {
    local kind=$1
    shift
    PASSWORD=$password DEVICE=$device python3 "$scripts/bad_peers.py" "$kind" "$address" "$@"
}

# Requests whose answers nobody reads.
mkfifo "$SCRATCH/hold"
before=$(memory)
for n in 1 2 3; do
    peer asks_and_never_reads <"$SCRATCH/hold" >"$SCRATCH/greedy$n" 2>&1 &
    started+=($!)
done
exec 4>"$SCRATCH/hold"
for n in 1 2 3; do
    within "$patience" grep -q ready "$SCRATCH/greedy$n" || fail "the server takes on and on: $(cat "$SCRATCH/greedy$n")"
done
[ $(($(memory) - before)) -lt 100000 ] || fail "memory grew from $before to $(memory) KiB"
exits 0 alice chat send --to bob --wait accepted "beside the greedy"
exec 4>&-

# Requests that write: the log of the store is cut while they come.
exits 0 peer opens_conversations 10 alice bob stranger
log=$(stat -c %s "$SCRATCH/server/chatd.db-wal")
[ "$log" -le $((80 << 20)) ] || fail "the store's log has $log bytes"
exits 0 alice chat send --to bob "and after it"
exits 0 daemon status --json
size=$(jq .store_bytes "$SCRATCH/out")
[ "$size" -ge "$(stat -c %s "$SCRATCH/server/chatd.db")" ] || fail "status does not count all of the store: $size"
exits 0 bob chat listen --no-follow --json --to-me
same 2 "$(jq -r 'select(.head == "dm") | .body' "$SCRATCH/out" | wc -l)" "bob's messages"
exits 0 daemon check
