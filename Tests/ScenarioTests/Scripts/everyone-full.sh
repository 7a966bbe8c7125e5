# Everyone's group has no more devices than the server allows: who writes there is told, and whoever listens is told once and goes on.

mkdir -m 700 "$SCRATCH/server"
printf '[limits]\neveryone_devices = 2\n' >"$SCRATCH/server/chatd.toml"
start_server
for name in alice bob carol; do user "$name"; done
exits 0 alice chat send --everyone "for two"
exits 0 bob chat listen --no-follow
has "$SCRATCH/out" "alice → all: for two"

exits 77 carol chat --json send --everyone "let me in"
same '["too_large","*","no"]' "$(jq -c '[.code, .conv, .sent]' "$SCRATCH/err")"
background carol.out carol chat listen --json
within "$patience" grep -q 'what is written to everyone is not read here' "$SCRATCH/carol.out.err" || fail "carol is not told"
exits 0 bob chat send --to carol "for you alone"
within "$patience" grep -q '"for you alone"' "$SCRATCH/carol.out" || fail "carol hears nothing"
# The server is started anew: she comes again, and is not told again.
stop_server
start_server
exits 0 bob chat send --to carol --wait delivered --timeout 60s "once more"
same 1 "$(grep -c 'what is written to everyone' "$SCRATCH/carol.out.err")" "told once"

# Where somebody goes, there is room when they were removed; and an administrator may allow more.
printf '[limits]\neveryone_devices = 3\n' >"$SCRATCH/server/chatd.toml"
stop_server
start_server
exits 0 carol chat send --everyone "there is room"
exits 0 bob chat history --everyone --sync
has "$SCRATCH/out" "carol → all: there is room"
