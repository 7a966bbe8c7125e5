# A question to a room: the first marked reply of whoever is in it is the answer, and talk is none.

start_server
for name in alice bob carol; do user "$name"; done
exits 0 alice chat room create ops
exits 0 alice chat room add ops bob carol
exits 0 bob chat listen --no-follow
exits 0 carol chat listen --no-follow

background ask.out alice chat ask --room ops --choice yes --choice no --json "deploy now?"
asking=$job
background bob.out bob chat listen --json --room ops
eventually grep -q 'deploy now? \[yes/no\]' "$SCRATCH/bob.out"
id=$(jq -r 'select(.body | startswith("deploy now?")) | .id' "$SCRATCH/bob.out")
exits 0 carol chat send --room ops "yes"
exits 0 carol chat send --room ops --reply-to "$id" "maybe"
eventually grep -q 'please answer with one of: yes, no' "$SCRATCH/bob.out"
exits 0 bob chat send --room ops --reply-to "$id" "no"
status=0; wait "$asking" || status=$?
same 1 "$status" "another choice than the first"
same '["room","#ops","bob","no","no"]' "$(jq -c '[.head, .conv, .from, .body, .choice]' "$SCRATCH/ask.out")"

# Nobody answers, and that is said in the room.
runs_out 124 alice chat ask --room ops --timeout TIME "anybody?"
eventually grep -q 'nobody waits for the answer' "$SCRATCH/bob.out"
exits 67 alice chat ask --room nothing "anybody?"
exits 64 alice chat ask "anybody?"
user dan
exits 77 dan chat ask --room ops "may I?"
