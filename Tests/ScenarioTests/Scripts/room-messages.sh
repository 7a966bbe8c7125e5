# Messages to rooms: everybody who is in one gets them, by every verb, end to end; who is not in it is told whom to ask.

start_server
for name in alice bob carol dan; do user "$name"; done
exits 0 alice chat room create ops
exits 0 alice chat room add ops bob carol

# Sent and heard; who was added sees the room from then on.
exits 0 alice chat send --room ops "hello ops"
background bob.out bob chat listen --json --room ops
exits 0 carol chat send --room ops --json "from carol"
same '["#ops","accepted"]' "$(jq -c '[.conv, .status]' "$SCRATCH/out")"
eventually grep -q '"from carol"' "$SCRATCH/bob.out"
same '["room","#ops","ops","alice","hello ops"]
["room","#ops","ops","carol","from carol"]' "$(jq -c '[.head, .conv, .room, .from, .body]' "$SCRATCH/bob.out")"
exits 0 alice chat listen --room ops --no-follow
has "$SCRATCH/out" "carol → #ops: from carol"
exits 0 alice chat history --room ops
has "$SCRATCH/out" "me → #ops: hello ops"
exits 0 carol chat unread
exits 1 alice chat history --room dev
exits 64 alice chat history --room ops --everyone

# Nothing of it is plain anywhere on the server.
lacks <(cat "$SCRATCH"/server/* 2>/dev/null | tr -d '\0') "hello ops"

# Who is not in it is told whom to ask, whatever is remembered.
exits 77 dan chat --json send --room ops "let me in"
same '["not_a_member","#ops","no"]' "$(jq -c '[.code, .conv, .sent]' "$SCRATCH/err")"
exits 77 dan chat send --room ops "let me in"
has "$SCRATCH/err" "ask alice to add you"
exits 67 dan chat send --room nothing "hi"
exits 80 alice chat send --room ops --room nothing "to both"
exits 0 alice chat room remove ops carol
exits 77 carol chat --json send --room ops "still here?"
same '["not_a_member","no"]' "$(jq -c '[.code, .sent]' "$SCRATCH/err")"
exits 0 alice chat send --room ops "without carol"
eventually grep -q '"without carol"' "$SCRATCH/bob.out"
exits 0 carol chat listen --no-follow --room ops
lacks "$SCRATCH/out" "without carol"
has "$SCRATCH/err" "nothing can come yet: you are not in #ops"

# Whoever mistypes a name in a filter would wait for ever, and is told; what may come to be is no error.
exits 0 alice chat listen --no-follow --json --room ops --room opps --from bob --from bbo
same '["no_such_user","no_such_room"]' "$(jq -sc 'map(.code)' "$SCRATCH/err")"
exits 0 alice chat --quiet listen --no-follow --room opps
lacks "$SCRATCH/err" "opps"
exits 124 alice chat reply --allow bbo --resume typo --timeout 5s -- cat
has "$SCRATCH/err" "there is no user bbo"

# Lines of JSON, and rpc.
printf '%s\n' '{"room":"ops","body":"by room"}' '{"conv":"#ops","body":"by conv"}' >"$SCRATCH/lines"
exits 0 alice chat send --jsonl <"$SCRATCH/lines"
eventually grep -q '"by conv"' "$SCRATCH/bob.out"
printf '%s\n' '{"jsonrpc":"2.0","id":1,"method":"send","params":{"room":"ops","body":"by rpc"}}' >"$SCRATCH/calls"
exits 0 alice chat rpc <"$SCRATCH/calls"
same '"accepted"' "$(jq -c 'select(.id == 1) | .result.status' "$SCRATCH/out")"

# A bot, and a report.
background bot.out bob chat reply --room ops --allow alice --new -- sh -c 'read -r line; echo "you said $line"'
eventually online
exits 0 alice chat run --room ops --label job -- true
exits 0 alice chat send --room ops "bot?"
background alice.out alice chat listen --room ops --json
eventually grep -q '"you said bot?"' "$SCRATCH/alice.out"
same '["room","#ops",true]' "$(jq -c 'select(.body == "you said bot?") | [.head, .conv, .auto]' "$SCRATCH/alice.out")"
