# An answer that `ask` took is given to no `reply` of the profile; what else that person writes is.

start_server
for name in bob bot; do user "$name"; done
exits 0 bot chat resume set reply
background reply.out bot chat reply --allow bob -- sed 's/^/heard: /'
answers() { bob chat history --with bot --sync --json | jq -r 'select(.from == "bot").body' | grep '^heard: ' | paste -sd,; }
asked() { bob chat history --with bot --sync --json | jq -r .body | grep -q "^$1"; }
for n in 1 2 3; do
    background ask.out bot chat ask --to bob --timeout 60s "question $n"
    asking=$job
    within "$patience" asked "question $n" || fail "bob is not asked"
    exits 0 bob chat send --to bot "answer $n"
    wait "$asking" || fail "ask ends with $?: $(cat "$SCRATCH/ask.out.err")"
    same "answer $n" "$(cat "$SCRATCH/ask.out")"
    exits 0 bob chat send --to bot "remark $n"
done
all() { [ "$(answers)" = "heard: remark 1,heard: remark 2,heard: remark 3" ]; }
within "$patience" all || fail "the remarks: $(answers)"

# Also what was answered while no bot ran.
exits 0 bot chat resume set later
background ask.out bot chat ask --to bob --timeout 60s "question 4"
asking=$job
within "$patience" asked "question 4" || fail "bob is not asked"
exits 0 bob chat send --to bot "answer 4"
wait "$asking" || fail "ask ends with $?"
exits 124 bot chat reply --allow bob --resume later --idle 1s -- sed 's/^/heard: /'
same "heard: remark 1,heard: remark 2,heard: remark 3" "$(answers)"
