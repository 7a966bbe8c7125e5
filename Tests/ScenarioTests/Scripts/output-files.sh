# A file that a person names for what is written: a regular one comes whole or not at all, links stay, and what is no
# regular file is written to or refused, and never replaced.

start_server
user alice
cd "$SCRATCH" || fail "no scratch"
files="$SCRATCH/files"
mkdir "$files"

# backup: like TARGET: what is there is a backup.
is_backup() { head -c 15 "$1" | grep -q 'SQLite format 3'; }
temporaries() { find "$files" /var/tmp -maxdepth 1 -name '*.new' -newer "$SCRATCH/mark" 2>/dev/null | grep -c .; }
touch "$SCRATCH/mark"

exits 0 daemon backup "$files/plain"
is_backup "$files/plain" || fail "no backup"
same 600 "$(stat -c %a "$files/plain")" "its mode"
exits 0 daemon backup "$files/plain"
ln -s plain "$files/link"
exits 0 daemon backup "$files/link"
[ -L "$files/link" ] || fail "the link is replaced"
ln -s new "$files/dangling"
exits 0 daemon backup "$files/dangling"
[ -L "$files/dangling" ] || fail "the link is replaced"
is_backup "$files/new" || fail "no backup behind a link"
ln -s circle "$files/circle"
exits 73 daemon backup "$files/circle"
exits 73 daemon backup "$files/nowhere/new"
same "chatd: cannot create $files/nowhere/new: No such file or directory" "$(cat "$SCRATCH/err")"

daemon backup - >"$files/output" || fail "a backup to the output"
is_backup "$files/output" || fail "no backup in the output"
daemon backup - | cat >"$files/piped"
is_backup "$files/piped" || fail "no backup in a pipe"
daemon backup - --json | cat >"$files/json"
is_backup "$files/json" || fail "no backup with --json"
cmp <(tail -c 16 "$files/piped") <(tail -c 16 "$files/json") || fail "something stands behind the backup"
[ ! -e - ] || fail "a file is called -"
mkfifo "$files/fifo"
cat "$files/fifo" >"$files/through" &
reader=$!
started+=("$reader")
exits 0 daemon backup "$files/fifo"
wait "$reader"
[ -p "$files/fifo" ] || fail "the FIFO is replaced"
is_backup "$files/through" || fail "no backup through a FIFO"
exits 0 daemon backup /dev/null
[ -c /dev/null ] || fail "/dev/null is replaced"
exits 74 daemon backup /dev/full
exits 73 daemon backup "$files"
exits 73 daemon backup "$files/no/folder/backup"
exits 0 daemon backup /dev/stdout
is_backup "$SCRATCH/out" || fail "no backup in /dev/stdout"
same 0 "$(temporaries)" "temporary files that are left"

# What came that way restores.
env -i PATH=/usr/bin:/bin "$bin/chatd" restore "$files/piped" --data "$SCRATCH/restored" || fail "it cannot be restored"

# An identity: a file that is there is not replaced.
exits 0 alice chat device add --out "$files/identity"
exits 73 alice chat device add --out "$files/identity"
ln -s behind "$files/to-identity"
exits 0 alice chat device add --out "$files/to-identity"
[ -L "$files/to-identity" ] || fail "the link is replaced"
same 600 "$(stat -c %a "$files/behind")" "the identity's mode"
exits 73 alice chat device add --out "$files/to-identity"
exits 0 alice chat device add --out -
has "$SCRATCH/out" '^login_key = '
install -m 600 "$SCRATCH/out" "$files/from-output"
alice chat device add --out /dev/fd/1 | cat >"$files/from-pipe"
has "$files/from-pipe" '^login_key = '
person box
exits 0 as box chat login --identity "$files/from-output"
before=$(alice chat device list | wc -l)
exits 73 alice chat device add --out "$files"
exits 73 alice chat device add --out "$files/no/folder/identity"
same "$before" "$(alice chat device list | wc -l)" "devices that nobody can use"

# The list of known servers may be a link.
person linked
mkdir -p "$SCRATCH/linked/.config/chat"
chmod 700 "$SCRATCH/linked/.config/chat"
ln -s "$files/known" "$SCRATCH/linked/.config/chat/known_servers"
exits 0 as linked chat server trust "$address" "$pin"
[ -L "$SCRATCH/linked/.config/chat/known_servers" ] || fail "the link is replaced"
grep -qF "$pin" "$files/known" || fail "the server is not in the file behind the link"
