# Rooms at the prompt: listed, joined, written to, left.

start_server
user alice
user bob
exits 0 alice chat room create --open ops
exits 0 alice chat send --room ops "before"

cat >"$SCRATCH/lines" <<'END'
/rooms
/join ops
hello from bob
/members
/to #OPS
and again
/history
/leave
nobody hears this
END
exits 64 bob chat <"$SCRATCH/lines"
has "$SCRATCH/out" "^ops +open +no +1 +alice$"
has "$SCRATCH/out" "^alice .* admin"
has "$SCRATCH/out" "^bob .* member"
has "$SCRATCH/out" "me → #ops: hello from bob"
has "$SCRATCH/out" "me → #ops: and again"
lacks "$SCRATCH/out" "before"
has "$SCRATCH/err" "line 9: nobody to write to yet"
exits 0 bob chat room list
lacks "$SCRATCH/out" .
exits 0 alice chat listen --no-follow --room ops
same 2 "$(wc -l <"$SCRATCH/out")"

# What cannot be done says so, by line.
printf '%s\n' "/leave" "/join nothing" "/members ops" >"$SCRATCH/lines"
exits 64 bob chat --json <"$SCRATCH/lines"
same '["usage",64]
["no_such_room",67]' "$(jq -c 'select(.head == "error") | [.code, .exit]' "$SCRATCH/err")"
