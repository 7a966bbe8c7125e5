# Every command does what it says, in plain text and as lines that the schema describes.

start_server
user alice --display-name "Alice A."
user bob
exits 0 alice chat schema
cp "$SCRATCH/out" "$SCRATCH/schema"
# shaped FILE: every line of it is as the schema says.
shaped() { python3 "$scripts/check_lines.py" "$SCRATCH/schema" <"$1" || fail "$1: $(head -c 2000 "$1")"; }
# both COMMAND…: the command as it is, and with --json: $SCRATCH/plain and $SCRATCH/out.
both() {
    exits 0 "$@"
    cp "$SCRATCH/out" "$SCRATCH/plain"
    exits 0 "$@" --json
    shaped "$SCRATCH/out"
}

both alice chat whoami
for word in alice "Alice A." "$address" "$pin" SHA256: default; do has "$SCRATCH/plain" "${word//+/[+]}"; done
same "alice Alice A. $address $pin" "$(jq -r '"\(.user) \(.display_name) \(.server) \(.trust)"' "$SCRATCH/out")"
both alice chat profile list
same "default true alice" "$(jq -r '"\(.profile) \(.current) \(.user)"' "$SCRATCH/out")"

# A login that fails makes no profile.
exits 77 alice chat --profile typo login nobody --server "$address" --trust "$pin" --password-file "$SCRATCH/password"
exits 77 alice chat --profile typo whoami
exits 0 alice chat profile list --json
same "default" "$(jq -r .profile "$SCRATCH/out")"

# A second profile, with another account; a name is folded.
exits 0 alice chat --profile Work register Alice2 --server "$address" --trust "$pin" --password-file "$SCRATCH/password"
both alice chat profile list
same "default alice,work alice2" "$(jq -r '"\(.profile) \(.user)"' "$SCRATCH/out" | sort | paste -sd,)"
exits 0 as alice env CHAT_PROFILE=work chat whoami --json
same alice2 "$(jq -r .user "$SCRATCH/out")"
exits 0 alice chat --profile default whoami --json
exits 0 alice chat send --profile work --to alice "from my other self"

# Messages, unread, history.
background live.out alice chat listen --json --meta --own
within "$patience" grep -q '"live"' "$SCRATCH/live.out" || fail "not live"
exits 0 bob chat send --to alice --json "one"
shaped "$SCRATCH/out"
id=$(jq -r .id "$SCRATCH/out")
exits 0 bob chat send --everyone "two"
exits 0 bob chat send --to alice --reply-to "$id" "three"
within "$patience" grep -q '"three"' "$SCRATCH/live.out" || fail "three does not arrive"
both alice chat unread
same "* 1,@alice2 1,@bob 2" "$(jq -r '"\(.conv) \(.count)"' "$SCRATCH/out" | LC_ALL=C sort | paste -sd,)"
exits 0 alice chat unread --count
same 4 "$(cat "$SCRATCH/out")"
exits 0 alice chat unread --count --json
shaped "$SCRATCH/out"
both alice chat history --with bob
has "$SCRATCH/plain" '^[0-9:]{8} bob → me: one$'
both alice chat history --everyone
has "$SCRATCH/plain" '^[0-9:]{8} bob → all: two$'
both alice chat history --id "$id"
both bob chat history --id "$id" --sync
same "one delivered" "$(jq -r '.body // .status' "$SCRATCH/out" | paste -sd' ')"
exits 0 alice chat history --limit 1 --json --search THREE
same "$id" "$(jq -r .reply_to "$SCRATCH/out")"
exits 0 alice chat history --since 1h --until 0 --with bob --limit 1 --json
same three "$(jq -r .body "$SCRATCH/out")"
exits 1 alice chat history --until 1h
exits 1 alice chat history --since 2999-01-01T00:00:00Z
shaped "$SCRATCH/live.out"

