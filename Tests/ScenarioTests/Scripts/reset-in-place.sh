# Who begins the account anew in the profile that spoke for it has nothing of the former device's groups: to an open room, and to everyone,
# it comes from outside, once the former device was taken out there.

start_server
user alice
user bob
knows alice bob
exits 0 alice chat room create ops --open
exits 0 bob chat room join ops
exits 0 bob chat send --room ops "as I was"
exits 0 bob chat login bob --reset --password-file "$SCRATCH/password"
same 0 "$(sqlite3 "$SCRATCH/bob/.local/share/chat/default/store.sqlite" "SELECT count(*) FROM group_standings")" \
    "what the former device was in is held"

exits 75 bob chat --json room join ops
same removal_pending "$(jq -r .code "$SCRATCH/err")"
exits 75 bob chat --json send --room ops --timeout 5s "not yet"
same removal_pending "$(jq -r .code "$SCRATCH/err")"
