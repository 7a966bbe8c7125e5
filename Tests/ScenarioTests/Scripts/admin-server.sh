# One server a directory; configuration, signals, backups and restores while it runs.

start_server
exits 75 daemon run --listen 127.0.0.1:0
has "$SCRATCH/err" "process $server"
exits 75 daemon run --listen 127.0.0.1:0 --json
same already_running "$(jq -r .code "$SCRATCH/err")"
user alice
user bob

# SIGHUP: another policy and another certificate; a bad file changes nothing.
printf 'registration = "closed"\n' >"$SCRATCH/server/chatd.toml"
kill -HUP "$server"
person carol
within "$patience" grep -q 'configuration read again' "$SCRATCH/server.log" || fail "not read again"
exits 77 carol chat register carol --server "$address" --trust "$pin" --password-file "$SCRATCH/password" --json
same registration_closed "$(jq -r .code "$SCRATCH/err")"
printf 'registration = "sometimes"\n' >"$SCRATCH/server/chatd.toml"
kill -HUP "$server"
within "$patience" grep -q 'chatd.toml:1: ' "$SCRATCH/server.log" || fail "the fault is not told"
exits 78 daemon check
rm "$SCRATCH/server/chatd.toml"
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=x -days 2 -keyout "$SCRATCH/key.pem" \
    -out "$SCRATCH/cert.pem" 2>/dev/null
printf 'tls_cert = "%s"\ntls_key = "%s"\n' "$SCRATCH/cert.pem" "$SCRATCH/key.pem" >"$SCRATCH/server/chatd.toml"
kill -HUP "$server"
changed() { [ "$(daemon fingerprint)" != "$pin" ]; }
within "$patience" changed || fail "the certificate is not read again"
exits 79 alice chat send --to bob hello
rm "$SCRATCH/server/chatd.toml"
kill -HUP "$server"
restored() { [ "$(daemon fingerprint)" = "$pin" ]; }
within "$patience" restored || fail "its own certificate does not come back"
exits 0 alice chat send --to bob hello

# Configuration faults are told by file and line, before anything else happens.
printf 'listen = ["127.0.0.1:0"]\n[limits]\nmessages_per_second = "many"\n' >"$SCRATCH/bad.toml"
exits 78 daemon run --config "$SCRATCH/bad.toml"
has "$SCRATCH/err" 'bad.toml:3: '
printf 'liste = []\n' >"$SCRATCH/bad.toml"
exits 78 daemon run --config "$SCRATCH/bad.toml"
exits 66 daemon run --config "$SCRATCH/none.toml"
exits 64 daemon run --listen localhost
exits 64 daemon run --registration sometimes
exits 64 daemon run --tls-cert "$SCRATCH/cert.pem"

# A backup of the running server; a restore into it begins a new generation on the same port.
echo "somebody's" >"$SCRATCH/one.backup.new"
exits 0 daemon backup "$SCRATCH/one.backup"
same "somebody's" "$(cat "$SCRATCH/one.backup.new")" "a neighbour of the backup is gone"
same "" "$(find "$SCRATCH" -maxdepth 1 -name 'one.backup.*' ! -name one.backup.new)" "something is left beside it"
same 600 "$(stat -c %a "$SCRATCH/one.backup")" "the backup's mode"
same "" "$(find "$SCRATCH/server" -name 'tmp-*')" "something is left over"
exits 0 alice chat send --to bob "after the backup"
exits 73 daemon restore "$SCRATCH/one.backup"
exits 66 daemon restore "$SCRATCH/none" --force
exits 65 daemon restore "$SCRATCH/cert.pem" --force
generation=$(daemon status --json | jq -r .generation)
exits 0 daemon restore "$SCRATCH/one.backup" --force --json
[ "$(jq -r .generation "$SCRATCH/out")" != "$generation" ] || fail "the generation is the old one"
same "$(jq -r .generation "$SCRATCH/out")" "$(daemon status --json | jq -r .generation)"
same "$server" "$(daemon status --json | jq -r .pid)" "the same process goes on"
exits 0 alice chat send --to bob "after the restore"
exits 0 bob chat listen --count 2 --json --timeout 60s
same "hello,after the restore" "$(jq -r "select(.body) | .body" "$SCRATCH/out" | paste -sd,)"
exits 0 daemon check
exits 0 stop_server
exits 0 daemon check
# What a backup cannot be taken for, and the other way round.
exits 65 daemon restore "$SCRATCH/server/chatd.db" --force
head -c 20000 "$SCRATCH/one.backup" >"$SCRATCH/torn.backup"
exits 78 daemon restore "$SCRATCH/torn.backup" --force
exits 0 daemon check

# A directory open to others, a store of a later version, a damaged one.
chmod 750 "$SCRATCH/server"
exits 78 daemon user list
chmod 700 "$SCRATCH/server"
cp "$SCRATCH/server/chatd.db" "$SCRATCH/kept.db"
sqlite3 "$SCRATCH/server/chatd.db" 'PRAGMA user_version=99'
exits 78 daemon user list
same newer_store "$(daemon user list --json 2>&1 >/dev/null | jq -r .code)"
exits 78 daemon run --listen 127.0.0.1:0
cp "$SCRATCH/kept.db" "$SCRATCH/server/chatd.db"
sqlite3 "$SCRATCH/server/chatd.db" 'UPDATE cursors SET acked = acked + 5000000'
exits 78 daemon check
has "$SCRATCH/out" cursor
# What was emptied or has lost a part is no sound store, and looking at it makes none of it.
truncate -s 0 "$SCRATCH/server/chatd.db"
rm -f "$SCRATCH/server"/chatd.db-*
exits 78 daemon check
has "$SCRATCH/out" 'the store is empty'
exits 78 daemon user list
# Beside a key a server does not begin anew either: clients would take it for theirs.
exits 78 daemon run --listen 127.0.0.1:0
has "$SCRATCH/err" 'there is a key at .*key.pem, but the store .* is empty or gone; restore a backup, or remove'
exits 78 daemon user add newcomer --password-file "$SCRATCH/password"
same 0 "$(stat -c %s "$SCRATCH/server/chatd.db")" "a command has made a store"
for damage in 'DROP TABLE cursors' "DELETE FROM meta WHERE key = 'generation'"; do
    cp "$SCRATCH/kept.db" "$SCRATCH/server/chatd.db"
    sqlite3 "$SCRATCH/server/chatd.db" "$damage"
    exits 78 daemon check
    has "$SCRATCH/out" 'is missing'
    exits 78 daemon run --listen 127.0.0.1:0
    has "$SCRATCH/err" 'is damaged: .* is missing'
done
