# SIGHUP: what is read again counts at once; what cannot change before the next start is named, and opens nothing.

# run_server: as start_server, but where to listen stands in the file.
run_server() {
    : >"$SCRATCH/listening"
    mkdir -p "$SCRATCH/server-home"
    env -i PATH=/usr/bin:/bin HOME="$SCRATCH/server-home" "$bin/chatd" run --config "$SCRATCH/chatd.toml" \
        --data "$SCRATCH/server" >"$SCRATCH/listening" 2>>"$SCRATCH/server.log" &
    server=$!
    started+=("$server")
    within "$patience" grep -q '^listening ' "$SCRATCH/listening" || fail "the server does not listen"
    read -r _ address pin <"$SCRATCH/listening"
}
configure() { printf '%s\n' "$@" >"$SCRATCH/chatd.toml"; }
warned() { grep "from the next start" "$SCRATCH/server.log" | tail -n 1 | grep -q "$1"; }

configure 'listen = ["127.0.0.1:0"]'
run_server
user alice

# What is written to listen on is not what it listens on: registration and broadcast stay as open as they were.
configure 'listen = ["192.0.2.1:7420"]' 'log_format = "json"' '[limits]' 'password_threads = 2'
reload
same "$address" "$(daemon status --json | jq -r '.addresses[0]')" "where it listens"
user bob
exits 0 alice chat send --everyone "hello"
exits 0 alice chat send --everyone "hello again"
for key in listen log_format limits.password_threads; do warned "$key" || fail "$key is not said to wait"; done
lacks "$SCRATCH/server.log" '^[{]'

# What counts at once: strangers' connections, and passwords that may wait.
configure 'listen = ["127.0.0.1:0"]' '[limits]' 'unauthenticated_per_address = 2'
before=$(grep -c "from the next start" "$SCRATCH/server.log")
reload
same "$before" "$(grep -c "from the next start" "$SCRATCH/server.log")" "nothing waits any more"
exits 0 python3 "$scripts/bad_peers.py" crowd "$address" 3 2
exits 0 stop_server
