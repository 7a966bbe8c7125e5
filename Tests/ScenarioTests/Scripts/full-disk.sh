# A full and a read-only disk: a clear error, and the store intact. Needs to mount a small tmpfs.

start_server
user alice
user bob
user carol
mkdir "$SCRATCH/small"
if ! mount -t tmpfs -o size=6m,mode=700 tmpfs "$SCRATCH/small" 2>/dev/null; then
    say "SKIPPED: mounting a tmpfs needs root"
    exit 0
fi
trap 'umount "$SCRATCH/small"; at_end' EXIT
cp -a "$SCRATCH/bob/.local" "$SCRATCH/small/"
mv "$SCRATCH/bob/.local" "$SCRATCH/bob-was"
ln -s "$SCRATCH/small/.local" "$SCRATCH/bob/.local"
exits 0 alice chat send --to bob "before"
exits 0 bob chat listen --count 1 --mark-read
dd if=/dev/zero of="$SCRATCH/small/fill" bs=1k 2>/dev/null
status=0
head -c 60000 /dev/zero | tr '\0' y | alice chat send --to bob
bob chat listen --no-follow >"$SCRATCH/out" 2>"$SCRATCH/err" || status=$?
[ "$status" = 74 ] || fail "a full disk gives $status: $(cat "$SCRATCH/err")"
has "$SCRATCH/err" '^chat: '
# The message that says so goes out all the same: the store keeps room for it, and for one that must wait.
for number in 1 2 3; do exits 0 bob chat send --to alice "the disk is full, $number"; done
stop_server
exits 81 bob chat send --to alice --queue --timeout 1s "still full"
start_server
exits 0 bob chat outbox flush
exits 0 alice chat history --with bob --sync --search full --json
same 4 "$(wc -l <"$SCRATCH/out")" "alerts from a full disk"
rm "$SCRATCH/small/fill"
exits 0 bob chat listen --count 1 --timeout 60s --json
same 60000 "$(jq -j .body "$SCRATCH/out" | wc -c)" "nothing is lost by a full disk"

# Whoever waits for an answer that finds no room says so, to the asked, too, and once; as does who has waited in vain.
asked() { alice chat history --sync --with bob --json | jq -r .body | grep -qx "$1"; }
told() {
    alice chat history --sync --with bob --json --limit 500 |
        jq -s --arg text "$1" '(map(select(.body == $text)) | last | .id) as $id | map(select(.reply_to == $id)) | length'
}
fill() { dd if=/dev/zero of="$SCRATCH/small/fill" bs=1k 2>/dev/null; }
background ask bob chat ask --to alice --json --timeout 120s "now?"
asking=$job
eventually asked "now?"
fill
# The store has pages of its own that are free, and what a send takes of the reserve is room for others, too.
for _ in $(seq 20); do head -c 60000 /dev/zero | tr '\0' y | carol chat send --to bob; done
status=0
wait "$asking" || status=$?
same 74 "$status" "a question on a full disk"
same "unknown true" "$(jq -rs 'last | "\(.sent) \(.id != null)"' "$SCRATCH/ask.err")"
same 1 "$(told "now?")" "how often alice is told that nobody waits"
exits 0 bob chat doctor
has "$SCRATCH/out" '^warning.*disk: .*make room'
rm "$SCRATCH/small/fill"
exits 0 bob chat listen --no-follow
background ask bob chat ask --to alice --json --timeout 8s "later?"
asking=$job
eventually asked "later?"
fill
status=0
wait "$asking" || status=$?
same 124 "$status" "a question that has no answer, on a full disk"
same 1 "$(told "later?")" "how often alice is told that nobody waits any more"
rm "$SCRATCH/small/fill"

mount -o remount,ro "$SCRATCH/small"
exits 0 bob chat history --with alice --json
[ "$(wc -l <"$SCRATCH/out")" -gt 6 ] || fail "history does not read from a read-only disk"
status=0
bob chat send --to alice "cannot" 2>"$SCRATCH/err" || status=$?
[ "$status" = 73 ] || [ "$status" = 74 ] || fail "a read-only disk gives $status: $(cat "$SCRATCH/err")"
has "$SCRATCH/err" '^chat: .*XDG_DATA_HOME'
mount -o remount,rw "$SCRATCH/small"
