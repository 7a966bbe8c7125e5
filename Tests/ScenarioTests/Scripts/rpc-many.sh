# chat rpc: many requests at once, callers that do not read, and how it ends.

start_server
user alice
user bob
user carol
exits 0 alice python3 "$scripts/rpc_peer.py" unread_answers
exits 0 bob chat history --sync --json --limit 2000
same "$(seq 0 999)" "$(jq -r .body "$SCRATCH/out" | cut -d' ' -f2)" "all of them, in order"
exits 0 alice python3 "$scripts/rpc_peer.py" deaf_caller
exits 0 alice python3 "$scripts/rpc_peer.py" out_of_order
exits 0 alice python3 "$scripts/rpc_peer.py" ends
