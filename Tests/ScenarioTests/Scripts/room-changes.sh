# Who is in a closed room: admins add and remove users with all their devices, make others admins, and open and close it.

start_server
for name in alice bob carol dan; do user "$name"; done
exits 0 alice chat room create ops

# Of several those are added who can be.
exits 0 alice chat room add ops bob
exits 80 alice chat --json room add ops bob carol nobody
same '["no_such_user","nobody","#ops",67]' "$(jq -c 'select(.head == "error") | [.code, .user, .conv, .exit]' "$SCRATCH/err")"
exits 67 alice chat room add ops nobody
exits 64 alice chat room add ops
exits 0 bob chat room list
has "$SCRATCH/out" "^ops +closed +yes +3 +alice$"
exits 0 bob chat room members ops --json
same '["alice",true]
["bob",false]
["carol",false]' "$(jq -c '[.user, .admin]' "$SCRATCH/out")"

# Members ask an admin.
exits 77 bob chat --json room add ops dan
same '["forbidden","ask alice"]' "$(jq -c '[.code, .hint]' "$SCRATCH/err")"
exits 77 bob chat room remove ops carol
exits 77 bob chat room set ops --open
exits 77 dan chat room add ops dan
exits 0 alice chat room set ops --add members
exits 0 bob chat room add ops dan
exits 0 dan chat room members ops
has "$SCRATCH/out" "^dan "

# Admins come and go, and one remains.
exits 0 alice chat room admin ops bob
exits 77 alice chat room admin ops nobody
exits 0 bob chat room member ops alice
exits 77 bob chat room member ops bob
has "$SCRATCH/err" "#ops would have no admin any more"
exits 77 alice chat room remove ops carol
exits 0 bob chat room remove ops carol
exits 77 carol chat room members ops
exits 80 bob chat room remove ops carol dan
exits 77 dan chat --json room join ops
same not_a_member "$(jq -r .code "$SCRATCH/err")"

# Opened, joined, and closed again.
exits 64 bob chat room set ops
exits 64 bob chat room set ops --open --closed
exits 0 bob chat room set ops --open
exits 0 dan chat room join ops
exits 0 bob chat room set ops --closed
exits 77 carol chat room join ops
has "$SCRATCH/err" "ask bob to add you"
exits 0 bob chat room members ops
has "$SCRATCH/out" "^dan "

# Who is removed and added again reads what is written from then on.
exits 0 dan chat listen --no-follow
exits 0 bob chat listen --no-follow
exits 0 bob chat room remove ops dan
exits 0 bob chat send --room ops "without dan"
exits 0 bob chat room add ops dan
exits 0 bob chat send --room ops "with dan"
exits 0 dan chat listen --json --no-follow
# Twice: he had been in before, was removed, and came in again when the room was open.
same '["before_join","before_join","with dan"]' "$(jq -sc '[.[] | select(.conv == "#ops") | .reason // .body | select(.)]' "$SCRATCH/out")"
exits 0 dan chat send --room ops "back"
exits 0 bob chat listen --no-follow
has "$SCRATCH/out" "back"
