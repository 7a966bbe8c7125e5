# A group that was founded and has ended while somebody was away: what was written in it is read all the same. The server keeps a founding
# as long as there is no later one, so that only the Welcome leads there.

start_server
user alice
user bob
knows alice bob
knows bob alice
exits 0 alice chat send --to bob "in the first"
exits 0 bob chat listen --no-follow
has "$SCRATCH/out" "in the first"

# Nobody of bob's is left in the first, and with him it goes on in a second.
exits 0 daemon user disable bob
exits 75 alice chat send --to bob "to nobody"
exits 0 daemon user enable bob
exits 0 alice chat send --to bob "in the second"

# Nobody of alice's is left in the second.
exits 0 alice chat login alice --reset --password-file "$SCRATCH/password"
exits 0 alice chat send --to bob "in the third"

exits 0 bob chat listen --no-follow
lacks "$SCRATCH/err" "two histories"
for text in second third; do has "$SCRATCH/out" "in the $text"; done
exits 0 alice chat whoami --json
exits 0 bob chat keys accept alice --fingerprint "$(jq -r .acct1 "$SCRATCH/out")"
exits 0 bob chat send --to alice "read"
exits 0 alice chat listen --no-follow
has "$SCRATCH/out" "read"
exits 0 daemon check

# Also by who writes there before they have read: the way to that leads through the second.
user carol
user dora
knows dora carol
knows carol dora
exits 0 dora chat send --to carol "in the first"
exits 0 carol chat listen --no-follow
exits 0 daemon user disable carol
exits 75 dora chat send --to carol "to nobody"
exits 0 daemon user enable carol
exits 0 dora chat send --to carol "in the second"
exits 0 dora chat login dora --reset --password-file "$SCRATCH/password"
exits 0 dora chat send --to carol "in the third"
exits 0 dora chat whoami --json
exits 0 carol chat keys accept dora --fingerprint "$(jq -r .acct1 "$SCRATCH/out")"
exits 0 carol chat send --to dora "before I read"
exits 0 carol chat history --sync --with dora --json
same "in the first,in the second,in the third,before I read" "$(jq -r 'select(.body) | .body' "$SCRATCH/out" | paste -sd,)"
exits 0 daemon check
