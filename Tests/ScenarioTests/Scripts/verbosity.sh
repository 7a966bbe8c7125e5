# What goes on is told on stderr where it is asked for, and what people say or prove who they are by is never in it.

start_server -v
user alice
text="the treasure lies under the oak"
exits 0 alice chat send --to alice "$text"
same "" "$(cat "$SCRATCH/err")" "unasked"
exits 0 alice chat send -vv --to alice "$text"
same "" "$(cat "$SCRATCH/out")" "what goes on is no data"
has "$SCRATCH/err" '^[0-9T:.-]+Z debug connecting server='
lacks "$SCRATCH/err" treasure
exits 77 alice chat login alice --profile second --server "$address" --trust "$pin" --password-file "$SCRATCH/password" \
    --verbose --verbose --verbose
lacks "$SCRATCH/err" "$password"
has "$SCRATCH/server.log" 'level=debug'
lacks "$SCRATCH/server.log" "treasure|$password"

# A server tells as much as it was asked for.
exits 0 stop_server
: >"$SCRATCH/server.log"
start_server
exits 0 alice chat send --to alice "$text"
lacks "$SCRATCH/server.log" 'level=debug'
