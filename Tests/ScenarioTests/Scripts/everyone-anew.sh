# Everyone's group goes on where nobody is left in it, and where the server was restored and has lost what members know.

start_server
user alice
exits 0 alice chat send --everyone "alone"

# Alice begins anew: none of those who are in the group is anybody's device, and the next incarnation is founded.
person other
exits 0 as other chat login alice --server "$address" --trust "$pin" --password-file "$SCRATCH/password" --reset
exits 0 as other chat send --everyone "alone again"
user bob
exits 0 as other chat send --everyone "with bob"
exits 0 bob chat listen --no-follow --json --mark-read
same "gap before_join,bcast with bob" "$(jq -r '"\(.head) \(.reason // .body)"' "$SCRATCH/out" | paste -sd,)"

# Carol comes in after the backup, and with her the group moves on: the restored server knows nothing of it.
exits 0 daemon backup "$SCRATCH/backup"
user carol
exits 0 bob chat send --everyone "with carol"
exits 0 as other chat listen --no-follow --json --mark-read
stop_server
exits 0 daemon restore "$SCRATCH/backup" --force
start_server
background bob.out bob chat listen --json --everyone
# Whoever writes first founds, and what they write before the others have come in again is for those alone who were there.
heard() {
    as other chat send --everyone "after the restore" && sleep 0.2 && grep -q '"after the restore"' "$SCRATCH/bob.out"
}
within "$patience" heard || fail "bob does not hear alice: $(cat "$SCRATCH/bob.out")"
exits 0 bob chat send --everyone "bob too"
exits 0 as other chat listen --no-follow --json --everyone
jq -se 'map(select(.head == "bcast").body) | index("bob too")' "$SCRATCH/out" >/dev/null ||
    fail "alice does not hear bob: $(cat "$SCRATCH/out")"
user dan
exits 0 dan chat send --everyone "and dan"
within "$patience" grep -q '"and dan"' "$SCRATCH/bob.out" || fail "bob does not hear dan"
