# What programs and people are told of keys and devices: codes, fingerprints, statuses; and nothing hangs on what is no file.

start_server
user alice
user bob
user carol

# A first use is said once, whoever comes first.
exits 0 alice chat keys show bob
has "$SCRATCH/err" "^chat: bob has the key acct1:.* from now on"
exits 0 alice chat keys show bob --json
lacks "$SCRATCH/err" .
bob_key=$(jq -r .fingerprint "$SCRATCH/out")
other="acct1:$(printf 'a%.0s' {1..52})"
exits 0 alice chat --quiet keys show carol --json
lacks "$SCRATCH/err" .
exits 64 alice chat keys show alice --short

# Errors name the trusted key, and the one that came instead where one did.
exits 79 alice chat --json keys verify bob --fingerprint "$other"
same "$(printf '["fingerprint_differs","%s",null]' "$bob_key")" "$(jq -c '[.code, .old, .new]' "$SCRATCH/err")"
exits 0 alice chat keys verify bob --fingerprint "$(tr a-z A-Z <<<"$bob_key")"
person phone
exits 0 as phone chat --json login bob --reset --server "$address" --trust "$pin" --password-file "$SCRATCH/password"
same revokes_device "$(jq -r 'select(.text | test("this revokes")) | .code' "$SCRATCH/err")"
new_key=$(as phone chat whoami --json | jq -r .acct1)
exits 0 alice chat keys show bob
for command in "verify bob --fingerprint $bob_key" "verify bob --fingerprint $new_key" "verify bob --fingerprint $other" \
    "accept bob --fingerprint $other"; do
    # shellcheck disable=SC2086 # words
    exits 79 alice chat --json keys $command
    same "$bob_key $new_key" "$(jq -r '"\(.old) \(.new)"' "$SCRATCH/err")" "$command"
done

# Where nobody can approve, nobody waits; a device without a key says none.
exits 0 carol chat device list --json
first=$(jq -r .id "$SCRATCH/out")
person laptop
exits 77 as laptop chat login carol --server "$address" --trust "$pin" --password-file "$SCRATCH/password"
waiting=$(as laptop chat whoami --json | jq -r .device) fingerprint=$(as laptop chat whoami --json | jq -r .dev1)
exits 0 carol chat device approve "$(tr a-z A-Z <<<"$waiting")" --fingerprint "$(tr a-z A-Z <<<"$fingerprint")"
exits 0 as laptop chat device revoke "$(tr a-z A-Z <<<"$first")" --password-file "$SCRATCH/password"
person desk
exits 77 as desk timeout 30 chat --json login carol --server "$address" --trust "$pin" --password-file "$SCRATCH/password" --wait 1h
same "device_pending 0" "$(tail -n 1 "$SCRATCH/err" | jq -r '"\(.code) \(.approvers)"')"
has "$SCRATCH/err" 'chat login --reset'
exits 0 as laptop chat device revoke "$(as desk chat whoami --json | jq -r .device)"
exits 77 as desk chat who
exits 0 as desk chat whoami --json
same null "$(jq -c .fingerprint "$SCRATCH/out")"

# What is no file ends soon.
mkfifo "$SCRATCH/fifo"
exits 66 alice timeout 30 chat keys verify --file "$SCRATCH"
exits 66 alice timeout 30 chat keys verify --file "$SCRATCH/fifo"
exits 0 alice chat keys verify --file <(echo "alice $(alice chat whoami --json | jq -r .acct1)")
exits 73 alice timeout 30 chat device add --out "$SCRATCH"
exits 73 alice timeout 30 chat device add --out "$SCRATCH/fifo"

# Who can write the list of keys says who is who.
mkdir -p "$SCRATCH/alice/.config/chat"
echo 'keys_file = "team.keys"' >"$SCRATCH/alice/.config/chat/config.toml"
echo "bob $bob_key" >"$SCRATCH/alice/.config/chat/team.keys"
chmod 664 "$SCRATCH/alice/.config/chat/team.keys"
exits 0 alice chat keys list
# While it is away, what it said last counts for whoever stays, also for what they write.
user dave
background reply.out alice chat reply --allow dave -- tr a-z A-Z
replying=$job
answers() { dave chat send --to alice "$1"; dave chat history --with alice --sync --json | jq -r .body | grep -qx "${1^^}"; }
eventually answers "with the list"
mv "$SCRATCH/alice/.config/chat/team.keys" "$SCRATCH/team.keys"
eventually answers "without the list"
mv "$SCRATCH/team.keys" "$SCRATCH/alice/.config/chat/team.keys"
kill "$replying"
wait "$replying"
chmod 666 "$SCRATCH/alice/.config/chat/team.keys"
exits 78 alice chat --json keys list
same unsafe_store "$(jq -r .code "$SCRATCH/err")"
