# `reply` answers no program and not itself, one message once, whoever of an account answers it.

start_server
for name in alice bot rob; do user "$name"; done
for name in bot rob; do exits 0 "$name" chat resume set reply; done

# Two bots that are allowed to each other: what one is asked by a person's hand is answered once, and that is all.
background bot.out bot chat reply --allow rob --allow alice --json -- sh -c 'echo "bot heard $(jq -r .body)"'
bot_job=$job
background rob.out rob chat reply --allow-anyone --json -- sh -c 'echo "rob heard $(jq -r .body)"'
exits 0 rob chat send --to bot "hello"
told() { rob chat history --with bot --sync --json | jq -r .body | grep -Fxq "bot heard hello"; }
within "$patience" told || fail "bot does not answer"
# What comes after it has been taken, so what it would have caused is there.
exits 0 alice chat send --to bot "a mark"
exits 0 alice chat send --to rob "a mark"
marked() { alice chat history --sync --json | jq -r .body | grep -Fxq "$1 heard a mark"; }
for name in bot rob; do within "$patience" marked "$name" || fail "$name does not answer alice"; done
same "hello,bot heard hello" "$(rob chat history --with bot --sync --json | jq -r .body | paste -sd,)" "one answer"

# To everybody, with both of them listening to everybody: one question, two answers, no more.
kill "$bot_job" "$job"
wait "$bot_job" "$job" 2>/dev/null
background bot.out bot chat reply --allow-anyone --everyone --resume team --since 1h -- sed 's/^/bot heard /'
background rob.out rob chat reply --allow-anyone --everyone --resume team --since 1h -- sed 's/^/rob heard /'
exits 0 alice chat send --everyone "anybody"
all() { alice chat history --everyone --sync --json | jq -r .body | LC_ALL=C sort | paste -sd,; }
both() { [ "$(all)" = "anybody,bot heard anybody,rob heard anybody" ]; }
within "$patience" both || fail "everybody: $(all)"
exits 0 alice chat send --everyone "mark"
marked_twice() { [ "$(all | tr , '\n' | grep -c 'heard mark$')" = 2 ]; }
within "$patience" marked_twice || fail "the mark is not answered: $(all)"
same "anybody,bot heard anybody,bot heard mark,mark,rob heard anybody,rob heard mark" "$(all)"

# Notes to oneself are not answered.
exits 0 bot chat resume set notes
exits 0 bot chat send --to bot "note"
exits 124 bot chat reply --allow bot --resume notes --idle 500ms -- cat

# One name, two processes: the second ends with 75 and names the first.
background held bot chat reply --allow-anyone --resume held -- cat
is_held() { bot chat resume list --json | jq 'select(.name == "held") | .pid' | grep -Fxq "$job"; }
within "$patience" is_held || fail "nobody holds the resume point: $(cat "$SCRATCH/held.err")"
exits 75 bot chat reply --allow-anyone --resume held --timeout 60s -- cat
has "$SCRATCH/err" "in use by process $job"
kill "$job"
wait "$job" 2>/dev/null

# Two devices of one account, and two names on one device: all run the command, one answer arrives.
exits 0 bot chat device add --out "$SCRATCH/identity"
person second
exits 0 second chat login --identity "$SCRATCH/identity"
exits 0 alice chat listen --no-follow --mark-read
for place in "bot one" "bot two" "bot long" "second reply" "second long"; do
    read -r who name <<<"$place"
    exits 0 "$who" chat resume set "$name"
done
background one.out bot chat reply --allow alice --resume one --json -- sh -c 'echo "one $$"'
background two.out bot chat reply --allow alice --resume two --json -- sh -c 'echo "two $$"'
background three.out second chat reply --allow alice --json -- sh -c 'echo "three $$"'
# A device reads what is written from when it has come in.
exits 0 second chat listen --no-follow
for n in 1 2 3 4 5; do exits 0 alice chat send --to bot "question $n"; done
acknowledged() { for n in one two three; do lines "$SCRATCH/$n.out" 5 || return 1; done; }
within "$patience" acknowledged || fail "not all of them answer: $(cat "$SCRATCH"/{one,two,three}.out{,.err})"
same "$(jq -r .id "$SCRATCH/one.out")" "$(jq -r .id "$SCRATCH/two.out")" "identifiers"
same "$(jq -r .id "$SCRATCH/one.out")" "$(jq -r .id "$SCRATCH/three.out")" "identifiers"
exits 0 alice chat listen --no-follow --json --from bot
grep -E '"body":"(one|two|three) ' "$SCRATCH/out" >"$SCRATCH/answers"
same 5 "$(wc -l <"$SCRATCH/answers")" "one answer a question"
same "$(jq -r .id "$SCRATCH/one.out" | sort)" "$(jq -r .id "$SCRATCH/answers" | sort)"

# Also an answer of many parts is one of theirs as a whole.
background a.out bot chat reply --allow bob --resume long --json -- sh -c 'yes a | head -c 200000'
background b.out second chat reply --allow bob --resume long --json -- sh -c 'yes b | head -c 200000'
user bob
for n in 1 2 3; do exits 0 bob chat send --to bot "long $n"; done
# Whoever came second has an acknowledgement of the first part alone.
told() { [ "$(cat "$SCRATCH"/{a,b}.out | wc -l)" = 15 ]; }
within "$patience" told || fail "not all is acknowledged: $(wc -l "$SCRATCH"/{a,b}.out)"
bob chat history --with bot --sync --json --limit 1000 | jq -c 'select(.from == "bot")' >"$SCRATCH/answers"
for id in $(bob chat history --with bot --json --limit 1000 | jq -r 'select(.own) | .id'); do
    jq -j --arg id "$id" 'select(.reply_to == $id) | .body' "$SCRATCH/answers" >"$SCRATCH/whole"
    same 199999 "$(wc -c <"$SCRATCH/whole")" "the answer to $id"
    same 1 "$(sort -u "$SCRATCH/whole" | wc -l)" "the answer to $id is of two"
done
same 3 "$(cat "$SCRATCH"/{a,b}.out.err | grep -c answered_before)"
