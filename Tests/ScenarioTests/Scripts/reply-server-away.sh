# The server goes away while a bot answers: the reply is sent when it is back, once, and the message is not done before.

start_server
user alice
user bob
user bot
exits 0 bot chat resume set reply
cat >"$SCRATCH/handler" <<'END_OF_HANDLER'
#!/bin/sh
body=$(jq -r .body)
echo "$body" >>"$HOME/runs"
while [ ! -e "$HOME/go" ] && kill -0 $PPID; do sleep 0.02; done
echo "answer to $body"
END_OF_HANDLER
chmod +x "$SCRATCH/handler"
background bot.out bot chat reply --allow-anyone --json -- "$SCRATCH/handler"
exits 0 alice chat send --to bot "one"
exits 0 alice chat send --to bot "two"
within "$patience" grep -qx one "$SCRATCH/bot/runs" || fail "the command does not run"
stop_server || fail "the server does not drain"
touch "$SCRATCH/bot/go"
within "$patience" grep -q offline "$SCRATCH/bot.out.err" || fail "it does not notice"
same "" "$(cat "$SCRATCH/bot.out")" "nothing is acknowledged"
same 2 "$(bot chat resume list --json | jq 'select(.name == "reply") | .waiting')" "nothing is done"
same one "$(cat "$SCRATCH/bot/runs")" "the command has run once"
start_server
within "$patience" lines "$SCRATCH/bot.out" 2 || fail "it does not answer: $(cat "$SCRATCH/bot.out.err")"
answers() { "$1" chat history --with bot --sync --json --limit 1000 | jq -r 'select(.from == "bot").body' | paste -sd,; }
same "answer to one,answer to two" "$(answers alice)"
same "one,two" "$(paste -sd, "$SCRATCH/bot/runs")"

# Killed and started again under load.
(for n in $(seq 60); do echo "n$n"; sleep 0.05; done | alice chat send --to bot --lines --timeout 2m) &
feeder=$!
started+=("$feeder")
for round in 1 2 3 4 5; do
    sleep "0.$((RANDOM % 60 + 10))"
    stop_server KILL 2>/dev/null
    start_server
done
wait "$feeder" || fail "the sender failed"
all() { lines "$SCRATCH/bot.out" 62; }
within "$patience" all || fail "not all are answered: $(tail -n 3 "$SCRATCH/bot.out.err")"
same "answer to one,answer to two,$(seq -f 'answer to n%g' 60 | paste -sd,)" "$(answers alice)"

# One who is gone meanwhile, and a conversation that takes no answer: the bot goes on.
rm "$SCRATCH/bot/go"
exits 0 bob chat send --to bot "farewell"
within "$patience" grep -qx farewell "$SCRATCH/bot/runs" || fail "the command does not run"
exits 0 daemon user delete bob
exits 0 alice chat send --to bot "still here"
touch "$SCRATCH/bot/go"
answered() { answers alice | grep -q "answer to $1\$"; }
within "$patience" answered "still here" || fail "the next message is not answered: $(tail -n 3 "$SCRATCH/bot.out.err")"
settled() { [ "$(waiting)" = 0 ]; }
within "$patience" settled || fail "not done"
kill "$job"
wait "$job"
stop_server || fail "the server does not drain"
start_server --broadcast admins
exits 0 daemon user admin alice
exits 0 alice chat send --everyone "nobody but an administrator may answer"
exits 0 alice chat send --to bot "but this"
exits 0 bot chat reply --allow alice --everyone --to-me --count 2 --timeout 60s --json -- "$SCRATCH/handler"
same "forbidden 77" "$(jq -r '"\(.code) \(.exit)"' "$SCRATCH/err")"
has "$SCRATCH/err" 'was refused'
same 1 "$(wc -l <"$SCRATCH/out")"
answered "but this" || fail "the next message is not answered"
settled || fail "not done"

# With the time up and no server it gives up after a while, says so, and the message comes again.
rm "$SCRATCH/bot/go"
background late.out bot chat reply --allow alice --timeout 10s --json -- "$SCRATCH/handler"
exits 0 alice chat send --to bot "too late"
within "$patience" grep -qx "too late" "$SCRATCH/bot/runs" || fail "the command does not run"
stop_server || fail "the server does not drain"
touch "$SCRATCH/bot/go"
late=$job
within "$patience" gone "$late" || fail "it does not end"
status=0
wait "$late" || status=$?
same 69 "$status"
has "$SCRATCH/late.out.err" '"no_ack"'
start_server
exits 0 bot chat reply --allow alice --count 1 --timeout 60s --json -- "$SCRATCH/handler"
within "$patience" answered "too late" || fail "it is not answered later: $(answers alice)"

# A refused login ends it.
exits 0 bot chat whoami --json
background refused.out bot chat reply --allow alice --json -- cat
refused=$job
online_bot() { alice chat who --json | grep -q '"user":"bot"'; }
within "$patience" online_bot || fail "the bot is not online"
exits 0 daemon user disable bot
within "$patience" gone "$refused" || fail "it lives on though the account is disabled"
status=0
wait "$refused" || status=$?
same 77 "$status"
