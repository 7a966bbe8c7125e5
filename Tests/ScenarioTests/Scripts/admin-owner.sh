# The data belong to one user: others are refused, and what root does there stays the owner's.

if [ "$(id -u)" != 0 ]; then
    say "SKIPPED: only root can work as two users"
    exit 0
fi
owner=65534
chmod 711 "$SCRATCH"
mkdir -m 700 "$SCRATCH/server"
chown "$owner" "$SCRATCH/server"
cp "$bin/chatd" "$SCRATCH/chatd"
chmod 755 "$SCRATCH/chatd"
# stranger COMMAND…: chatd as a user who is neither root nor the owner; owned: as the owner.
stranger() { setpriv --reuid=12345 --clear-groups env -i "$SCRATCH/chatd" "$@" --data "$SCRATCH/server"; }
owned() { ${replace_shell:+exec} setpriv --reuid="$owner" --clear-groups env -i HOME="$SCRATCH/server-home" "$SCRATCH/chatd" "$@" --data "$SCRATCH/server"; }
others() { find "$SCRATCH/server" ! -user "$owner"; }

printf '%s\n' "$password" >"$SCRATCH/password"
exits 0 daemon user add alice --password-file "$SCRATCH/password"
same "" "$(others)" "root leaves files of its own"
exits 78 stranger user list
exits 78 daemon run --listen 127.0.0.1:0
exits 0 owned user list
has "$SCRATCH/out" alice

background listening owned run --listen 127.0.0.1:0
within "$patience" grep -q '^listening ' "$SCRATCH/listening" || fail "the server does not listen: $(cat "$SCRATCH/listening.err")"
exits 0 daemon status
exits 0 owned status
exits 78 stranger status
exits 0 daemon user add bob --password-file "$SCRATCH/password"
# A place that only root can write to.
mkdir -m 700 "$SCRATCH/vault"
exits 0 daemon backup "$SCRATCH/vault/backup"
same "0 600" "$(stat -c '%u %a' "$SCRATCH/vault/backup")" "the backup is its maker's"
exits 0 daemon restore --force "$SCRATCH/vault/backup"
exits 0 daemon check
same "" "$(others)" "root leaves files of its own"
kill -TERM "$job"
wait "$job"
same 0 $? "the server ends well"
exits 0 daemon restore --force "$SCRATCH/vault/backup"
exits 0 daemon check
same "" "$(others)" "root leaves files of its own"

# Where the owner cannot come by, as below /var/lib/private: it is said.
mkdir -m 700 "$SCRATCH/shut" "$SCRATCH/shut/data"
chown "$owner" "$SCRATCH/shut/data"
exits 78 env -i "$bin/chatd" user list --data "$SCRATCH/shut/data"
has "$SCRATCH/err" "uid $owner, .* cannot reach it"

# Nothing of it in a core: neither by limit nor by a dump.
background again owned run --listen 127.0.0.1:0
within "$patience" grep -q '^listening ' "$SCRATCH/again" || fail "the server does not listen"
same 0 "$(awk '/Max core file size/ { print $5 }' "/proc/$job/limits")" "core files are off"
same root "$(stat -c %U "/proc/$job/mem")" "the process can be dumped"
