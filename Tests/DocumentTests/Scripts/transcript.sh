# The transcript of README.md is what really happens: each line behind a "$ " is run, and the rest is what it prints.

start_server
person reader
printf '%s\n' "$password" >"$SCRATCH/reader/pw"
# The loopback server of a reader is known to him; this one is not.
reader chat server trust "$address" "$pin" -q

# What differs each time: times of day, identifiers, keys, and here the port.
masked() { sed -E 's/acct1:[a-z2-7]{52}/KEY/; s/127\.0\.0\.1:[0-9]+/ADDRESS/; s/[0-9]{2}:[0-9]{2}:[0-9]{2}/TIME/; s/[0-9a-f]{8}-[0-9a-f-]{27}/ID/'; }

awk '/^```console$/{ inside = 1; next } /^```/{ inside = 0 } inside' "$VECTORS_ROOT/README.md" >"$SCRATCH/transcript"
[ "$(wc -l <"$SCRATCH/transcript")" -ge 10 ] || fail "README.md has no transcript"
sed -n 's/^\$ //p' "$SCRATCH/transcript" >"$SCRATCH/commands"
while IFS= read -r command; do
    printf '$ %s\n' "$command"
    as reader env CHAT_SERVER="$address" sh -c 'cd; eval "$1"' sh "$command" 2>&1 </dev/null
done <"$SCRATCH/commands" >"$SCRATCH/happened"
same "$(masked <"$SCRATCH/transcript")" "$(masked <"$SCRATCH/happened")" "the transcript"
