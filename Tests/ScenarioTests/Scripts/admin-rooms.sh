# The administrator's commands on rooms, with a server running and without.

# made ROOM USER: a room of that user, which is not founded yet.
made() { PASSWORD=$password python3 "$scripts/room_maker.py" "$1" "$address" "$2" || fail "cannot make $1"; }

exits 66 daemon room list
start_server
account mallory
exits 0 daemon room list
same "" "$(cat "$SCRATCH/out")" "rooms of a new server"
made ops mallory
made dev mallory
exits 0 daemon room list
has "$SCRATCH/out" '^NAME  *ACCESS  *MEMBERS'
has "$SCRATCH/out" '^ops  *unfounded  *1  *0  *-  *0  *-  *[0-9a-f]{32}$'
exits 0 daemon room list --json
jsonl 'map(.head) == ["room", "room"] and map(.room) == ["dev", "ops"] and .[0].last_message == null'
exits 0 daemon status --json
jsonl '.[0] | .rooms == 2 and .groups == 0'

exits 0 daemon room remove ops
same "" "$(cat "$SCRATCH/out")" "what is printed"
exits 67 daemon room remove ops --json
same no_such_room "$(jq -r .code "$SCRATCH/err")"
exits 64 daemon room remove '#ops'
exits 64 daemon room remove
exits 64 daemon room
# The name is free for another one.
before=$(daemon room list --json | jq -r .conversation | sort)
made ops mallory
exits 0 daemon room list --json
same 1 "$(jq -r .conversation "$SCRATCH/out" | sort | comm -13 <(printf '%s\n' "$before") - | wc -l)" "new rooms"

# Where no server runs.
exits 0 stop_server
exits 0 daemon room remove OPS --json
jsonl '.[0] | .room == "ops" and .access == "unfounded" and .admins == []'
exits 0 daemon room list --json
jsonl 'map(.room) == ["dev"]'
# A room that was not founded is nobody's when who made it is deleted.
exits 0 daemon user delete mallory
same "" "$(cat "$SCRATCH/out")" "rooms without an admin"
exits 0 daemon check
start_server
account mallory2
made dev mallory2
exits 0 daemon check

# What a restore brings back is said.
exits 0 daemon backup "$SCRATCH/backup"
exits 0 daemon restore "$SCRATCH/backup" --force --json
jsonl '.[0] | .accounts == 1 and .links == 0 and .groups == 0'
exits 0 daemon restore "$SCRATCH/backup" --force
has "$SCRATCH/out" '^accounts  *1$'

# Rooms that people are in.
for name in alice bob carol; do user "$name"; done
exits 0 alice chat room create town
exits 0 alice chat room add town bob
exits 0 alice chat send --room town hello
exits 0 daemon room list --json
jsonl 'map(select(.room == "town")) | .[0] | .access == "closed" and .members == 2 and .devices == 2
    and .admins == ["alice"] and .epoch > 0 and .last_message != null'
exits 0 daemon status --json
jsonl '.[0] | .groups >= 1'
# Who is left without an admin is said, by the one who goes.
exits 0 daemon user disable carol
same "" "$(cat "$SCRATCH/out")" "rooms that carol leaves"
exits 0 daemon user disable alice
same "no admin is left in room town" "$(cat "$SCRATCH/out")"
exits 0 daemon user delete alice --json
jsonl 'map([.head, .room, .admins]) == [["room", "town", []]]'

# To its members it is gone; what they had not fetched they still get, and the name is free.
exits 0 daemon room remove town
exits 67 bob chat --json send --room town "still there?"
same no_such_room "$(jq -r .code "$SCRATCH/err")"
exits 0 bob chat listen --no-follow --json
same hello "$(jq -r 'select(.head == "room") | .body' "$SCRATCH/out")"
exits 67 bob chat room members town
exits 0 bob chat room list
lacks "$SCRATCH/out" '^town '
exits 0 daemon user enable carol
exits 0 carol chat room create town
exits 0 daemon room list --json
jsonl 'map(select(.room == "town")) | .[0] | .admins == ["carol"] and .members == 1'
# To whoever used the name it is another room.
exits 79 bob chat --json send --room town "in which one?"
same '["room_changed","#town"]' "$(jq -c '[.code, .conv]' "$SCRATCH/err")"
exits 0 carol chat room add town bob
exits 79 bob chat send --room town "in which one?"
exits 0 bob chat room forget town
exits 0 bob chat send --room town "in carol's"
exits 0 carol chat history --room town --sync
has "$SCRATCH/out" "in carol's"

exits 0 daemon backup "$SCRATCH/before-later"
# Of a room that a restore has lost the name is its maker's again.
exits 0 carol chat room create later
exits 0 carol chat room add later bob
exits 0 bob chat send --room later "in the first"
exits 0 daemon restore "$SCRATCH/before-later" --force
exits 67 carol chat send --room later "gone"
exits 0 carol chat room create later
exits 0 carol chat room add later bob
exits 0 carol chat send --room later "in the second"
exits 79 bob chat send --room later "in which one?"
exits 0 bob chat room forget later
exits 0 bob chat send --room later "in the second too"
exits 0 carol chat history --room later --sync
has "$SCRATCH/out" "in the second too"
exits 0 daemon check
