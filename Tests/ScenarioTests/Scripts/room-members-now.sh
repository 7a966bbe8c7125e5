# Who is in a room is told as it is now, also on a device that has read nothing since somebody was removed.

start_server
user alice
user bob
user carol
members() { exits 0 bob chat room members ops --json && jq -r .user "$SCRATCH/out" | paste -sd ' '; }
exits 0 alice chat room create ops --open
exits 0 bob chat room join ops
exits 0 carol chat room join ops
exits 0 bob chat send --room ops "all here"
same "alice bob carol" "$(members)" "in #ops"
exits 0 alice chat room remove ops carol
same "alice bob" "$(members)" "in #ops without carol"
exits 0 alice chat room remove ops bob
same "alice" "$(members)" "in #ops without bob"
