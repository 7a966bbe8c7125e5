# Nobody speaks for another: not who stands between, not who saw a login, not who says so.

pretend() { ${replace_shell:+exec} env PASSWORD="$password" python3 -B "$scripts/impostors.py" "$@"; }
# start_relay [CERTIFICATE KEY FILE]: stands before the server, at the same port each time; $relay is its address.
start_relay() {
    : >"$SCRATCH/relay"
    background relay pretend relay "$address" "${port:-0}" "$@"
    relaying=$job
    within "$patience" grep -q . "$SCRATCH/relay" || fail "the relay does not listen: $(cat "$SCRATCH/relay.err")"
    port=$(cat "$SCRATCH/relay")
    relay=127.0.0.1:$port
}
stop_relay() {
    kill "$relaying"
    within "$patience" gone "$relaying" || fail "the relay does not end"
}

start_server
user bob
account mallory
start_relay
person alice
exits 0 alice chat register alice --server "$relay" --trust "$pin" --password-file "$SCRATCH/password"
exits 0 alice chat send --to bob "the first"
stop_relay

# Somebody else's key behind the address: nothing is sent, until alice is made to trust it.
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$SCRATCH/key.pem" \
    -out "$SCRATCH/certificate.pem" -subj /CN=relay 2>/dev/null
wrong=SHA256:$(openssl x509 -in "$SCRATCH/certificate.pem" -noout -pubkey | openssl pkey -pubin -outform DER |
    openssl dgst -sha256 -binary | base64 | tr -d =)
start_relay "$SCRATCH/certificate.pem" "$SCRATCH/key.pem" "$SCRATCH/logins"
exits 79 alice chat send --to bob "not sent"
[ ! -e "$SCRATCH/logins" ] || fail "a login was sent to a server that is not trusted"
exits 0 alice chat server forget "$relay"
exits 0 alice chat server trust "$relay" "$wrong"

# What alice signs for the connection to the relay is worth nothing on the relay's connection to the server, nor later.
exits 77 alice chat send --to bob "not sent either" --json
same bad_proof "$(jq -r .code "$SCRATCH/err")"
exits 0 pretend replays "$address" "$SCRATCH/logins"
# A key cannot be registered through it, either.
person carol
exits 77 carol chat register carol --server "$relay" --trust "$wrong" --password-file "$SCRATCH/password" --json
same bad_proof "$(jq -r .code "$SCRATCH/err")"
stop_relay
start_relay
exits 0 alice chat server forget "$relay"
exits 0 alice chat server trust "$relay" "$pin"
exits 0 alice chat send --to bob "the second"

# What is plain is taken from nobody, and what a stranger writes under a foreign conversation neither.
conversation=$(sqlite3 "file:$SCRATCH/server/chatd.db?mode=ro" 'SELECT lower(hex(id)) FROM conversations WHERE type = 1')
exits 0 pretend claims "$address" "$conversation"
exits 0 bob chat listen --no-follow --json
jq -se 'map(select(.head == "dm")) | map([.from, .body]) == [["alice", "the first"], ["alice", "the second"]]' "$SCRATCH/out" >/dev/null ||
    fail "not who they were: $(cat "$SCRATCH/out")"
same "" "$(jq -c 'select(.head == "gap")' "$SCRATCH/out")"
lacks "$SCRATCH/out" claimed
exits 0 daemon check
