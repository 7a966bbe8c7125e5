# chat rpc: listeners and their events, over one connection; a caller that does not read holds nothing up.

start_server
user alice
user bob
exits 0 alice python3 "$scripts/rpc_peer.py" listening
background listener alice python3 "$scripts/rpc_peer.py" deaf_listener 1500
listener=$job
for n in $(seq 1500); do printf 'line %s:%s\n' "$n" "$(printf '%04000d' 0)"; done |
    exits 0 bob chat send --to alice --lines
wait "$listener" || fail "$(cat "$SCRATCH/listener.err")"
