# Certificates: what is wrong with one is said at the start, at SIGHUP, by status and by doctor, before clients meet it.

cd "$SCRATCH" || fail "no scratch directory"
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout ca.key -out ca.pem -days 5 \
    -subj /CN=TestCA 2>/dev/null || fail "no CA"
openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out server.key 2>/dev/null
# certificate NAME DAYS: becomes the server's, by the CA, ending so many days from now.
certificate() {
    openssl req -new -key server.key -subj /CN=server -out server.csr 2>/dev/null
    openssl x509 -req -in server.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days "$2" \
        -extfile <(printf 'subjectAltName=DNS:localhost,DNS:%s\n' "$1") -out new.pem 2>/dev/null || fail "no certificate"
    mv new.pem server.pem
}
# again: the certificate is read again; what the log says of it is in $said.
again() {
    local before
    before=$(wc -l <server.log)
    reload
    said=$(tail -n "+$((before + 1))" server.log)
}
says() { grep -Eq -- "$1" <<<"$said" || fail "the log does not say $1: $said"; }

certificate chat.test 60
start_server --tls-cert server.pem --tls-key server.key
has server.log 'level=warning msg=certificate warning="it is vouched for by no authority that this machine knows'
end=$(daemon status --json | jq -r .certificate_end)
same "$(date -u -d "$(openssl x509 -in server.pem -noout -enddate | cut -d= -f2)" +%FT%T.000Z)" "$end"
printf '%s\n' "$password" >password
person alice
there=localhost:${address##*:}
as_sure() { as alice env SSL_CERT_FILE="$SCRATCH/ca.pem" "$@"; }
exits 0 as_sure chat register alice --server "$there" --password-file password --no-input
exits 0 as_sure chat doctor
has out "^ok.tls: .*its certificate ends at $end"

# Soon at its end, and for another name.
certificate other.test 10
again
says 'it expires at .*, in (9|10) days'
exits 0 as_sure chat doctor
has out '^warning.tls: .*must renew it'
exits 0 daemon status
has out 'certificate warning +it expires at'

# An expired one does not take the place of one that is valid; the rest of the configuration counts.
certificate chat.test -1
again
says 'level=error msg="certificate not taken; the old one stays" error="it has expired'
exits 0 as_sure chat send --to alice "by the old one"
# One for other names, and with another key, is taken and said.
openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out server.key 2>/dev/null
openssl req -x509 -new -key server.key -subj /CN=x -addext subjectAltName=DNS:stranger.test -days 60 -out server.pem
again
says 'it is for stranger.test, and the one before was for localhost other.test'
says 'it has another key: clients that know the server by its key refuse it'
# At a start there is none to keep.
stop_server
certificate chat.test -1
start_server --tls-cert server.pem --tls-key server.key
has server.log 'warning="it has expired at'
