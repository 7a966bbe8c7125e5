# kill -9 of a bot again and again, at random moments: every message is answered exactly once, in order.

start_server
user alice
user bot
exits 0 bot chat resume set reply
# Each run prints something else, so that a second answer could be told from the first.
cat >"$SCRATCH/handler" <<'END_OF_HANDLER'
#!/bin/sh
body=$(jq -r .body)
echo x >>"$HOME/runs"
echo "$body answered by $$"
END_OF_HANDLER
chmod +x "$SCRATCH/handler"
(for n in $(seq 30); do echo "question $n"; sleep 0.25; done | alice chat send --to bot --lines) &
feeder=$!
started+=("$feeder")

answers() { alice chat history --with bot --sync --json --limit 1000 | jq -r 'select(.from == "bot").body'; }
all() { [ "$(answers | wc -l)" -ge 30 ]; }
kills=0
until all; do
    background bot.out bot chat reply --allow alice --json -- "$SCRATCH/handler"
    # From before the first answer to after a few of them.
    sleep "0.$((RANDOM % 60 + 15))"
    # Often just when a send has been acknowledged, before the resume point can have moved.
    [ $((kills % 2)) -ne 0 ] || eventually test -s "$SCRATCH/bot.out"
    kill -KILL "$job"
    wait "$job" 2>/dev/null
    kills=$((kills + 1))
    [ "$kills" -lt 300 ] || fail "no progress: $(answers | tail -n 1)"
done
wait "$feeder" || fail "the sender failed"
# Left to itself it finds nothing more to say.
exits 0 bot chat resume list --json
status=0
bot chat reply --allow alice --idle 1s --json -- "$SCRATCH/handler" || status=$?
[ "$status" = 0 ] || [ "$status" = 124 ] || fail "status $status"
same "$(seq -f 'question %g' 30)" "$(answers | sed 's/ answered by .*//')" "each once, in order"
runs=$(wc -l <"$SCRATCH/bot/runs")
say "$kills kills, $runs runs of the command for 30 messages"
[ "$kills" -ge 3 ] || fail "only $kills kills"

# Killed exactly between the acknowledgement and the resume point: it stands while the line that tells of the
# acknowledgement finds no room.
mkfifo "$SCRATCH/full"
exec 3<>"$SCRATCH/full"
dd if=/dev/zero of="$SCRATCH/full" bs=4096 oflag=nonblock 2>/dev/null
for size in 1 200000; do
    background bot.out bot sh -c 'exec chat reply --allow alice --json -- sh -c "$1" >"$2"' sh \
        "yes \$\$ | tr -d '\n' | head -c $size" "$SCRATCH/full"
    id=$(alice chat send --to bot --json "of size $size" | jq -r .id)
    # The answer's parts joined.
    whole() { alice chat history --with bot --sync --json --limit 1000 | jq -j --arg id "$id" 'select(.reply_to == $id).body'; }
    arrived() { [ "$(whole | wc -c)" -ge "$size" ]; }
    within "$patience" arrived || fail "no answer of size $size: $(whole | wc -c) $(cat "$SCRATCH/bot.out.err")"
    same 1 "$(waiting)" "the message is not done"
    first=$(whole | sha256sum)
    kill -KILL "$job"
    wait "$job" 2>/dev/null
    exits 0 bot chat reply --allow alice --count 1 --timeout 60s -- sh -c "yes \$\$ | tr -d '\n' | head -c $size"
    same 0 "$(waiting)"
    same "$size" "$(whole | wc -c)" "answered once"
    same "$first" "$(whole | sha256sum)" "the first answer stands"
done
# Nothing of the other answer was put behind the first, and that is said.
has "$SCRATCH/err" 'was answered before'

# A crash after the first part of a long answer: the same answer is completed, another is not mixed in.
exec 3>&-
for letter in a b; do
    id=$(alice chat send --to bot --json "long again" | jq -r .id)
    head -c 65536 /dev/zero | tr '\0' "$letter" |
        bot chat send --to alice --id "reply alice $id 1" --reply-to "$id" || fail "the first part"
    exits 0 bot chat reply --allow alice --count 1 --timeout 60s -- sh -c "head -c 150000 /dev/zero | tr '\\0' a"
    case $letter in
    a) same 150000 "$(whole | wc -c)" "the answer is completed" ;;
    b) same 65536 "$(whole | wc -c)" "the answer stays as it was" ;;
    esac
    same "$letter" "$(whole | fold -w 1 | sort -u)"
done
has "$SCRATCH/err" 'was answered before'
