# After a restore of the server a room goes on with a commit of its new life, whoever writes first.

start_server
user alice
user bob
user carol
for name in alice bob carol; do exits 0 as $name chat who; done
exits 0 alice chat room create ops
exits 0 alice chat room add ops bob
exits 0 alice chat send --room ops "before"
exits 0 bob chat listen --no-follow --mark-read --json
exits 0 daemon backup "$SCRATCH/backup"

# Nothing was lost of it: the same epoch.
exits 0 daemon restore "$SCRATCH/backup" --force
background bob-hears bob chat listen --json
eventually grep -q '"restored"' "$SCRATCH/bob-hears"
exits 0 alice chat send --room ops "in the second life"
within "$patience" grep -q '"in the second life"' "$SCRATCH/bob-hears" || fail "it does not arrive: $(cat "$SCRATCH"/bob-hears*)"
exits 0 bob chat send --room ops "heard"
exits 0 alice chat listen --no-follow --mark-read --json
same heard "$(jq -r 'select(.body) | .body' "$SCRATCH/out")"

# Messages were lost: whoever has them keeps them.
exits 0 daemon backup "$SCRATCH/second"
exits 0 alice chat send --room ops "lost to the server"
within "$patience" grep -q '"lost to the server"' "$SCRATCH/bob-hears" || fail "alice is not heard"
kill "$job"
exits 0 daemon restore "$SCRATCH/second" --force
exits 0 bob chat send --room ops "in the third life"
exits 0 alice chat listen --no-follow --json
same "in the third life" "$(jq -r 'select(.body) | .body' "$SCRATCH/out" | tail -n 1)"
# Members come and go as before.
exits 0 alice chat room add ops carol
exits 0 carol chat send --room ops "here"
exits 0 bob chat listen --no-follow --json
same here "$(jq -r 'select(.body) | .body' "$SCRATCH/out" | tail -n 1)"
exits 0 bob chat history --room ops --json
same '["before","in the second life","heard","lost to the server","in the third life","here"]' \
    "$(jq -sc 'map(select(.body) | .body)' "$SCRATCH/out")"
exits 0 daemon check
