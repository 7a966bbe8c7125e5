# Who approves a device tells it whom it knows: the new one holds users to the keys that were compared before it was there, without a word
# to anybody.

start_server
user alice
user bob
user carol
# They connect once, and leave the keys by which they are written to.
exits 0 bob chat room list
exits 0 carol chat room list
exits 0 alice chat send --to carol hello
exits 0 alice chat keys verify bob --fingerprint "$(bob chat whoami --json | jq -r .acct1)"
exits 0 alice chat send --to bob hello
further phone alice --device-name phone
exits 0 as phone chat keys list --json
same "" "$(jq -r 'select(.own | not) | .user' "$SCRATCH/out")"

background alice.log alice chat listen --own
background phone.log as phone chat listen --own
knows_both() {
    as phone chat keys list --json >"$SCRATCH/out" &&
        [ "$(jq -c 'select(.own | not) | [.user, .trust]' "$SCRATCH/out")" = '["bob","verified"]
["carol","tofu"]' ]
}
eventually knows_both
lacks "$SCRATCH/alice.log" keys
lacks "$SCRATCH/phone.log" keys
exits 0 as phone chat send --to bob "from the phone"

# Where bob's key is another one, the phone does not write to him.
person thief
exits 0 as thief chat login bob --reset --server "$address" --trust "$pin" --password-file "$SCRATCH/password"
exits 79 as phone chat --json send --to bob "not to you"
same key_changed "$(jq -r .code "$SCRATCH/err")"
