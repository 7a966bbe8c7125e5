# The server's disk fills up: what would need the reserve is refused, what it is kept for works, nothing is lost, and
# with room again all goes on. Needs to mount a small tmpfs.

mkdir "$SCRATCH/server"
if ! mount -t tmpfs -o size=64m,mode=700 tmpfs "$SCRATCH/server" 2>/dev/null; then
    say "SKIPPED: mounting a tmpfs needs root"
    exit 0
fi
trap 'at_end; umount "$SCRATCH/server"' EXIT
printf '[limits]\nmessages_per_second = 0\nstore_reserve = "28M"\n' >"$SCRATCH/server/chatd.toml"
start_server
user alice
user bob
user carol
for n in $(seq 20); do head -c 60000 /dev/zero | tr '\0' x; echo; done >"$SCRATCH/large"
more() { alice chat send --to bob --lines --timeout 10s --json <"$SCRATCH/large" >"$SCRATCH/acks" 2>"$SCRATCH/err"; }
sent=0
until [ "$sent" -gt 60 ]; do
    status=0
    more || status=$?
    sent=$((sent + 1))
    [ "$status" = 0 ] || break
done
[ "$sent" -le 60 ] || fail "the disk does not fill up"
# On a busy machine the last answer may be under way when its time is over.
refused() { jq -es 'map(select(.head == "error")) | last | .code == "store_full"' "$SCRATCH/err" || { more; false; }; }
within "$patience" refused || fail "the reserve is not kept: $(cat "$SCRATCH/err")"
[ "$(df --output=avail -m "$SCRATCH/server" | tail -n 1)" -ge 4 ] || fail "there is no reserve: $(df -m "$SCRATCH/server")"

# In the reserve: reading and acknowledging, revoking, a backup, which may be larger than what is left.
accepted=$(sqlite3 "file:$SCRATCH/server/chatd.db?mode=ro" 'SELECT count(*) FROM entries WHERE kind = 2')
[ "$accepted" -gt 100 ] || fail "$accepted messages were taken"
exits 0 bob chat listen --count "$accepted" --timeout "${patience}s" --json --mark-read
same "$accepted" "$(jq -r 'select(.body) | .id' "$SCRATCH/out" | sort -u | wc -l)" "all of them are delivered"
exits 0 daemon backup "$SCRATCH/full.backup"
[ "$(stat -c %s "$SCRATCH/full.backup")" -gt $((accepted * 60000)) ] || fail "the backup is not whole"
same "" "$(find "$SCRATCH/server" -name 'tmp-*')" "the backup takes room where there is none"
exits 0 carol chat logout --force
exits 0 daemon user disable carol
exits 0 bob chat device list

# Full to the last byte: refused with words, or stored where the log has room already, and nothing breaks.
dd if=/dev/zero of="$SCRATCH/server/fill" bs=1k 2>/dev/null
status=0
head -c 60000 /dev/zero | tr '\0' y | alice chat send --to bob --timeout 30s 2>"$SCRATCH/err" || status=$?
case $status in
0) stored=1 ;;
75) stored=0 ;;
69) stored= ;; # nobody knows
*) fail "a full disk gives $status: $(cat "$SCRATCH/err")" ;;
esac
kill -0 "$server" || fail "the server is gone"
# What is refused again and again is not logged again and again.
for _ in 1 2 3 4 5; do
    head -c 60000 /dev/zero | tr '\0' z | alice chat send --to bob --timeout 1s 2>/dev/null
done
told=$(grep -c "a batch could not be written" "$SCRATCH/server.log")
[ "$told" -le 2 ] || fail "$told lines of batches that could not be written"
rm "$SCRATCH/server/fill"

# Room again, without a restart.
mount -o remount,size=128m "$SCRATCH/server"
roomy() { alice chat send --to bob "with room again" --timeout 20s; }
within "$patience" roomy || fail "there is room and nothing is taken"
exits 0 bob chat history --with alice --sync --limit 1 --json
same "with room again" "$(jq -r .body "$SCRATCH/out")"
[ -z "$stored" ] || same "$stored" "$(bob chat history --search yyyy --json | wc -l)" "what was acknowledged is there, and nothing else"
exits 0 stop_server
exits 0 daemon check
# The backup is a whole one.
exits 0 daemon restore --force "$SCRATCH/full.backup"
exits 0 daemon check
