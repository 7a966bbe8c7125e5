# --jobs: as many commands at once as it says, one at a time and in order for each sender; the resume point passes over
# nothing that is not done.

start_server
for name in alice bob carol bot; do user "$name"; done
exits 0 bot chat resume set reply

# A command says when it runs and waits to be let go.
cat >"$SCRATCH/handler" <<'END_OF_HANDLER'
#!/bin/sh
body=$(cat)
echo "begin $CHAT_FROM $body" >>"$HOME/log"
while [ ! -e "$HOME/go-$body" ] && [ ! -e "$HOME/go" ] && kill -0 $PPID; do sleep 0.02; done
echo "end $CHAT_FROM $body" >>"$HOME/log"
echo "done $body"
END_OF_HANDLER
chmod +x "$SCRATCH/handler"
for n in 1 2 3; do exits 0 alice chat send --to bot "a$n"; done
for n in 1 2; do exits 0 bob chat send --to bot "b$n"; done
exits 0 carol chat send --to bot "c1"
log() { cat "$SCRATCH/bot/log" 2>/dev/null; }
began() { grep -qx "begin $1" "$SCRATCH/bot/log"; }

background bot.out bot chat reply --allow-anyone --jobs 2 -- "$SCRATCH/handler"
within "$patience" began "bob b1" || fail "two do not run: $(log)"
same "begin alice a1,begin bob b1" "$(log | LC_ALL=C sort | paste -sd,)" "two at once, of two senders"
# What is done behind something undone is answered, and not passed over.
touch "$SCRATCH/bot/go-b1"
within "$patience" began "bob b2" || fail "the next does not run: $(log)"
got() { "$1" chat history --with bot --sync --json | jq -r .body | grep -Fxq "done $2"; }
within "$patience" got bob b1 || fail "no answer to b1"
same 6 "$(waiting)" "the resume point stands before a1"
! began "alice a2" || fail "two of one sender at once"

# kill -9: what was answered is not answered again by another process, what was not is.
kill -KILL "$job"
wait "$job" 2>/dev/null
same 6 "$(waiting)"
touch "$SCRATCH/bot/go"
exits 0 bot chat reply --allow-anyone --jobs 3 --count 6 --timeout 60s -- "$SCRATCH/handler"
same 0 "$(waiting)"
for sender in alice bob carol; do
    wanted=$(seq -f "done ${sender:0:1}%g" "$(case $sender in alice) echo 3 ;; bob) echo 2 ;; *) echo 1 ;; esac)")
    same "$wanted" "$("$sender" chat history --with bot --sync --json | jq -r 'select(.from == "bot").body')" "$sender"
done

# Under load: all senders get all answers, each in the order of the questions.
for name in alice bob carol; do
    seq -f "$name %g" 40 | "$name" chat send --to bot --lines || fail "$name cannot send"
done
exits 0 bot chat reply --allow-anyone --jobs 16 --count 120 --timeout 5m -- \
    sh -c 'sleep 0.0$(($$ % 10)); sed "s/^/answer /"'
for name in alice bob carol; do
    same "$(seq -f "answer $name %g" 40)" \
        "$("$name" chat history --with bot --sync --json --limit 1000 | jq -r '.body | select(startswith("answer"))')" "$name"
done
same 0 "$(waiting)"

# Ended by a signal, all commands that run are ended, and their messages come again.
rm "$SCRATCH/bot/go" "$SCRATCH/bot/log"
cat >"$SCRATCH/handler" <<'END_OF_HANDLER'
#!/bin/sh
echo $$ >>"$HOME/pids"
exec sleep 1000
END_OF_HANDLER
for name in alice bob carol; do exits 0 "$name" chat send --to bot "in hand"; done
for signal in TERM INT; do
    rm -f "$SCRATCH/bot/pids"
    background bot.out bot chat reply --allow-anyone --jobs 3 -- "$SCRATCH/handler"
    within "$patience" lines "$SCRATCH/bot/pids" 3 || fail "three do not run"
    kill "-$signal" "$job"
    status=0
    wait "$job" || status=$?
    same $((128 + $(kill -l "$signal"))) "$status" "it ends as the signal does"
    while read -r pid; do within "$patience" gone "$pid" || fail "a command lives on after $signal"; done <"$SCRATCH/bot/pids"
    same 3 "$(waiting)"
done
