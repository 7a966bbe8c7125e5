# A group that was founded and has ended while somebody was away: what was written in it is read all the same. The server keeps a founding
# as long as there is no later one, so that only the Welcome leads there.

start_server

# ended_between FOUNDER AWAY: of the second of three groups AWAY hears nothing before it has ended.
ended_between() {
    local founder=$1 away=$2
    user "$founder"
    user "$away"
    knows "$founder" "$away"
    knows "$away" "$founder"
    exits 0 "$founder" chat send --to "$away" "in the first"
    exits 0 "$away" chat listen --no-follow
    has "$SCRATCH/out" "in the first"
    # Nobody of AWAY's is left in the first, and with them it goes on in a second.
    exits 0 daemon user disable "$away"
    exits 75 "$founder" chat send --to "$away" "to nobody"
    exits 0 daemon user enable "$away"
    exits 0 "$founder" chat send --to "$away" "in the second"
    # Nobody of FOUNDER's is left in the second.
    exits 0 "$founder" chat login "$founder" --reset --password-file "$SCRATCH/password"
    exits 0 "$founder" chat send --to "$away" "in the third"
}

# accepts AWAY FOUNDER: the key that FOUNDER has now.
accepts() {
    exits 0 "$2" chat whoami --json
    exits 0 "$1" chat keys accept "$2" --fingerprint "$(jq -r .acct1 "$SCRATCH/out")"
}

ended_between alice bob
exits 0 bob chat listen --no-follow
lacks "$SCRATCH/err" "two histories"
for text in second third; do has "$SCRATCH/out" "in the $text"; done
accepts bob alice
exits 0 bob chat send --to alice "read"
exits 0 alice chat listen --no-follow
has "$SCRATCH/out" "read"
exits 0 daemon check

# Also by who writes there before they have read: the way to that leads through the second.
ended_between dora carol
accepts carol dora
exits 0 carol chat send --to dora "before I read"
exits 0 carol chat history --sync --with dora --json
same "in the first,in the second,in the third,before I read" "$(jq -r 'select(.body) | .body' "$SCRATCH/out" | paste -sd,)"
exits 0 daemon check
