# What stands on the command line of `chatd run` counts before the file: the form of the log, and how large the store may be.

mkdir -m 700 "$SCRATCH/server"
printf 'log_format = "logfmt"\n[limits]\nmax_store = "10G"\nstore_reserve = "0"\n' >"$SCRATCH/server/chatd.toml"
start_server --log-format json --max-store 1K
jq -es 'length > 0 and all(.level and .msg and .time)' "$SCRATCH/server.log" >/dev/null ||
    fail "the log is not JSON: $(head -n 3 "$SCRATCH/server.log")"
person alice
printf '%s\n' "$password" >"$SCRATCH/password"
exits 75 alice chat --json register alice --server "$address" --trust "$pin" --password-file "$SCRATCH/password"
same store_full "$(jq -rs 'last | .code' "$SCRATCH/err")"
exits 0 stop_server

: >"$SCRATCH/server.log"
start_server
user alice
has "$SCRATCH/server.log" '^time=[^ ]* level='
exits 0 stop_server
exits 64 daemon run --log-format xml --listen 127.0.0.1:0
exits 64 daemon run --max-store much --listen 127.0.0.1:0
exits 64 daemon run --tls-cert server.pem --listen 127.0.0.1:0
same "chatd: --tls-cert and --tls-key come together; see 'chatd run --help'" "$(cat "$SCRATCH/err")"