# Who is there.
both alice chat who
has "$SCRATCH/plain" '^alice +Alice A\.$'
both alice chat who --users
has "$SCRATCH/plain" '^bob .*never$'
background watch.out bob chat who --watch --json
watch=$job
within "$patience" grep -q '"online":\["alice","bob"\]' "$SCRATCH/watch.out" || fail "the full list: $(cat "$SCRATCH/watch.out")"
background unread.out alice chat unread --watch --count
within "$patience" grep -qx 4 "$SCRATCH/unread.out" || fail "unread --watch does not begin"
exits 0 bob chat send --to alice "four"
connected "$job" && fail "unread --watch connects"
exits 0 alice chat history --sync
within "$patience" grep -qx 5 "$SCRATCH/unread.out" || fail "unread --watch does not follow: $(cat "$SCRATCH/unread.out")"
kill "$job"
# What was read is told once more: whoever watches would go on showing it.
background seen.out alice chat unread --watch --json
within "$patience" grep -q '"conv":"@bob","count":3' "$SCRATCH/seen.out" || fail "unread --watch: $(cat "$SCRATCH/seen.out")"
exits 0 alice chat listen --no-follow --mark-read
within "$patience" grep -q '"conv":"@bob","count":0}' "$SCRATCH/seen.out" || fail "what was read: $(cat "$SCRATCH/seen.out")"
shaped "$SCRATCH/seen.out"
shaped "$SCRATCH/watch.out"
# It would send what waits before `outbox flush` can.
kill "$watch"

# Resume points.
exits 0 alice chat resume set old --since 1h
exits 0 alice chat resume set fresh
both alice chat resume list
same "fresh 0,old 5" "$(jq -r '"\(.name) \(.waiting)"' "$SCRATCH/out" | sort | paste -sd,)"
exits 0 alice chat resume rm old
exits 0 alice chat resume list --json
same fresh "$(jq -r .name "$SCRATCH/out")"

# Devices.
both alice chat device list
same "true true" "$(jq -r '"\(.this) \(.certifies)"' "$SCRATCH/out")"
exits 0 alice chat device add --out "$SCRATCH/identity" --name box
exits 0 alice chat device rename box "the box"
exits 0 alice chat device revoke "the box"
exits 0 alice chat device list --json
same "" "$(jq -r "select(.state == \"active\" and (.this | not)).name" "$SCRATCH/out")" "a revoked device is not active"

# Servers.
both alice chat server list
same "$address $pin" "$(jq -r '"\(.server) \(.trust)"' "$SCRATCH/out")"
exits 0 alice chat server forget "$address"
exits 0 alice chat server list
same "" "$(cat "$SCRATCH/out")"
exits 79 alice chat server trust "$address" "SHA256:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
exits 0 alice chat server trust "$address" "$pin" --json
shaped "$SCRATCH/out"
both alice chat doctor
lacks "$SCRATCH/plain" '^failed'

# The outbox.
stop_server
exits 81 bob chat send --to alice --queue --timeout 1s --json "waits" "for" "the server"
shaped "$SCRATCH/out"
shaped "$SCRATCH/err"
exits 81 bob chat send --to alice --queue --timeout 1s "is dropped"
both bob chat outbox list
has "$SCRATCH/plain" '@alice .*queued.*waits for the server'
exits 0 bob chat outbox drop "$(jq -r 'select(.body == "is dropped").id' "$SCRATCH/out")"
exits 69 bob chat outbox flush --json
start_server
exits 0 bob chat outbox flush --json
shaped "$SCRATCH/out"
same accepted "$(jq -r .status "$SCRATCH/out")"
exits 0 bob chat outbox list
same "" "$(cat "$SCRATCH/out")"
within "$patience" grep -q '"waits for the server"' "$SCRATCH/live.out" || fail "the queued message does not arrive"

# Completions.
exits 0 alice chat __complete users
same "alice,alice2,bob" "$(sort "$SCRATCH/out" | paste -sd,)"
exits 0 alice chat __complete profiles
same "default,work" "$(sort "$SCRATCH/out" | paste -sd,)"
exits 0 alice chat __complete resume-points
same fresh "$(cat "$SCRATCH/out")"

# Out, with everything.
exits 0 bob chat logout --forget --force
exits 77 bob chat whoami
same "" "$(find "$SCRATCH/bob/.local/share/chat/default" -name '*.sqlite*' 2>/dev/null)"
