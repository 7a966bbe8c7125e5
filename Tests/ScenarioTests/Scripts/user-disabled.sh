# Whoever is disabled hears nothing more: by a command beside the running server, whose groups refuse messages when the command
# has returned, and by one while no server runs.

start_server
for name in alice bob carol; do user "$name"; done
for name in alice bob carol; do exits 0 "$name" chat who; done
exits 0 alice chat room create ops
exits 0 alice chat room add ops bob carol
for name in bob carol; do exits 0 alice chat send --to "$name" hello; done
exits 0 alice chat room create open --open
exits 0 bob chat room join open
# How many groups refuse messages until somebody has removed who is gone.
refusing() { sqlite3 "file:$SCRATCH/server/chatd.db?mode=ro" 'SELECT count(*) FROM conversations WHERE held'; }
refuse() { [ "$(refusing)" = "$1" ]; }
same 0 "$(refusing)" "groups that refuse messages"

background bob.out bob chat listen --json
eventually online
exits 0 daemon user disable bob
same 2 "$(refusing)" "groups of bob that refuse messages when it returns"
eventually gone "$job"
exits 77 bob chat history --sync
exits 0 alice chat send --room ops "without bob"
same 1 "$(refusing)" "the room was seen to, what is written to bob alone was not"
lacks "$SCRATCH/bob.out" "without bob"

# The server looks at its start for what was done while it was away.
exits 0 stop_server
exits 0 daemon user disable carol
same 1 "$(refusing)" "nobody proposes while no server runs"
start_server
eventually refuse 3
exits 0 alice chat send --room ops "without both"
same 2 "$(refusing)" "the room was seen to"
exits 0 alice chat room members ops --json
jsonl '[.[].user] == ["alice"]'
exits 0 daemon check
