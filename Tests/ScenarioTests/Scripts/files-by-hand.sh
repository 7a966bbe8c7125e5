# What people hand us was touched by editors and mails: a mark in front of UTF-8, line ends of another system, blanks
# around an invite are no faults. What everybody can write is one.

start_server --registration invite
person alice
person bob
mark=$'\xef\xbb\xbf'
printf '%s%s\r\n' "$mark" "$password" >"$SCRATCH/password"

# An invite, with what a mail puts around it.
invite() { daemon invite create --json | jq -r .token; }
printf '\r\n  %s \t\r\n\n' "$(invite)" >"$SCRATCH/invite"
exits 0 alice chat register alice --server "$address" --trust "$pin" --password-file "$SCRATCH/password" \
    --invite-file "$SCRATCH/invite"
printf '%s%s' "$mark" "$(invite)" >"$SCRATCH/invite"
exits 0 bob chat register bob --server "$address" --trust "$pin" --password-file "$SCRATCH/password" \
    --invite-file "$SCRATCH/invite"
printf ' \n' >"$SCRATCH/invite"
exits 65 bob chat register carol --profile c --server "$address" --password-file "$SCRATCH/password" \
    --invite-file "$SCRATCH/invite"
exits 77 bob chat register carol --profile c --server "$address" --password-file "$SCRATCH/password"
has "$SCRATCH/err" 'ask the administrator for an invite'

# A password without the mark is the same one, by file and by standard input, here and at the server.
printf '%s\n' "$password" >"$SCRATCH/plain"
exits 77 bob chat login alice --profile second --server "$address" --password-file "$SCRATCH/plain"
printf '%s%s\n' "$mark" "$password" | exits 77 bob chat login alice --profile third --server "$address" --password-stdin
has "$SCRATCH/err" 'waits to be approved'
approve alice bob second
printf '%s%s\r\n' "$mark" "$password" | exits 0 daemon user add dave --password-stdin
exits 0 daemon user add erin --password-file "$SCRATCH/password"
for name in dave erin; do
    exits 0 bob chat login "$name" --profile "$name" --server "$address" --password-file "$SCRATCH/plain"
done

# Configuration and lines.
printf '%sreceipts = false\r\n' "$mark" >"$SCRATCH/config.toml"
exits 0 alice chat --config "$SCRATCH/config.toml" whoami
printf '%s{"to":"bob","body":"marked"}\r\n{"to":"bob","body":"plain"}\n' "$mark" >"$SCRATCH/lines"
exits 0 alice chat send --jsonl <"$SCRATCH/lines"
exits 0 bob chat listen --no-follow --json
same "marked plain" "$(jq -r .body "$SCRATCH/out" | paste -sd' ')"

# The known servers.
known=$SCRATCH/alice/.config/chat/known_servers
printf '%s# by hand\r\n%s pin %s\r\n' "$mark" "$address" "$pin" >"$known"
exits 0 alice chat send --to bob "line ends of another system"
exits 0 alice chat server list
has "$SCRATCH/out" 'pin|SHA256'
exits 0 alice chat server forget "$address"
exits 0 alice chat server trust "$address" "$pin"
exits 0 alice chat send --to bob "still known"

# Who can write there says which servers are trusted.
chmod 666 "$known"
exits 78 alice chat send --to bob "to whom?"
has "$SCRATCH/err" 'known_servers can be written by everybody'
exits 78 alice chat doctor
has "$SCRATCH/out" '^failed.config: .*can be written by everybody'
chmod 600 "$known"
exits 0 alice chat doctor
chmod 777 "$SCRATCH/alice/.config/chat"
exits 78 alice chat doctor
has "$SCRATCH/out" '^failed.config: .*/chat can be written by everybody'
