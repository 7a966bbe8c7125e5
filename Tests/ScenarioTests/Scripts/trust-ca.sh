# A server that is known by a CA stays known by it whatever key it has, and one that is known by its key stays known by
# that even where a CA vouches for another: neither changes into the other silently.

cd "$SCRATCH" || fail "no scratch directory"
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout ca.key -out ca.pem -days 5 \
    -subj /CN=TestCA 2>/dev/null || fail "no CA"
# certificate NAME SUBJECT-ALTERNATIVE-NAMES: a key and a certificate by the CA.
certificate() {
    openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$1.key" -out "$1.csr" \
        -subj /CN=server 2>/dev/null
    openssl x509 -req -in "$1.csr" -CA ca.pem -CAkey ca.key -CAcreateserial -days 5 \
        -extfile <(printf 'subjectAltName=%s\n' "$2") -out "$1.pem" 2>/dev/null || fail "no certificate $1"
    chmod 600 "$1.key"
}
certificate first IP:127.0.0.1
certificate second IP:127.0.0.1
certificate elsewhere DNS:other.example
serve() { start_server --tls-cert "$1.pem" --tls-key "$1.key"; }
# sure NAME COMMAND [ARG…]: as somebody on whose machine the CA counts.
sure() {
    local name=$1
    shift
    as "$name" env SSL_CERT_FILE="$SCRATCH/ca.pem" "$@"
}
trusts() {
    exits 0 as "$1" chat server list --json
    same "$2" "$(jq -r .trust "$SCRATCH/out")" "$1's standing"
}

serve first
first_pin=$pin
printf '%s\n' "$password" >password
person alice
person bob
exits 79 alice chat register alice --server "$address" --password-file password --no-input
exits 0 sure alice chat register alice --server "$address" --password-file password --no-input
trusts alice ca
exits 0 sure alice chat send --to alice "by the CA"
# Without the CA it is another server, also for who would take a new one.
exits 79 alice chat send --to alice "not sent"
exits 79 alice chat send --to alice --trust accept-new "not sent"
trusts alice ca
exits 0 sure bob chat register bob --server "$address" --password-file password --trust "$first_pin"
trusts bob "$first_pin"

# Another key by the same CA.
stop_server
serve second
[ "$pin" != "$first_pin" ] || fail "the key is the same"
exits 0 sure alice chat send --to alice "another key"
trusts alice ca
for options in "" "--trust accept-new" "--trust strict"; do
    # shellcheck disable=SC2086 # the words are apart on purpose
    exits 79 sure bob chat send --to bob $options "not sent"
    trusts bob "$first_pin"
done
exits 79 sure bob chat --json send --to bob "not sent"
same "server_key_changed no" "$(jq -r '"\(.code) \(.sent)"' "$SCRATCH/err")"
# A person says so.
exits 0 sure bob chat server trust "$address" "$pin"
exits 0 bob chat send --to bob "by the new key"

# A certificate for another name is none.
stop_server
serve elsewhere
exits 79 sure alice chat send --to alice "not sent"
exits 79 sure bob chat send --to bob "not sent"
trusts alice ca
stop_server
serve second
exits 0 sure alice chat history --sync --with alice --json
same "by the CA|another key" "$(jq -r .body "$SCRATCH/out" | paste -sd '|')" "nothing was sent to the wrong server"
exits 0 bob chat history --sync --with bob --json
same "by the new key" "$(jq -r .body "$SCRATCH/out")" "nothing was sent to the wrong server"
