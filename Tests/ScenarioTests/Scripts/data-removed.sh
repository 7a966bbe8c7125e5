# Data that are taken away while the server runs are noticed within seconds: it ends, and what follows is refused.

start_server
user alice
exits 0 alice chat send --to alice "kept"
mv "$SCRATCH/server" "$SCRATCH/away"
eventually gone "$server"
status=0
wait "$server" || status=$?
same 74 "$status" "the server's status"
has "$SCRATCH/server.log" 'level=critical msg="the data are gone; the server ends"'
has "$SCRATCH/server.log" 'chatd: .*/server was removed while the server ran; it has ended; restore a backup'
exits 69 alice chat send --to alice "not sent"

# Back in their place, all is as it was.
mv "$SCRATCH/away" "$SCRATCH/server"
start_server
exits 0 alice chat history --sync --with alice --json
same "kept" "$(jq -r .body "$SCRATCH/out")" "the history"

# Another file in the store's place, as from a copied backup.
cp -p "$SCRATCH/server/chatd.db" "$SCRATCH/copy"
mv "$SCRATCH/copy" "$SCRATCH/server/chatd.db"
eventually gone "$server"
has "$SCRATCH/server.log" 'chatd.db was replaced while the server ran'

# A message that is not what was acknowledged: told by check, and nothing to begin on.
sqlite3 "$SCRATCH/server/chatd.db" "UPDATE entries SET payload = randomblob(length(payload))"
exits 78 daemon check
has "$SCRATCH/out" 'entry [0-9]+ is not what was acknowledged'
exits 78 daemon run --listen 127.0.0.1:0
has "$SCRATCH/err" 'is not what was acknowledged; .chatd check. tells all'
