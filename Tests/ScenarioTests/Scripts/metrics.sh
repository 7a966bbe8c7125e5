# Metrics: told on an address of their own, of this machine alone, in Prometheus' format; no name is in them.

measured() { python3 "$scripts/metrics.py" "$metrics" "$@"; }
is() { [ "$(measured "${@:2}")" = "$1" ]; }
at_least() { awk -v least="$1" -v found="$(measured "${@:2}")" 'BEGIN { exit !(found >= least) }'; }

# Whoever can connect can read them: other addresses are refused, by flag and by file.
for place in 0.0.0.0:9420 '[::]:9420' 192.0.2.1:9420 localhost:9420 127.0.0.1 socket; do
    exits 64 daemon run --metrics "$place"
    has "$SCRATCH/err" 'loopback address with its port'
done
mkdir -p "$SCRATCH/server"
echo 'metrics = "0.0.0.0:9420"' >"$SCRATCH/server/chatd.toml"
chmod 700 "$SCRATCH/server"
exits 78 daemon run
has "$SCRATCH/err" 'chatd.toml:1: metrics must be a loopback address'
rm "$SCRATCH/server/chatd.toml"

start_server --metrics 127.0.0.1:0
has "$SCRATCH/server.log" 'metrics are told'
metrics=$(daemon status --json | jq -r .metrics)
measured >"$SCRATCH/count" || fail "the format is not Prometheus'"
is 0 chatd_appends_total || fail "nothing was stored yet"
is 0 chatd_logins_total 'method="registration"' || fail "nobody has registered yet"

user alice
user bob
exits 0 alice chat send --to bob one
exits 0 alice chat send --everyone --id same two
# Another device does not know that it was sent.
further laptop alice
exits 0 as laptop chat send --everyone --id same two
person mallory
echo "a wrong password" >"$SCRATCH/wrong"
exits 77 mallory chat login alice --server "$address" --trust "$pin" --password-file "$SCRATCH/wrong"
is 1 chatd_refusals_total 'code="login_refused"' || fail "a login was refused"
is 1 chatd_append_duplicates_total || fail "a message came again"
background listened bob chat listen --count 3 --timeout 60s
eventually lines "$SCRATCH/listened" 2
exits 0 alice chat send --to bob three
eventually gone "$job"

is 2 chatd_logins_total 'method="registration"' || fail "registrations: $(measured chatd_logins_total 'method="registration"')"
at_least 4 chatd_logins_total 'method="device"' || fail "logins by device"
at_least 3 chatd_appends_total || fail "messages: $(measured chatd_appends_total)"
at_least 3 chatd_deliveries_total || fail "deliveries"
at_least 1 chatd_batches_total || fail "batches"
at_least 1 chatd_store_bytes || fail "the store's size"
at_least "$(date +%s)" chatd_certificate_end_timestamp_seconds || fail "the certificate's end"
at_least 1000000 process_resident_memory_bytes || fail "memory"
is 0 chatd_refusals_total 'code="store_full"' || fail "nothing was full"
is 0 chatd_users_online || fail "nobody is online"

# No names, no conversations.
curl -sS --max-time 20 "http://$metrics/metrics" >"$SCRATCH/text"
lacks "$SCRATCH/text" 'alice|bob'
# Nothing else is there, and nothing is taken.
same 404 "$(curl -sS -o /dev/null -w '%{http_code}' "http://$metrics/")"
same 405 "$(curl -sS -o /dev/null -w '%{http_code}' -d x "http://$metrics/metrics")"

# Connections that say nothing keep nobody from the messages, and end.
python3 - "$metrics" <<'END' || fail "silent connections"
import socket, sys, time
host, port = sys.argv[1].split(":")
held = [socket.create_connection((host, int(port))) for _ in range(30)]
deadline = time.monotonic() + 60
for peer in held:
    peer.settimeout(max(1, deadline - time.monotonic()))
    try:
        assert peer.recv(1) == b""
    except ConnectionResetError:
        pass
END
exits 0 alice chat send --to bob four
measured >"$SCRATCH/count" || fail "no metrics any more"

# It counts from the next start, and the log says so. On a socket too, for the owner alone, and gone with the server.
echo "metrics = \"$SCRATCH/metrics.sock\"" >"$SCRATCH/server/chatd.toml"
stop_server
start_server
metrics=$SCRATCH/metrics.sock
same 600 "$(stat -c %a "$metrics")"
measured >"$SCRATCH/count" || fail "the format at a socket"
: >"$SCRATCH/server/chatd.toml"
reload
has "$SCRATCH/server.log" 'counts from the next start.*metrics'
# A socket that somebody else listens on is left to him.
exits 73 env -i PATH=/usr/bin:/bin HOME="$SCRATCH/server-home" "$bin/chatd" run --listen 127.0.0.1:0 \
    --data "$SCRATCH/second" --metrics "$metrics"
has "$SCRATCH/err" 'metrics.sock'
stop_server
[ ! -e "$metrics" ] || fail "the socket is left behind"
# One that a killed server left is replaced.
start_server --metrics "$metrics"
stop_server KILL
[ -S "$metrics" ] || fail "the socket should have been left"
start_server --metrics "$metrics"
measured >"$SCRATCH/count" || fail "the socket is not replaced"
