# What an account holds and what it wrote, as JSON Lines: on a server that runs, on one that does not, and after it was
# deleted. Others' messages are not in it.

start_server
user alice --display-name "Alice A."
user bob
user carol
exits 0 alice chat send --to bob "to bob"
exits 0 bob chat send --to alice "from bob"
exits 0 alice chat send --everyone "to all"
exits 0 carol chat send --to bob "not hers"
for n in $(seq 2500); do echo "line $n"; done >"$SCRATCH/many"
exits 0 alice chat send --to carol --lines <"$SCRATCH/many"
exits 0 alice chat device add --out "$SCRATCH/identity" --name phone
head -c 60000 /dev/zero >"$SCRATCH/large"
for n in $(seq 30); do tr "\0" x <"$SCRATCH/large"; echo; done | alice chat send --to alice --lines || fail "large ones"

exits 0 daemon user export alice --out "$SCRATCH/running.jsonl"
same 600 "$(stat -c %a "$SCRATCH/running.jsonl")"
of() { jq -c "select(.head == \"$1\")" "$SCRATCH/running.jsonl"; }
same 'alice Alice A. 2' "$(of user | jq -r '"\(.user) \(.display_name) \(.devices)"')"
same 2 "$(of device | wc -l)" "devices"
of device | jq -r .name | grep -qx phone || fail "the device that was added"
same '* @alice @bob @carol' "$(of conversation | jq -r .conv | LC_ALL=C sort | paste -sd ' ')"
same $((2500 + 30 + 2)) "$(of entry | jq -c "select(.kind < 3)" | wc -l)" "messages"
same "$(($(wc -l <"$SCRATCH/running.jsonl") - 1))" "$(tail -n 1 "$SCRATCH/running.jsonl" | jq 'select(.head == "exported") | .lines')"

# The payload is what was sent, as the protocol has it; nobody else's is there.
body() { # CONV
    local conversation
    conversation=$(of conversation | jq -r "select(.conv == \"$1\") | .conversation")
    of entry | jq -r "select(.conversation == \"$conversation\") | .payload" |
        python3 -c 'import base64, sys
for line in sys.stdin: print(base64.b64decode(line.strip(), validate=True).decode("utf-8", "replace"))'
}
# What was encrypted stays so.
for conversation in @bob '*'; do
    body "$conversation" >"$SCRATCH/bodies"
    lacks "$SCRATCH/bodies" 'to bob|from bob|not hers|to all'
done
same 2500 "$(of entry | jq -c --arg id "$(of conversation | jq -r 'select(.conv == "@carol") | .conversation')" \
    'select(.conversation == $id and .kind == 2)' | wc -l)" "each line"

# To standard output the same, and down a pipe.
exits 0 daemon user export alice
# Devices may have been seen since.
unseen() { sed 's/"last_seen":[^,}]*//' "$1"; }
cmp <(unseen "$SCRATCH/out") <(unseen "$SCRATCH/running.jsonl") || fail "standard output differs"
daemon user export alice | jq -e . >/dev/null || fail "every line is an object"
exits 67 daemon user export nobody
exits 73 daemon user export alice --out "$SCRATCH/none/file"
[ ! -e "$SCRATCH/none" ] || fail "a folder was made"

# Without a server the same; and what is left of a deleted account.
stop_server
exits 0 daemon user export alice --out "$SCRATCH/stopped.jsonl"
cmp <(unseen "$SCRATCH/stopped.jsonl") <(unseen "$SCRATCH/running.jsonl") || fail "without a server it differs"
exits 0 daemon user delete alice
exits 0 daemon user export alice --out "$SCRATCH/running.jsonl"
same 0 "$(of device | wc -l)" "devices of a deleted account"
same $((2500 + 30 + 2)) "$(of entry | jq -c "select(.kind < 3)" | wc -l)" "messages of a deleted account"
# What is there before is replaced only by a whole one.
ls "$SCRATCH" | grep -q '\.new$' && fail "a temporary file is left"
true
