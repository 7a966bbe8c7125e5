# What `reply` promises of a message and its answer: whom it answers, what the command gets, what becomes of its output.

start_server
for name in alice bob carol bot; do user "$name"; done
for name in alice bob carol; do knows bot "$name"; done

# answers FROM: the replies that somebody has got from the bot, oldest first, as lines of JSON.
answers() { "$1" chat history --with bot --sync --json --limit 1000 | jq -c 'select(.from == "bot")'; }
# replies N [OPTION…]: the bot takes N messages and ends; out and err are what it says.
replies() {
    local count=$1
    shift
    exits 0 bot chat reply --count "$count" --timeout 60s "$@"
}

# Without whom to answer, or without what, it does not begin.
exits 64 bot chat reply -- cat
exits 64 bot chat reply --allow bob
exits 64 bot chat reply --allow bob --allow-anyone -- cat
exits 64 bot chat reply --allow bob --from carol -- cat
exits 64 bot chat reply --allow bob cat
exits 64 bot chat reply --allow bob -- no-such-command-here
exits 64 bot chat reply --allow bob --jobs 65 -- cat
exits 64 bot chat reply --allow bob --new --since 1h -- cat
exits 64 bot chat reply --allow bob --command-timeout 0 -- cat

# The allowed are answered, others are passed over, and so is what is written to everybody.
exits 0 bot chat resume set reply
exits 0 carol chat send --to bot "from carol"
exits 0 bob chat send --everyone "to everybody"
id=$(bob chat send --to bot --json "from bob" | jq -r .id)
replies 1 --allow bob -- tr a-z A-Z
same "" "$(cat "$SCRATCH/out" "$SCRATCH/err")" "it says nothing"
same "FROM BOB" "$(answers bob | jq -r .body)"
same "$id true" "$(answers bob | jq -r '"\(.reply_to) \(.auto)"')" "a reply says to what, and that a program wrote it"
same "" "$(answers carol)"
exits 124 bot chat reply --allow bob --idle 300ms -- tr a-z A-Z

# Everybody is answered where everybody asked; --from narrows; --to-me adds the direct ones.
exits 0 bot chat resume set reply
exits 0 carol chat send --everyone "c all"
exits 0 bob chat send --everyone "b all"
exits 0 bob chat send --to bot "b dm"
replies 2 --allow-anyone --from bob --everyone --to-me -- tr a-z A-Z
same "B ALL" "$(alice chat history --everyone --sync --json | jq -r 'select(.from == "bot") | .body')"
same "B DM" "$(answers bob | jq -r .body | tail -n 1)"
exits 0 bot chat resume set reply
exits 0 bob chat send --to bot "b dm again"
exits 0 bob chat send --everyone "b all again"
replies 1 --allow bob --everyone -- tr a-z A-Z
same "B ALL AGAIN" "$(alice chat history --everyone --sync --json | jq -r 'select(.from == "bot") | .body' | tail -n 1)"

# What others write reaches the command's standard input and nothing else: no shell, no option, no variable.
cat >"$SCRATCH/hostile" <<'END_OF_BODIES'
$(touch "$HOME/pwned")
`touch "$HOME/pwned"`
; touch "$HOME/pwned" #
--allow-anyone -m x
-n
END_OF_BODIES
mkdir "$SCRATCH/args"
cat >"$SCRATCH/handler" <<'END_OF_HANDLER'
#!/bin/sh
printf '%s\n' "$#:$*:$CHAT_HEAD:$CHAT_FROM:$CHAT_CONV:${CHAT_SERVER-unset}:$CHAT_PROFILE" >>"$HOME/calls"
exec cat
END_OF_HANDLER
chmod +x "$SCRATCH/handler"
exits 0 bot chat resume set reply
while IFS= read -r body; do printf '%s' "$body" | bob chat send --to bot; done <"$SCRATCH/hostile"
printf 'one\n\ntwo \033[31mred\033[0m \t\r end\n\n' >"$SCRATCH/odd"
bob chat send --to bot <"$SCRATCH/odd"
exits 0 bot env CHAT_SERVER="$address" chat reply --allow bob --count 6 --timeout 60s -- "$SCRATCH/handler" 'a $(id)' '*'
same '2:a $(id) *:dm:bob:@bob:unset:default' "$(sort -u "$SCRATCH/bot/calls")" "arguments and variables"
answers bob | tail -n 6 | jq -r .body >"$SCRATCH/got"
{ cat "$SCRATCH/hostile" "$SCRATCH/odd"; } >"$SCRATCH/wanted"
cmp "$SCRATCH/got" "$SCRATCH/wanted" || fail "bodies are not echoed exactly"
[ ! -e "$SCRATCH/bot/pwned" ] && [ ! -e pwned ] || fail "a body was run"

# With --json the command finds the line, and each reply is one line on standard output.
exits 0 bot chat resume set reply
exits 0 bob chat send --to bot "as json"
replies 1 --allow bob --json -- jq -r '"\(.head) \(.from) \(.body)"'
same "ack accepted @bob" "$(jq -r '"\(.head) \(.status) \(.conv)"' "$SCRATCH/out")"
same "dm bob as json" "$(answers bob | jq -r .body | tail -n 1)"
same "$(jq -r .id "$SCRATCH/out")" "$(answers bob | jq -r .id | tail -n 1)"
exits 0 alice chat schema
cp "$SCRATCH/out" "$SCRATCH/schema"
exits 0 bob chat send --to bot "shape"
replies 1 --allow bob --json -- echo yes
python3 "$scripts/check_lines.py" "$SCRATCH/schema" <"$SCRATCH/out" || fail "the ack is not as the schema says"

