# A server is known by its key or by a CA, and never changes silently: 79, nothing sent.

start_server
person alice
printf '%s\n' "$password" >"$SCRATCH/password"
# A server on loopback that is not this user's or root's is not trusted unasked: its key is not published here.
exits 79 alice chat register alice --server "$address" --password-file "$SCRATCH/password" --no-input
exits 79 alice chat register alice --server "$address" --password-file "$SCRATCH/password" --trust strict
exits 79 alice chat register alice --server "$address" --password-file "$SCRATCH/password" \
    --trust "SHA256:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
exits 0 alice chat register alice --server "$address" --password-file "$SCRATCH/password" --trust accept-new
exits 0 alice chat server list --json
has "$SCRATCH/out" "$pin"
exits 0 alice chat send --to alice "note"

# Another key behind the same address.
stop_server
mv "$SCRATCH/server" "$SCRATCH/server-was"
start_server
exits 79 alice chat send --to alice "not sent"
has "$SCRATCH/err" 'key'
exits 79 alice chat send --to alice --trust accept-new "not sent"
exits 0 alice chat server list
stop_server
rm -r "$SCRATCH/server"
mv "$SCRATCH/server-was" "$SCRATCH/server"
start_server
exits 0 alice chat history --sync --with alice --json
same "note" "$(jq -r .body "$SCRATCH/out")" "nothing was sent to the wrong server"
