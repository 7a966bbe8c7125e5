# Users' keys: who is written to is the one who was met first, whatever the server says; who was compared counts as verified;
# a changed key is 79, what is queued for it is held, and goes out once it was accepted.

start_server
user alice
user bob
user carol
user zoe

# The first message pins, and says so once.
exits 0 alice chat send --to bob "first"
has "$SCRATCH/err" "^chat: bob has the key acct1:"
exits 0 alice chat send --to bob "second"
lacks "$SCRATCH/err" .
exits 0 alice chat keys list --json
same '["tofu",false,true]' "$(jq -c 'select(.user == "bob") | [.trust, .own, .met]' "$SCRATCH/out")"
exits 0 bob chat keys show bob --json
bob_key=$(jq -r .fingerprint "$SCRATCH/out")
exits 0 alice chat keys show bob --json
same "$bob_key" "$(jq -r .fingerprint "$SCRATCH/out")" "what both see"

# Both read the same digits.
exits 0 alice chat keys show bob --short
digits=$(cat "$SCRATCH/out")
exits 0 bob chat keys show alice --short
same "$digits" "$(cat "$SCRATCH/out")" "the digits"
same 60 "$(tr -cd 0-9 <"$SCRATCH/out" | wc -c)"
exits 67 alice chat keys show nobody

# Verified only: who is not is not written to, and neither is everybody.
exits 79 alice chat --keys verified --json send --to bob "unverified"
same '["unverified","bob","no"]' "$(jq -c '[.code, .user, .sent]' "$SCRATCH/err")"
exits 79 alice chat --keys verified send --everyone "all"
exits 79 alice chat keys verify bob --fingerprint "acct1:$(printf 'a%.0s' {1..52})"
exits 0 alice chat keys verify bob --fingerprint "$bob_key"
exits 0 alice chat --keys verified send --to bob "third"
exits 0 alice chat keys export
same "alice bob" "$(cut -d' ' -f1 "$SCRATCH/out" | sort | xargs)"
cp "$SCRATCH/out" "$SCRATCH/keys"

# A file counts whole or not at all, without a server, and for users who were not met yet.
stop_server
{ echo "# ours"; echo; cat "$SCRATCH/keys"; } >"$SCRATCH/keys.good"
{ cat "$SCRATCH/keys" | sed "s/^bob .*/bob acct1:$(printf 'a%.0s' {1..52})/"; } >"$SCRATCH/keys.bad"
exits 0 carol chat keys verify --file "$SCRATCH/keys.good"
exits 0 carol chat keys list --json
same '["verified",false]' "$(jq -c 'select(.user == "bob") | [.trust, .met]' "$SCRATCH/out")"
exits 79 alice chat keys verify --file "$SCRATCH/keys.bad"
has "$SCRATCH/err" "bob's key is known as $bob_key"
echo "bob acct1:short" >"$SCRATCH/keys.broken"
exits 65 alice chat keys verify --file "$SCRATCH/keys.broken"
has "$SCRATCH/err" "keys.broken:1: "
exits 66 alice chat keys verify --file "$SCRATCH/keys.none"
start_server
exits 0 carol chat --keys verified send --to bob "who was not met yet"
lacks "$SCRATCH/err" "from now on"

# A list counts in every profile; it is read anew, and what is wrong in it is said with its line.
mkdir -p "$SCRATCH/zoe/.config/chat"
printf 'keys = "verified"\nkeys_file = "team.keys"\n' >"$SCRATCH/zoe/.config/chat/config.toml"
exits 78 zoe chat send --to bob "no list"
cp "$SCRATCH/keys.broken" "$SCRATCH/zoe/.config/chat/team.keys"
exits 78 zoe chat send --to bob "broken list"
has "$SCRATCH/err" "team.keys:1: "
cp "$SCRATCH/keys.good" "$SCRATCH/zoe/.config/chat/team.keys"
exits 0 zoe chat send --to bob "by the list"
cp "$SCRATCH/keys.bad" "$SCRATCH/zoe/.config/chat/team.keys"
exits 79 zoe chat --json send --to bob "against the list"
same key_changed "$(jq -r .code "$SCRATCH/err")"
has "$SCRATCH/err" "team.keys"
cp "$SCRATCH/keys.good" "$SCRATCH/zoe/.config/chat/team.keys"

