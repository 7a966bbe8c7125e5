# A portal or a proxy answers where the server should be. Before the first success it is said what was met; --queue
# queues as where nobody answers; and who has sent already waits until the server is back.

start_portal() {
    background portal python3 -B "$scripts/portal.py" "${address##*:}"
    portal=$job
    within "$patience" grep -q listening "$SCRATCH/portal" || fail "no portal: $(cat "$SCRATCH/portal.err")"
}
stop_portal() {
    kill "$portal"
    wait "$portal" 2>/dev/null
}

start_server
user alice
user bob
background bob.out bob chat listen --json
mkfifo "$SCRATCH/pipe"
background lines alice sh -c 'exec chat send --to bob --lines --timeout 60s <"$1"' sh "$SCRATCH/pipe"
sender=$job
exec 3>"$SCRATCH/pipe"
echo before >&3
eventually grep -q '"before"' "$SCRATCH/bob.out"
stop_server
start_portal
eventually grep -q asked "$SCRATCH/portal"
echo during >&3

# The lines' sender and bob go on trying; who begins now learns what is there.
exits 76 alice chat send --to bob "not sent" --json
same protocol_fault "$(jq -r .code "$SCRATCH/err")"
same no "$(jq -r .sent "$SCRATCH/err")"
has "$SCRATCH/err" "HTTP/1.1 302 Found"
exits 81 alice chat send --to bob "queued" --queue --timeout 5s
exits 81 alice sh -c 'echo "a queued line" | chat send --to bob --lines --queue --timeout 5s'

stop_portal
start_server 3>&-
echo after >&3
exec 3>&-
wait "$sender" || fail "the sender ends with $?: $(cat "$SCRATCH/lines.err")"
exits 0 alice chat outbox flush
eventually lines "$SCRATCH/bob.out" 5
same "before,during,after" "$(jq -r 'select(.body | test("queued") | not).body' "$SCRATCH/bob.out" | paste -sd,)" "order"
same "queued,a queued line" "$(jq -r 'select(.body | test("queued")).body' "$SCRATCH/bob.out" | paste -sd,)" "the queue"
