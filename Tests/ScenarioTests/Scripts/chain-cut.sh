# What begins or changes an account's chain may be killed or lose its answer at any moment: the next command goes on.

start_server
user bob

# between request|answer NUMBER: somebody stands between us and the server; $way is where.
between() {
    : >"$SCRATCH/way"
    python3 "$scripts/cutting.py" "$address" "$@" >"$SCRATCH/way" 2>&1 </dev/null 3>&- 4>&- &
    started+=($!)
    eventually test -s "$SCRATCH/way"
    way=$(head -n 1 "$SCRATCH/way")
}
was_cut() { grep -q '^cut$' "$SCRATCH/way"; }
links() { sqlite3 "file:$SCRATCH/server/chatd.db?mode=ro" "SELECT chain_count FROM accounts WHERE name = '$1'"; }
key_of() { as "$1" chat whoami --json | jq -r .dev1; }
printf '%s\n' "$password" >"$SCRATCH/password"

# Killed between its key and the link that begins the chain: the key is there, and the same begins it later.
person ann
between request 3
background ann.log as ann chat register ann --server "$way" --trust "$pin" --password-file "$SCRATCH/password"
eventually was_cut
kill -KILL "$job"
wait "$job" 2>/dev/null
same 0 "$(links ann)" "the link was lost"
key=$(key_of ann)
[[ $key = dev1:* ]] || fail "there is no key"
exits 0 as ann chat send --to bob "begun later"
same 1 "$(links ann)"
same "$key" "$(key_of ann)" "it is the same"

# The answer to that link is lost: it is not begun twice.
person eve
between answer 3
exits 69 as eve chat register eve --server "$way" --trust "$pin" --password-file "$SCRATCH/password"
was_cut || fail "the answer was not lost"
same 1 "$(links eve)"
key=$(key_of eve)
exits 0 as eve chat send --to bob "begun before"
same 1 "$(links eve)"
same "$key" "$(key_of eve)"

# So is the answer to the link that approves a device.
person phone
exits 77 as phone chat login bob --server "$address" --trust "$pin" --password-file "$SCRATCH/password"
exits 0 as phone chat whoami --json
device=$(jq -r .device "$SCRATCH/out") key=$(jq -r .dev1 "$SCRATCH/out")
between answer 5
exits 0 bob chat server move "$address" "$way"
exits 69 bob chat device approve "$device" --fingerprint "$key"
was_cut || fail "the answer was not lost"
same 2 "$(links bob)"
exits 0 bob chat device approve "$device" --fingerprint "$key"
same 2 "$(links bob)"
exits 0 as phone chat send --to ann "approved"

# And the answer to the use of an identity file, which is good for one.
exits 0 bob chat device add --out "$SCRATCH/once"
person box
between answer 2 2
exits 69 as box chat login --identity "$SCRATCH/once" --server "$way"
was_cut || fail "the answer was not lost"
exits 0 as box chat login --identity "$SCRATCH/once" --server "$way"
exits 0 as box chat send --to ann "from the box"
exits 0 daemon check
