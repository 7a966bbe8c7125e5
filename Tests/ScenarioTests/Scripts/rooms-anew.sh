# An account that was begun anew is in the closed rooms no more that it was in: what lists them says so, and whom to ask, as what enters
# them does.

start_server
user alice
user bob
knows alice bob
exits 0 bob chat room create dev --open
exits 0 alice chat room create ops
exits 0 alice chat room add ops bob
exits 0 bob chat room join ops
exits 0 bob chat room create own
exits 0 bob chat send --room ops "as I was"

person phone
printf '%s\n' "$password" >"$SCRATCH/password"
exits 0 as phone chat login bob --reset --server "$address" --trust "$pin" --password-file "$SCRATCH/password"
exits 0 as phone chat room list --json
same '["dev",true]
["ops",false]
["own",false]' "$(jq -c '[.room, .member]' "$SCRATCH/out")"
exits 0 as phone chat room list
same 'chat: you were in #ops before this account was begun anew; ask alice to add you: chat room add ops USER' \
    "$(grep '#ops' "$SCRATCH/err")"
same 'chat: you were in #own before this account was begun anew; ask somebody who is in it to add you' \
    "$(grep '#own' "$SCRATCH/err")"
exits 0 as phone chat --quiet room list
lacks "$SCRATCH/err" .
exits 77 as phone chat room join ops
has "$SCRATCH/err" "ask alice to add you: chat room add ops USER"
exits 0 as phone chat room list
has "$SCRATCH/out" "^ops +closed +no "

# As alice accepts the new key and adds it, bob is in it.
fingerprint=$(as phone chat whoami --json | jq -r .acct1)
exits 0 alice chat history --sync
exits 0 alice chat keys accept bob --fingerprint "$fingerprint"
exits 0 alice chat room add ops bob
exits 0 as phone chat room list --json
same '["dev",true]
["ops",true]' "$(jq -c 'select(.room != "own") | [.room, .member]' "$SCRATCH/out")"
lacks "$SCRATCH/err" "#ops"
exits 0 as phone chat send --room ops "and here"
exits 0 alice chat history --room ops --sync
has "$SCRATCH/out" "and here"
