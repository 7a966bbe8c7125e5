# Peers that misbehave are refused, bounded and harmless to the others.

start_server
user alice
user bob
mallory
peer() {
    local kind=$1
    shift
    PASSWORD=$password DEVICE=$device python3 "$scripts/bad_peers.py" "$kind" "$address" "$@"
}
memory() { awk '/VmRSS/ {print $2}' "/proc/$server/status"; }

background bob.out bob chat listen --json --to-me
for kind in random_bytes truncated oversized malformed hostile_name; do
    exits 0 peer "$kind"
    exits 0 alice chat send --to bob "after $kind"
done
background slow peer slow
slow=$job
background handshake peer handshake_never_finished
handshake=$job
exits 0 peer half_open
exits 0 alice chat send --to bob "after half_open"

written 1 10
exits 0 peer acknowledges_too_much
written 1000 10
exits 0 peer never_acknowledges

# A client that never reads: memory stays bounded, and others get theirs.
before=$(memory)
deaf_peer 200
[ $(($(memory) - before)) -lt 100000 ] || fail "memory grew from $before to $(memory) KiB"
exits 0 alice chat send --to bob "after the deaf"
exec 4>&-

# Guesses and registrations beside honest work.
background guesses peer guesses
guesses=$job
background registrations peer registrations
registrations=$job
for n in $(seq 5); do exits 0 alice chat send --to bob --timeout 60s --wait delivered "while they guess $n"; done
wait "$guesses" || fail "guesses: $(cat "$SCRATCH/guesses.err")"
wait "$registrations" || fail "registrations: $(cat "$SCRATCH/registrations.err")"
wait "$slow" || fail "slow: $(cat "$SCRATCH/slow.err")"
wait "$handshake" || fail "handshake: $(cat "$SCRATCH/handshake.err")"

within "$patience" lines "$SCRATCH/bob.out" 12 || fail "bob has $(wc -l <"$SCRATCH/bob.out") lines"
kill -0 "$server" || fail "the server is gone"
exits 0 daemon check

# It ends in the midst of guesses as it does without: those that wait are answered, and nothing is said but by the log.
refusals=$(grep -c 'login refused' "$SCRATCH/server.log")
background late peer guesses
refused_again() { [ "$(grep -c 'login refused' "$SCRATCH/server.log")" -gt "$refusals" ]; }
within "$patience" refused_again || fail "no guess is refused"
exits 0 stop_server
lacks "$SCRATCH/server.log" '^[^t]'
