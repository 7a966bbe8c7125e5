# A profile that is damaged, whatever of it, is said to be so (78): it is no fault of the program (70), and no crash.

start_server
user alice
user bob
exits 0 bob chat send --to alice "something"
exits 0 alice chat listen --no-follow --resume r --since 1d
exits 0 alice chat send --to bob "something else"
cp -a "$SCRATCH/alice" "$SCRATCH/whole"
store=.local/share/chat/default/store.sqlite

cat >"$SCRATCH/damage.py" <<'END'
import sqlite3, sys
# damage.py STORE: prints what can be done to it. damage.py STORE N: does the one of that number.
store = sqlite3.connect(sys.argv[1], isolation_level=None)
tables = [row[0] for row in store.execute("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")]
acts = [f'DROP TABLE "{table}"' for table in tables]
for table in tables:
    for column in store.execute(f'PRAGMA table_info("{table}")').fetchall():
        for value in ("x'00'", "'damaged'", "-1", "9223372036854775807"):
            acts.append(f'UPDATE OR IGNORE "{table}" SET "{column[1]}" = {value}')
if len(sys.argv) == 2:
    print(len(acts))
else:
    store.execute("PRAGMA ignore_check_constraints = 1")
    store.execute("PRAGMA foreign_keys = 0")
    try:
        store.execute(acts[int(sys.argv[2])])
    except sqlite3.Error:
        pass
    print(acts[int(sys.argv[2])])
END
number=$(python3 "$SCRATCH/damage.py" "$SCRATCH/whole/$store")
[ "$number" -gt 20 ] || fail "nothing to damage"
# One in thirteen each time, another one by the day: all of them take minutes.
for act in $(seq $((10#$(date +%j) % 13)) 13 $((number - 1))); do
    rm -rf "$SCRATCH/alice"
    cp -a "$SCRATCH/whole" "$SCRATCH/alice"
    what=$(python3 "$SCRATCH/damage.py" "$SCRATCH/alice/$store" "$act")
    for command in whoami "history --limit 5" "unread" "outbox list" "resume list" "send --to bob -m hi --timeout 5s" \
        "listen --no-follow --json"; do
        status=0
        # shellcheck disable=SC2086 # words on purpose
        alice timeout 60 chat $command >"$SCRATCH/out" 2>"$SCRATCH/err" || status=$?
        case $status in
        70 | 12[5-9] | 13[0-9]) fail "$what: $command ends with $status: $(cat "$SCRATCH/err")" ;;
        esac
    done
done
