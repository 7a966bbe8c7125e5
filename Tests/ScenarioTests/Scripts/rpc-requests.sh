# chat rpc: every kind of request, what is no request, and the same objects as the commands print.

start_server
user alice
user bob
exits 0 alice python3 "$scripts/rpc_peer.py" requests
exits 0 bob chat history --sync --json
same "by notification in a batch" "$(jq -r 'select(.body | startswith("by") or startswith("in")).body' "$SCRATCH/out" |
    sort | tr '\n' ' ' | sed 's/ $//')" "what bob has"
same 1 "$(jq -r 'select(.body == "once").body' "$SCRATCH/out" | wc -l)" "the same key twice"
# Nobody is asked for anything, and without a login each request says so.
person carol
exits 0 carol chat rpc </dev/null
printf '{"jsonrpc":"2.0","id":1,"method":"who"}' | exits 0 carol chat rpc
same 77 "$(jq .error.data.exit "$SCRATCH/out")" "not logged in"
