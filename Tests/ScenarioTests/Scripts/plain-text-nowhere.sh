# The server has no plain text: not in its files, its backups, its logs, nor in its memory.

start_server
user alice
user bob
user carol
secret="plain-$RANDOM-$RANDOM-$RANDOM"
body="$(printf '%s text\n' "$secret")"

exits 0 alice chat room create ops
exits 0 alice chat room add ops bob carol
for number in 1 2 3 4 5; do
    exits 0 alice chat send --to bob "$body to bob $number"
    exits 0 bob chat send --to alice "$body to alice $number"
    exits 0 carol chat send --room ops "$body to all of them $number"
done
background bob.out bob chat listen --json
runs_out 124 alice chat ask --to bob --choice "$secret-yes" --choice "$secret-no" --timeout TIME "$body?"
within "$patience" grep -q "to all of them 5" "$SCRATCH/bob.out" || fail "bob hears nothing"
seq 1 200 | sed "s/^/$body many /" >"$SCRATCH/many"
exits 0 alice chat send --to bob --lines <"$SCRATCH/many"
exits 0 daemon backup "$SCRATCH/backup"

# What is there is found: the search is one.
nowhere() {
    grep -rqaF -- alice "$1" || fail "the search finds nothing in $1"
    ! grep -rqaF -- "$secret" "$1" || fail "plain text in $1"
}
nowhere "$SCRATCH/server"
nowhere "$SCRATCH/backup"
[ ! -s "$SCRATCH/server.log" ] || lacks "$SCRATCH/server.log" "$secret"
memory="$(python3 "$scripts/memory.py" "$server" alice "$secret" "${secret#plain-}")" || fail "the memory cannot be read"
same "alice" "$memory" "what is found in the server's memory"

# Nor after a start.
stop_server
start_server
exits 0 bob chat history --sync --with alice
memory="$(python3 "$scripts/memory.py" "$server" alice "$secret")" || fail "the memory cannot be read"
same "alice" "$memory" "what is found in the server's memory after a start"