# No answer: nothing printed, or only a newline. What goes to standard error is told as it is.
before=$(answers bob | wc -l)
for n in 1 2; do exits 0 bob chat send --to bot "nothing $n"; done
replies 1 --allow bob -- true
replies 1 --allow bob -- sh -c 'echo; echo "to whom it may concern" >&2'
same "to whom it may concern" "$(cat "$SCRATCH/err")"
same "$before" "$(answers bob | wc -l)" "empty output is no answer"

# One final newline goes, others stay.
exits 0 bob chat send --to bot "newlines"
replies 1 --allow bob -- printf '\n a \n\n'
same '"\n a \n"' "$(answers bob | tail -n 1 | jq -c .body)"

# A long answer comes in parts, in order; together they are what was printed.
{ seq 30000; printf 'é€😀%.0s' $(seq 4000); } >"$SCRATCH/bot/long"
[ "$(wc -c <"$SCRATCH/bot/long")" -gt 200000 ] || fail "not long"
exits 0 bob chat send --to bot "long"
before=$(answers bob | wc -l)
replies 1 --allow bob --json -- cat "$SCRATCH/bot/long"
parts=$(jq -s length "$SCRATCH/out")
[ "$parts" -ge 4 ] || fail "$parts parts"
same $((before + parts)) "$(answers bob | wc -l)"
answers bob | tail -n "$parts" | jq -j .body | cmp - "$SCRATCH/bot/long" || fail "the parts are not what was printed"

# Commands that misbehave: each is told once, is no answer, and the next message follows.
cat >"$SCRATCH/handler" <<'END_OF_HANDLER'
#!/bin/sh
body=$(jq -r .body)
echo "$body" >>"$HOME/runs"
case $body in
fails) echo half; exit 3 ;;
dies) echo half; kill -KILL $$ ;;
hangs) echo half; sleep 1000 & wait ;;
floods) head -c 10000000 /dev/zero | tr '\0' x ;;
endless) yes ;;
bytes) printf 'ok \377\n' ;;
nul) printf 'a\000b\n' ;;
closed) exec >&- ;;
parent) sleep 1000 & echo $! >"$HOME/child"; echo "my child lives" ;;
twice) [ -e "$HOME/tried" ] && echo "second time" || { touch "$HOME/tried"; echo half; exit 1; } ;;
*) echo "fine" ;;
esac
END_OF_HANDLER
bodies="fails dies hangs floods endless bytes nul closed parent twice well"
for body in $bodies; do exits 0 bob chat send --to bot "$body"; done
before=$(answers bob | wc -l)
replies 11 --allow bob --retry 1 --command-timeout 4s --json -- "$SCRATCH/handler"
same "my child lives,second time,fine" \
    "$(answers bob | tail -n +$((before + 1)) | jq -r .body | paste -sd,)"
same 3 "$(wc -l <"$SCRATCH/out")"
same "command_failed command_failed command_failed message_too_long message_too_long not_utf8 nul_byte" \
    "$(jq -r .code "$SCRATCH/err" | paste -sd' ')"
same "75 75 75 65 65 65 65" "$(jq -r .exit "$SCRATCH/err" | paste -sd' ')"
same "2 2 2 1 1 1 1 1 1 2 1" \
    "$(for body in $bodies; do grep -cx "$body" "$SCRATCH/bot/runs"; done | paste -sd' ')" "what is tried again"
kill "$(cat "$SCRATCH/bot/child")" || fail "the child was not left alone"

# A command that does not read, or stops reading, holds nothing up.
for n in 1 2; do head -c 65536 /dev/zero | tr '\0' x | bob chat send --to bot; done
replies 1 --allow bob -- sh -c 'exec <&-; echo "I do not listen"'
replies 1 --allow bob -- sh -c 'head -c 1; echo; echo "I have heard enough"'
same "I do not listen,x,I have heard enough" "$(answers bob | tail -n 2 | jq -r .body | paste -sd,)"

# All of it is behind the resume point, also what got no answer.
exits 0 bot chat resume list --json
same 0 "$(jq 'select(.name == "reply") | .waiting' "$SCRATCH/out")"
exits 124 bot chat reply --allow bob --timeout 300ms -- "$SCRATCH/handler"

# Limits, as those of listen: time ends it with 0 where something came and no count is open.
exits 0 bob chat send --to bot "in time"
exits 0 bot chat reply --allow bob --idle 5s -- cat
exits 0 bob chat send --to bot "in time"
exits 0 bot chat reply --allow bob --timeout 8s -- cat
exits 124 bot chat reply --allow bob --count 1 --timeout 300ms -- cat
# A command that runs when the time is up ends before it ends.
exits 0 bob chat send --to bot "slow"
exits 0 bot chat reply --allow bob --timeout 8s -- sh -c 'sleep 9; cat'
same "slow" "$(answers bob | tail -n 1 | jq -r .body)"
