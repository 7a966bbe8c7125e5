# A backup that is restored begins a new generation: clients say `gap` and go on, and nothing new is taken for old.

start_server
user alice
user bob
exits 0 alice chat send --to bob "before"
exits 0 bob chat listen --count 1 --json --mark-read
exits 0 daemon backup "$SCRATCH/backup"
same 600 "$(stat -c %a "$SCRATCH/backup")" "the backup's mode"
exits 0 alice chat send --to bob "lost to the server"
exits 0 bob chat listen --count 1 --json --mark-read
last=$(jq .seq "$SCRATCH/out")

stop_server
mv "$SCRATCH/server" "$SCRATCH/server-was"
exits 0 daemon restore "$SCRATCH/backup"
exits 0 daemon check
was=$pin
start_server
same "$was" "$pin" "the key is restored"
background bob.out bob chat listen --json
eventually grep -q '"head":"gap"' "$SCRATCH/bob.out" || fail "no gap is said"
same restored "$(jq -r 'select(.head == "gap") | .reason' "$SCRATCH/bob.out" | sort -u)"
exits 0 alice chat send --to bob "after"
eventually grep -q '"after"' "$SCRATCH/bob.out" || fail "the new message does not arrive"
[ "$(jq -r 'select(.body == "after") | .seq' "$SCRATCH/bob.out")" -gt "$last" ] || fail "seq does not increase"
exits 0 bob chat history --with alice --json
same "before,lost to the server,after" "$(jq -r 'select(.body) | .body' "$SCRATCH/out" | paste -sd,)"
exits 0 daemon check