# bob begins anew. alice learns of it, sends nothing, and what is queued is held.
person phone
exits 0 as phone chat login bob --reset --server "$address" --trust "$pin" --password-file "$SCRATCH/password"
exits 0 as phone chat keys show bob --json
new_key=$(jq -r .fingerprint "$SCRATCH/out")
[ "$new_key" != "$bob_key" ] || fail "the key is the same"
stop_server
exits 81 alice chat send --to bob --queue --timeout 1s "held"
start_server
exits 0 alice chat keys show bob --json
same "$(printf '["changed","%s","%s"]' "$bob_key" "$new_key")" "$(jq -c '[.trust, .fingerprint, .new]' "$SCRATCH/out")"
exits 79 alice chat --json send --to bob "not to this key"
same "$(printf '["key_changed","bob","%s","%s","no"]' "$bob_key" "$new_key")" \
    "$(jq -c '[.code, .user, .old, .new, .sent]' "$SCRATCH/err")"
has "$SCRATCH/err" "chat keys accept bob --fingerprint $new_key"
exits 79 alice chat ask --to bob --timeout 60s "are you there?"
exits 80 alice chat send --to bob --to carol "to two"
alice chat outbox flush >/dev/null 2>&1
exits 0 alice chat outbox list --json
same '["held","key_changed"]' "$(jq -c '[.status, .code]' "$SCRATCH/out")"
exits 79 alice chat outbox flush --json
same '["held","key_changed"]' "$(jq -c '[.status, .code]' "$SCRATCH/out")"
has <(alice chat doctor) "1 waiting \(1 held"
has <(alice chat doctor) "^warning.keys: bob's key has changed"

# Another fingerprint accepts nothing; the right one lets out what was held.
exits 79 alice chat keys accept bob --fingerprint "$bob_key"
exits 79 alice chat send --to bob "still not"
exits 0 alice chat keys accept bob --fingerprint "$new_key"
has "$SCRATCH/err" "1 held message goes out"
exits 0 alice chat send --to bob "accepted"
exits 0 alice chat outbox list
lacks "$SCRATCH/out" .
within "$patience" eval 'as phone chat history --with alice --sync | grep -q "accepted"' || fail "nothing comes"
has <(as phone chat history --with alice) "held"
lacks <(as phone chat history --with alice) "not to this key|still not|are you there|to two"
exits 0 alice chat keys list --json
same tofu "$(jq -r 'select(.user == "bob") | .trust' "$SCRATCH/out")" "an accepted key is not verified"

# What was queued for verified users only stays so, whichever command sends it; what was not goes, and nothing overtakes.
user dave
exits 0 alice chat keys show alice --json
alice_key=$(jq -r .fingerprint "$SCRATCH/out")
stop_server
exits 81 dave chat send --to alice --queue --timeout 1s "to whoever it is"
exits 81 dave chat --keys verified send --to alice --queue --timeout 1s "to her alone"
exits 81 dave chat send --to alice --queue --timeout 1s "behind it"
exits 79 dave chat --keys verified send --everyone --queue --timeout 1s "to nobody"
start_server
exits 80 dave chat outbox flush --json
same '["accepted",null] ["held","unverified"] ["held","unverified"]' \
    "$(jq -c '[.status, .code]' "$SCRATCH/out" | sort | xargs -d '\n')"
dave chat listen --no-follow >/dev/null 2>&1
printf '/to alice\n' | dave chat >/dev/null 2>&1
exits 79 dave chat --json send --to alice "not before them"
same '["unverified","no"]' "$(jq -c '[.code, .sent]' "$SCRATCH/err")"
exits 0 dave chat outbox list --json
same '["held","unverified","to her alone"] ["held","unverified","behind it"]' \
    "$(jq -c '[.status, .code, .body]' "$SCRATCH/out" | xargs -d '\n')"
exits 0 dave chat keys verify alice --fingerprint "$alice_key"
exits 0 dave chat send --to alice "last"
exits 0 dave chat outbox list
lacks "$SCRATCH/out" .
exits 0 dave chat history --with alice --json
same "to whoever it is|to her alone|behind it|last" "$(jq -r .body "$SCRATCH/out" | paste -sd'|')"
