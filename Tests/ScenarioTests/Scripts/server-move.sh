# A server that moves keeps its profiles: whoever answers at the new address must have its key and its id.

cd "$SCRATCH" || fail "no scratch directory"
belongs() { same "$3" "$(as "$1" chat --profile "$2" whoami --json | jq -r .server)" "the server of $1's profile $2"; }

start_server
old=$address
user alice
exits 0 alice chat send --to alice "before the move"
exits 77 alice chat --profile second login alice --server "$old" --password-file "$SCRATCH/password"
approve alice alice second
exits 0 alice chat --profile second listen --no-follow
exits 0 alice chat device add --out identity
stop_server
reserve_port
new=$address
start_server

# Errors name the way on.
exits 78 alice chat --server "$new" send --to alice "not sent"
has err "chat server move $old $new"
exits 78 alice chat login alice --server "$new" --password-file "$SCRATCH/password"
has err "chat server move $old $new"
exits 67 alice chat server move 127.0.0.1:9 "$new"
exits 64 alice chat server move "$old" "$old"
exits 69 alice chat server move "$old" 127.0.0.1:9
belongs alice default "$old"

exits 0 alice chat server move "$old" "$new" --json
same "$new $pin" "$(jq -r 'select(.head == "server") | "\(.server) \(.trust)"' out)"
same "default second" "$(jq -r 'select(.head == "profile") | .profile' out | paste -sd ' ')" "both profiles move"
belongs alice default "$new"
belongs alice second "$new"
exits 0 alice chat server list --json
same "$new" "$(jq -r .server out)" "the old address is forgotten"
exits 0 alice chat send --to alice "after the move"
exits 0 alice chat --profile second history --sync --with alice --json
same "after the move" "$(jq -r 'select(.body).body' out | paste -sd '|')" "what was written since it came in"
# An identity that was made before goes where the server is now.
person box
exits 0 as box chat login --identity "$SCRATCH/identity" --server "$new"
exits 0 as box chat send --to alice "from the box"
belongs box default "$new"

# Another server is refused: by its key, and by its id where it has the same key.
stop_server
mv server server-was
reserve_port
start_server
exits 79 alice chat server move "$new" "$address"
belongs alice default "$new"
stop_server
rm -r server
start_server --tls-cert server-was/certificate.pem --tls-key server-was/key.pem
exits 78 alice chat --json server move "$new" "$address"
same wrong_server "$(jq -r .code err)"
belongs alice default "$new"
stop_server

# Where it stood for a while, too: whose profile is of the other one stays there, and that is said.
address=$new
start_server --tls-cert server-was/certificate.pem --tls-key server-was/key.pem
exits 0 alice chat --profile third register carol --server "$new" --password-file password
stop_server
rm -r server
mv server-was server
reserve_port
start_server
exits 80 alice chat --json server move "$new" "$address"
same some_targets_failed "$(jq -rs 'last | .code' err)"
has err 'not moved.*third'
belongs alice default "$address"
belongs alice second "$address"
belongs alice third "$new"
exits 0 alice chat send --to alice "moved again"
stop_server

# One that is known by a CA: the certificate is for the old name, and the way there is a tunnel.
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout ca.key -out ca.pem -days 5 \
    -subj /CN=TestCA 2>/dev/null || fail "no CA"
openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout named.key -out named.csr -subj /CN=server \
    2>/dev/null
openssl x509 -req -in named.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 5 \
    -extfile <(printf 'subjectAltName=DNS:localhost\n') -out named.pem 2>/dev/null || fail "no certificate"
rm -r server
start_server --tls-cert named.pem --tls-key named.key
named=localhost:${address##*:}
person bob
sure() { as bob env SSL_CERT_FILE="$SCRATCH/ca.pem" "$@"; }
exits 0 sure chat register bob --server "$named" --password-file password --no-input
exits 79 bob chat server move "$named" "$address"
exits 0 sure chat server move "$named" "$address" --json
same "$address $pin" "$(jq -r 'select(.head == "server") | "\(.server) \(.trust)"' out)" "known by its key"
exits 0 bob chat send --to bob "through the tunnel"
# And back: its name is vouched for.
exits 0 sure chat server move "$address" "$named" --trust "$pin"
belongs bob default "$named"
exits 0 sure chat send --to bob "at its name"
