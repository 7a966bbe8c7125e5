# Data on a disk that cannot be written: what only reads works, the rest is refused with words. Needs to mount a tmpfs.

mkdir "$SCRATCH/server"
if ! mount -t tmpfs -o size=512m,mode=700 tmpfs "$SCRATCH/server" 2>/dev/null; then
    say "SKIPPED: mounting a tmpfs needs root"
    exit 0
fi
trap 'at_end; umount "$SCRATCH/server"' EXIT
start_server
user alice
exits 0 alice chat send --to alice "kept"
# Once as a server leaves it, once without the file of its lock.
exits 0 stop_server
for lock in kept gone; do
    [ "$lock" = kept ] || rm "$SCRATCH/server/chatd.lock"
    mount -o remount,ro "$SCRATCH/server" || fail "the disk stays writable"
    exits 0 daemon check
    has "$SCRATCH/out" sound
    exits 1 daemon status --json
    same "1 $pin" "$(jq -r '"\(.accounts) \(.fingerprint)"' "$SCRATCH/out")" "status"
    exits 0 daemon user list
    has "$SCRATCH/out" alice
    exits 0 daemon fingerprint
    same "$pin" "$(cat "$SCRATCH/out")" "the fingerprint"
    exits 0 daemon backup "$SCRATCH/$lock.backup"
    exits 78 daemon user disable alice --json
    same read_only_store "$(jq -r .code "$SCRATCH/err")" "what changes something"
    mount -o remount,rw "$SCRATCH/server"
done
# The backup is a whole one.
exits 0 daemon restore "$SCRATCH/gone.backup" --force
exits 0 daemon check
start_server
exits 0 alice chat history --sync --with alice --json
has "$SCRATCH/out" '"body":"kept"'
