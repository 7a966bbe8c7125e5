# What a server gains that lies about keys: it is the real one, with the state of another time or another life. What contradicts what was
# seen is 79 and goes to nobody; what waits is held, and goes out in its order, by another process, once the lie is over and a person
# has said so.

# The states that are told: each with the same server's name and key.
keep() { stop_server && cp -r "$SCRATCH/server" "$SCRATCH/$1" && start_server; }
tell() { stop_server && rm -r "$SCRATCH/server" && cp -r "$SCRATCH/$1" "$SCRATCH/server" && start_server; }
# forked: alice does not write to bob, whatever she tries.
forked() {
    alice chat keys show bob >/dev/null 2>&1
    exits 79 alice chat --json send --to bob "to whom?"
    same '["chain_forked","bob","no"]' "$(jq -c '[.code, .user, .sent]' "$SCRATCH/err")" "$1"
    exits 79 alice chat ask --to bob --timeout 60s "who are you?"
    exits 79 alice chat keys accept bob --fingerprint "$bob_key"
    has <(alice chat doctor) "^failed.keys: what the server says of bob"
}
# anew: a person has asked who runs the server, and meets bob again.
anew() {
    exits 0 alice chat doctor --accept-fork bob
    exits 0 alice chat send --to bob "$1"
    has "$SCRATCH/err" "bob has the key acct1:"
}

start_server
user alice
keep before-bob
user bob
person phone
exits 77 as phone chat login bob --server "$address" --trust "$pin" --password-file "$SCRATCH/password"
approve bob phone default --certify
exits 0 alice chat send --to bob "met"
exits 0 bob chat keys show bob --json
bob_key=$(jq -r .fingerprint "$SCRATCH/out")
keep before-loss

# The phone is lost and revoked. Alice has seen it, and then it never was: the chain is cut.
exits 0 as phone chat whoami --json
exits 0 bob chat device revoke "$(jq -r .device "$SCRATCH/out")"
exits 0 alice chat keys show bob
keep honest
tell before-loss
forked "a revocation that was seen is kept back"

# Messages wait meanwhile: what was queued while the server was away is held, not failed.
stop_server
for text in first second third; do exits 81 alice chat send --to bob --queue --timeout 1s "held $text"; done
start_server
alice chat outbox flush >/dev/null 2>&1
exits 0 alice chat outbox list --json
same "held held held" "$(jq -r .status "$SCRATCH/out" | xargs)"
same "chain_forked" "$(jq -r .code "$SCRATCH/out" | sort -u)"

# The lost phone's key adds a device where the revocation stood: another chain.
tell honest
exits 0 alice chat doctor --accept-fork bob
has "$SCRATCH/err" "3 held messages go out"
exits 0 alice chat outbox flush
exits 0 alice chat outbox list
lacks "$SCRATCH/out" .
exits 0 bob chat history --with alice --sync --json
same "met,held first,held second,held third" "$(jq -r .body "$SCRATCH/out" | paste -sd,)" "in their order, and nothing else"
tell before-loss
exits 0 as phone chat device add --certify --out "$SCRATCH/ghost"
forked "a ghost by a stolen key"
tell honest
forked "what was said cannot be unsaid"
anew "again"

# Another account has the name.
tell before-bob
person impostor
exits 0 as impostor chat register bob --server "$address" --trust "$pin" --password-file "$SCRATCH/password"
forked "another account under a name"
exits 1 as impostor chat history --with alice --sync
lacks "$SCRATCH/out" .
