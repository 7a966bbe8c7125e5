# A login that ended before its answer came takes its own place again: it fills no other ones, and is turned away like any that waits.

start_server
user carol
person killed
for pause in 0.05 0.1 0.15 0.2 0.25 0.3 0.4; do
    background killed.log as killed chat login carol --server "$address" --trust "$pin" --password-file "$SCRATCH/password"
    sleep "$pause"
    kill -KILL "$job"
    wait "$job" 2>/dev/null
done
exits 77 as killed chat login carol --server "$address" --trust "$pin" --password-file "$SCRATCH/password"
exits 0 carol chat device list --json
same 1 "$(jq -r 'select(.state == "pending") | .id' "$SCRATCH/out" | wc -l)" "places that are taken"
exits 0 carol chat device revoke "$(jq -r 'select(.state == "pending") | .id' "$SCRATCH/out")"
exits 0 carol chat device list --json
same "" "$(jq -r 'select(.state == "pending") | .id' "$SCRATCH/out")"
