# Whatever becomes of a message, its sender learns its id and whether it may have gone out, so that a retry never doubles.

start_server
user alice
user bob
knows alice bob

# Lines are in flight when the server stops answering: each is told, and those that may have been sent say so.
mkfifo "$SCRATCH/pipe"
# given_up LETTER [OPTION…]: sends a line, then three while the server does not answer, until it gives up.
given_up() {
    local letter=$1
    shift
    background out alice sh -c 'pipe=$1; shift; exec chat send --to bob --lines --timeout 10s "$@" <"$pipe"' sh \
        "$SCRATCH/pipe" "$@"
    exec 3>"$SCRATCH/pipe"
    echo "${letter}1" >&3
    arrived() { bob chat history --with alice --sync --search "${letter}1" >"$SCRATCH/seen"; }
    within "$patience" arrived || fail "the first line does not arrive"
    freeze "$server"
    seq -f "$letter%g" 2 4 >&3
    # The pipe stays open: who has given up waits for no line.
    status=0; wait "$job" || status=$?
    kill -CONT "$server"
    exec 3>&-
    same 69 "$status" "no acknowledgement"
}
given_up a --json
same "accepted,failed,failed,failed" "$(jq -r .status "$SCRATCH/out" | paste -sd,)" "an ack a line"
same "$(jq -r 'select(.status == "failed") | "\(.id) unknown"' "$SCRATCH/out")" \
    "$(jq -r '"\(.id) \(.sent)"' "$SCRATCH/out.err")" "an error a line, with its id"
has "$SCRATCH/out.err" 'gave up at line 2: .*; line 1 was the last acknowledged'
# They arrived all the same, and sending one again with its id changes nothing.
four() { same_bodies=$(bob chat history --with alice --sync --json -q | jq -r .body | paste -sd,); [ "$same_bodies" = "a1,a2,a3,a4" ]; }
within "$patience" four || fail "bob has $same_bodies"
exits 0 alice chat send --to bob --id "$(jq -r .id "$SCRATCH/out" | tail -n 1)" a4
four || fail "sent again it is there twice: $same_bodies"
given_up b
same 3 "$(grep -c '(message [-0-9a-f]*); it may have been sent' "$SCRATCH/out.err")" "people are told each, too"

# Many more than may be under way, and none goes out: an ack for each that was read.
stop_server
seq 2000 | exits 69 alice chat send --to bob --lines --json --timeout 1s
[ "$(wc -l <"$SCRATCH/out")" -ge 512 ] || fail "acks: $(wc -l <"$SCRATCH/out")"
same "failed" "$(jq -r .status "$SCRATCH/out" | sort -u)"
same "no" "$(jq -r .sent "$SCRATCH/err" | sort -u)" "none was sent"
seq 2000 | exits 69 alice chat send --to bob --lines --timeout 1s
same 1 "$(wc -l <"$SCRATCH/err")" "people are told once of what was not sent"
start_server

# Accepted, but nobody confirms: the id is told.
user carol
runs_out 124 alice chat send --to carol --wait delivered --timeout TIME "for later"
has "$SCRATCH/err" "accepted, but not confirmed .*\(message [-0-9a-f]{36}\)"

# Accepted, but the acknowledgement cannot be written: what became of it is told on stderr.
full() { alice chat send --json "$@" >/dev/full; }
exits 74 full --to carol "to a full disk"
same "@carol" "$(jq -r .conv "$SCRATCH/err")"
has "$SCRATCH/err" "the message was accepted"
exits 0 alice chat history --id "$(jq -r .id "$SCRATCH/err")" --json
same "to a full disk" "$(head -n 1 "$SCRATCH/out" | jq -r .body)"
exits 74 full --to carol --to bob "to two"
same "@bob,@carol" "$(jq -r 'select(.id).conv' "$SCRATCH/err" | sort | paste -sd,)"
