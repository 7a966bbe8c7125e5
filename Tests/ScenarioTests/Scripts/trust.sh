# A server is known by its key or by a CA, and never changes silently: 79, nothing sent.

start_server
person alice
printf '%s\n' "$password" >"$SCRATCH/password"
# A server on loopback that is not this user's or root's is not trusted unasked.
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$SCRATCH/key.pem" \
    -out "$SCRATCH/certificate.pem" -subj /CN=localhost -addext subjectAltName=IP:127.0.0.1 2>/dev/null
background impostor openssl s_server -accept "127.0.0.1:$port" -key "$SCRATCH/key.pem" \
    -cert "$SCRATCH/certificate.pem" -tls1_3 -alpn chat/1 -quiet
accepts() { (exec 5<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; }
within "$patience" accepts || fail "the impostor does not listen"
for options in "--no-input" "--trust strict" "--trust SHA256:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"; do
    # shellcheck disable=SC2086 # the words are apart on purpose
    exits 79 alice chat register alice --server "127.0.0.1:$port" --password-file "$SCRATCH/password" $options
done
exits 79 alice chat register alice --server "$address" --password-file "$SCRATCH/password" \
    --trust "SHA256:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
exits 0 alice chat register alice --server "$address" --password-file "$SCRATCH/password" --trust accept-new
exits 0 alice chat server list --json
same "$pin" "$(jq -r .trust "$SCRATCH/out")"
exits 0 alice chat send --to alice "note"

# Another key behind the same address.
stop_server
mv "$SCRATCH/server" "$SCRATCH/server-was"
start_server
exits 79 alice chat send --to alice "not sent"
has "$SCRATCH/err" 'key'
exits 79 alice chat send --to alice --trust accept-new "not sent"
exits 0 alice chat server list
stop_server
rm -r "$SCRATCH/server"
mv "$SCRATCH/server-was" "$SCRATCH/server"
start_server
exits 0 alice chat history --sync --with alice --json
same "note" "$(jq -r .body "$SCRATCH/out")" "nothing was sent to the wrong server"
