# A client of Python's standard library alone, written from chat-protocol(7), speaks with the real server.

mkdir -m 700 "$SCRATCH/server"
printf '[limits]\neveryone_interval = "1ms"\n' >"$SCRATCH/server/chatd.toml"
start_server
user bob
# An account without a chain lets its devices in by the password.
account alice

# python USER ARGUMENT…: that client, with one device an account.
python() {
    python3 "$VECTORS_ROOT/Tests/DocumentTests/chat_client.py" --server "$address" --pin "$pin" --user "$1" \
        --password-file "$SCRATCH/password" --device-file "$SCRATCH/$1.device" "${@:2}"
}

# It sends, and chat receives: exact text, the right sender, the identifier and the number it was told.
printf 'from python: é 日本\nsecond line' | exits 0 python alice send
id=$(jq -r .id "$SCRATCH/out") seq=$(jq -r .seq "$SCRATCH/out")
exits 0 bob chat listen --count 1 --timeout 20s --json --mark-read
same "bcast alice $id $seq" "$(jq -r '"\(.head) \(.from) \(.id) \(.seq)"' "$SCRATCH/out")"
same $'from python: é 日本\nsecond line' "$(jq -r .body "$SCRATCH/out")"

# chat sends, and it receives: what its device did not have yet, its own message too.
exits 0 bob chat send --everyone --reply-to "$id" "from chat"
exits 0 python alice listen --count 2
same "alice,bob" "$(jq -r .from "$SCRATCH/out" | paste -sd,)"
same "from chat $id false" "$(jq -r 'select(.from == "bob") | "\(.body) \(.reply_to) \(.direct)"' "$SCRATCH/out")"

# What it acknowledged does not come again; and the largest text that there is.
exits 0 bob chat send --everyone "once more"
exits 0 python alice listen --count 1
same "once more" "$(jq -r .body "$SCRATCH/out")"
head -c 65536 /dev/zero | tr '\0' x | exits 0 python alice send
exits 0 bob chat history --everyone --limit 1 --sync --json
same 65536 "$(jq -j .body "$SCRATCH/out" | wc -c)"

# It has no group, so nobody writes to it alone, and what it writes to one alone is nobody's word.
exits 75 bob chat send --to alice --json "encrypted"
same no_device "$(jq -r 'select(.head == "error").code' "$SCRATCH/err")"
printf 'plain' | exits 0 python alice send bob
exits 0 bob chat listen --no-follow --json --mark-read
lacks "$SCRATCH/out" '"plain"'
same "@alice undecryptable" "$(jq -r 'select(.head == "gap") | "\(.conv) \(.reason)"' "$SCRATCH/out")"

# Refusals carry the number that the page gives them.
printf 'wrong password\n' >"$SCRATCH/wrong"
exits 1 python3 "$VECTORS_ROOT/Tests/DocumentTests/chat_client.py" --server "$address" --pin "$pin" --user alice \
    --password-file "$SCRATCH/wrong" send bob
has "$SCRATCH/err" '^error 21:'
printf 'x' | exits 1 python alice send nobody
has "$SCRATCH/err" '^error 40:'
exits 1 python3 "$VECTORS_ROOT/Tests/DocumentTests/chat_client.py" --server "$address" \
    --pin SHA256:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA --user alice --password-file "$SCRATCH/password" send bob
has "$SCRATCH/err" 'another key'
