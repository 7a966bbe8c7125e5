# A client of Python's standard library alone, written from chat-protocol(7), speaks with the real server. It has no group, and so it reads
# what everybody may know, and writes nothing.

start_server
user bob --display-name "Bob B."
# An account without a chain lets its devices in by the password.
account alice

# python USER ARGUMENT…: that client, with one device an account.
python() {
    python3 "$VECTORS_ROOT/Tests/DocumentTests/chat_client.py" --server "$address" --pin "$pin" --user "$1" \
        --password-file "$SCRATCH/password" --device-file "$SCRATCH/$1.device" "${@:2}"
}

exits 0 python alice who bob
same "bob Bob B." "$(jq -r '"\(.name) \(.display_name)"' "$SCRATCH/out")"

# The chain of bob's key: it begins with its first device, and goes on with the second.
exits 0 python alice chain bob
same "0 1" "$(jq -r '"\(.number) \(.kind)"' "$SCRATCH/out")"
exits 0 bob chat device add --certify --out "$SCRATCH/recovery"
exits 0 python alice chain bob
same "0 1,1 2" "$(jq -r '"\(.number) \(.kind)"' "$SCRATCH/out" | paste -sd,)"

# The log of everyone: what founds and changes the group is whole, and of messages there is a hash.
exits 0 bob chat send --everyone --json "nobody's business"
id=$(jq -r .id "$SCRATCH/out") seq=$(jq -r .seq "$SCRATCH/out")
exits 0 python alice log
same "commit bob false" "$(jq -r 'select(.seq == 1) | "\(.kind) \(.from) \(.hashed)"' "$SCRATCH/out")"
same "message $seq true" "$(jq -r --arg id "$id" 'select(.id == $id) | "\(.kind) \(.seq) \(.hashed)"' "$SCRATCH/out")"

# It has no key by which it could be added, so nobody writes to it alone; and what is plain is taken from nobody, nowhere.
exits 75 bob chat send --to alice --json "encrypted"
same no_device "$(jq -r 'select(.head == "error").code' "$SCRATCH/err")"
for to in "" bob; do
    printf 'plain' | exits 1 python alice send $to
    has "$SCRATCH/err" '^error 52:'
done
exits 0 bob chat listen --no-follow --json
same "" "$(cat "$SCRATCH/out")"

# Refusals carry the number that the page gives them.
printf 'wrong password\n' >"$SCRATCH/wrong"
exits 1 python3 "$VECTORS_ROOT/Tests/DocumentTests/chat_client.py" --server "$address" --pin "$pin" --user alice \
    --password-file "$SCRATCH/wrong" who bob
has "$SCRATCH/err" '^error 21:'
exits 1 python alice who nobody
has "$SCRATCH/err" '^error 40:'
exits 1 python3 "$VECTORS_ROOT/Tests/DocumentTests/chat_client.py" --server "$address" \
    --pin SHA256:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA --user alice --password-file "$SCRATCH/password" who bob
has "$SCRATCH/err" 'another key'
