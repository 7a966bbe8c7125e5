# A server that may open few files takes as many connections as fit and serves those, says so once, and does not spin.

# strangers NUMBER: connections that say nothing, until the end of stdin.
strangers() {
    python3 -c '
import socket, sys
host, port = sys.argv[1].rsplit(":", 1)
held = [socket.create_connection((host, int(port)), timeout=40) for _ in range(int(sys.argv[2]))]
print("ready", flush=True)
sys.stdin.read()' "$address" "$1"
}
crowd() {
    mkfifo "$SCRATCH/hold$1"
    strangers "$2" <"$SCRATCH/hold$1" >"$SCRATCH/crowd$1" 2>&1 &
    started+=($!)
    exec 4>"$SCRATCH/hold$1"
    within "$patience" grep -q ready "$SCRATCH/crowd$1" || fail "no crowd: $(cat "$SCRATCH/crowd$1")"
}
# ticks: hundredths of a second of CPU that the server has used.
ticks() { awk '{ print $14 + $15 }' "/proc/$server/stat"; }

ulimit -n 120
start_server
has "$SCRATCH/server.log" 'fewer connections than configured.*configured=15000'
user alice
user bob
background bob.out bob chat listen --json
eventually online
mkfifo "$SCRATCH/lines"
background alice.out alice bash -c 'exec chat send --to bob --lines <"$0"' "$SCRATCH/lines"
exec 3>"$SCRATCH/lines"
echo "before" >&3
within "$patience" grep -q before "$SCRATCH/bob.out" || fail "nothing arrives"

crowd 1 90
echo "in the crowd" >&3
within "$patience" grep -q "in the crowd" "$SCRATCH/bob.out" || fail "a crowd keeps a message back"
within "$patience" grep -q 'too many connections' "$SCRATCH/server.log" || fail "the crowd is let in"
same 1 "$(grep -c 'too many connections' "$SCRATCH/server.log")" "said once"
lacks "$SCRATCH/server.log" 'cannot be accepted'
exec 4>&-
free() { alice chat send --to bob "after the crowd"; }
within "$patience" free || fail "the crowd has gone and nobody gets in"

# Whatever takes the descriptors: those who wait are tried again now and then.
used=$(find "/proc/$server/fd" -mindepth 1 | wc -l)
prlimit --pid "$server" --nofile="$used:120"
crowd 2 20
within "$patience" grep -q 'connections cannot be accepted.*Too many open files' "$SCRATCH/server.log" || fail "it does not say so"
before=$(ticks)
sleep 2
[ $(($(ticks) - before)) -lt 40 ] || fail "the server spins: $(($(ticks) - before)) ticks in 2 s"
same 1 "$(grep -c 'cannot be accepted' "$SCRATCH/server.log")" "said once"
echo "meanwhile" >&3
within "$patience" grep -q meanwhile "$SCRATCH/bob.out" || fail "who is connected is not served"
prlimit --pid "$server" --nofile=120:120
exec 4>&-
within "$patience" free || fail "there are descriptors and nobody gets in"
exec 3>&-
exits 0 stop_server
