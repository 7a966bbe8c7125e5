# Rooms: who makes one is its admin; an open one is joined and left, a closed one names whom to ask; a name that was used is not
# passed off for another room.

start_server
user alice
user bob
user carol
further phone alice --device-name phone
# It connects once, and leaves the keys by which it can be added.
exits 0 as phone chat room list

exits 0 alice chat room create ops
exits 0 alice chat room create --open dev
exits 77 alice chat room create ops
has "$SCRATCH/err" "there is a room #ops already, and you are in it"
lacks "$SCRATCH/err" "join"
exits 77 bob chat room create ops
has "$SCRATCH/err" "ask alice to add you: chat room add ops USER"
exits 77 bob chat room create dev
has "$SCRATCH/err" "join it first: chat room join dev"
exits 77 bob chat --json room create dev
same '["name_taken","#dev"]' "$(jq -c '[.code, .conv]' "$SCRATCH/err")"
exits 64 alice chat room create "Two Words"
exits 0 alice chat room list --json
same '["dev","open",true,1]
["ops","closed",true,1]' "$(jq -c '[.room, .access, .member, .members]' "$SCRATCH/out")"

# All devices of who makes it are in it, and known.
exits 0 alice chat room members ops --devices --json
same '["alice",true,true]
["alice",true,true]' "$(jq -c '[.user, .admin, .known]' "$SCRATCH/out")"
exits 0 as phone chat room list
has "$SCRATCH/out" "^ops +closed +yes +1 +alice$"
# With everyone's, and that of her own devices, by which the phone is told whom she knows.
exits 0 alice chat doctor
has "$SCRATCH/out" "^ok.groups: in 4, "

# What is open is seen by everybody; what is closed by who is in it.
exits 0 bob chat room list
lacks "$SCRATCH/out" .
exits 0 bob chat room list --all --json
same '["#dev",false,["alice"]]' "$(jq -c '[.conv, .member, .admins]' "$SCRATCH/out")"
exits 0 bob chat room join dev
exits 0 bob chat room join '#DEV'
exits 0 carol chat room join dev
exits 0 bob chat room members dev
has "$SCRATCH/out" "^alice .* admin .* 2$"
has "$SCRATCH/out" "^bob .* member +own +1$"
has "$SCRATCH/out" "^carol .* member .* 1$"

# A closed one says whom to ask.
for verb in join members leave; do
    exits 77 bob chat --json room $verb ops
    same '["not_a_member","#ops",77]' "$(jq -c '[.code, .conv, .exit]' "$SCRATCH/err")" "room $verb"
done
exits 77 bob chat room join ops
has "$SCRATCH/err" "you are not in #ops; ask alice to add you"
for verb in join members leave forget; do
    exits 67 bob chat --json room $verb nothing
    same no_such_room "$(jq -r .code "$SCRATCH/err")" "room $verb"
done

# Left, and entered again.
exits 77 bob chat room forget dev
has "$SCRATCH/err" "chat room leave dev"
exits 0 bob chat room leave dev
exits 0 bob chat room list
lacks "$SCRATCH/out" .
exits 0 bob chat room join dev
exits 0 bob chat room leave dev
exits 0 bob chat room forget dev
exits 67 bob chat room forget dev
exits 0 bob chat room join dev

# Another room has the name of one that was used: nobody uses it before its name is forgotten.
store=$(find "$SCRATCH/carol" -name store.sqlite | head -1)
sqlite3 "$store" "UPDATE room_pins SET conversation = randomblob(16)"
exits 79 carol chat --json room members dev
same '["room_changed","#dev",79]' "$(jq -c '[.code, .conv, .exit]' "$SCRATCH/err")"
exits 0 carol chat room list
has "$SCRATCH/out" "^dev +open, changed"
exits 0 carol chat room forget dev
exits 0 carol chat room members dev

# Who leaves has read what was written before; who comes again is told that there was something.
exits 0 alice chat room create team
exits 0 alice chat room add team bob
exits 0 bob chat send --room team "here"
exits 0 alice chat send --room team "for bob, who has not looked"
exits 0 bob chat room leave team
exits 0 bob chat history --room team --json
same "for bob, who has not looked" "$(jq -r 'select(.body and (.own | not)) | .body' "$SCRATCH/out" | tail -n 1)"
# He is added again at once, although nobody has written since.
exits 0 alice chat room add team bob
exits 0 alice chat room members team
has "$SCRATCH/out" "^bob "
exits 0 alice chat send --room team "welcome back"
exits 0 bob chat listen --no-follow --json
same "welcome back" "$(jq -r 'select(.body) | .body' "$SCRATCH/out" | tail -n 1)"
same "" "$(jq -r 'select(.head == "gap") | select(.reason != "before_join") | .reason' "$SCRATCH/out")"

# A device by an identity file writes to a room of its account without having been there.
exits 0 bob chat device add --out "$SCRATCH/bot.identity"
person bot
exits 0 as bot chat login --identity "$SCRATCH/bot.identity" --server "$address" --trust "$pin"
exits 0 as bot chat send --room team "from the bot"
exits 0 alice chat listen --no-follow --json
same "from the bot" "$(jq -r 'select(.body) | .body' "$SCRATCH/out" | tail -n 1)"
