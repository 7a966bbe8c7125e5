# SIGTERM ends the server in time also where a client does not read; what was acknowledged is there afterwards.

start_server
user alice
user bob
mallory
deaf_peer 100

# One who listens and one who sends while it ends.
background bob.out bob chat listen --json
within "$patience" online || fail "bob is not online"
seq 2000 >"$SCRATCH/numbers"
(replace_shell=yes; alice chat send --to bob --lines --timeout 5s --json) <"$SCRATCH/numbers" >"$SCRATCH/acks" \
    2>"$SCRATCH/unsent" 4>&- &
sending=$!
started+=("$sending")
within "$patience" grep -q accepted "$SCRATCH/acks" || fail "nothing is accepted"
kill -TERM "$server"
within "$patience" gone "$server" || fail "the server does not end while a client is deaf"
wait "$server" || fail "the server ended with $?"
wait "$sending"
exec 4>&-

# Each line that was acknowledged is there once; what was not is either not there or was not known to be.
start_server
exits 0 bob chat history --with alice --sync --limit 5000 --json
jq -r 'select(.from == "alice") | .id' "$SCRATCH/out" | sort >"$SCRATCH/kept"
jq -r 'select(.status == "accepted") | .id' "$SCRATCH/acks" | sort >"$SCRATCH/accepted"
same "" "$(comm -13 "$SCRATCH/kept" "$SCRATCH/accepted")" "acknowledged and lost"
same "" "$(uniq -d "$SCRATCH/kept")" "twice"
exits 0 daemon check
