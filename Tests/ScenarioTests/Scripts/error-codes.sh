# Codes that scripts go by, each met by what leads to it.

# code STATUS CODE COMMAND…: it fails with this status, and the last line on stderr has the code.
code() {
    local status=$1 code=$2
    shift 2
    exits "$status" "$@"
    same "$code" "$(jq -rs 'last | .code' "$SCRATCH/err")" "$*"
}

start_server
user alice
user bob
knows alice bob

code 64 input_needed alice chat --json login bob </dev/null
head -c 4000 /dev/zero | tr '\0' x >"$SCRATCH/large"
code 65 invalid_data alice chat --json login bob --password-file "$SCRATCH/large"
code 74 io_failed alice sh -c 'exec chat --json whoami >/dev/full'
code 74 io_failed alice sh -c 'exec chat --json doctor >/dev/full'
code 127 command_not_found alice chat run --json --to bob -- no-such-program

# Another process holds the profile's store, as one that is stopped in the middle.
python3 -c '
import signal, sqlite3, sys
store = sqlite3.connect(sys.argv[1], isolation_level=None)
store.execute("BEGIN IMMEDIATE")
print("held", flush=True)
signal.pause()' "$(find "$SCRATCH/alice" -name store.sqlite)" >"$SCRATCH/held" &
holder=$!
started+=("$holder")
eventually grep -q held "$SCRATCH/held"
code 75 store_busy alice chat --json send --to bob "waits for the store"
# No longer than its time, and what stands in the way is told, not the server.
for command in "send --to bob x" "send --to bob --queue x" "ask --to bob x" "who --wait bob"; do
    # A store is waited for twenty seconds by who says nothing.
    begin=$SECONDS
    # shellcheck disable=SC2086
    code 75 store_busy alice chat --json $command --timeout 2s
    [ $((SECONDS - begin)) -lt 19 ] || fail "$command --timeout 2s took $((SECONDS - begin)) s"
done
kill -KILL "$holder"
wait "$holder" 2>/dev/null
exits 0 alice chat send --to bob "now"
