# What `listen` promises: starts, filters, counts, ends, resume points, commands.

start_server
user alice
user bob
user carol

exits 124 bob chat listen --timeout 500ms
exits 0 bob chat listen --no-follow
same "" "$(cat "$SCRATCH/out")"
for n in 1 2 3; do exits 0 alice chat send --to bob "a$n"; done
exits 0 carol chat send --to bob "c1"
exits 0 carol chat send --everyone "e1"

# Without a mark, a start is the same again; --mark-read moves it.
exits 0 bob chat listen --no-follow --json
same "a1,a2,a3,c1,e1" "$(jq -r .body "$SCRATCH/out" | paste -sd,)" "what was missed comes in the order of its time"
cursor=$(jq -r 'select(.body == "a2") | .cursor' "$SCRATCH/out")
exits 0 bob chat listen --no-follow --json --after-cursor "$cursor"
same "a3,c1,e1" "$(jq -r .body "$SCRATCH/out" | paste -sd,)"
exits 0 bob chat listen --no-follow --json --from carol
same "c1,e1" "$(jq -r .body "$SCRATCH/out" | paste -sd,)"
exits 0 bob chat listen --no-follow --json --from carol --to-me
same "c1" "$(jq -r .body "$SCRATCH/out" | paste -sd,)"
exits 0 bob chat listen --no-follow --json --everyone
same "e1" "$(jq -r .body "$SCRATCH/out" | paste -sd,)"
exits 0 bob chat listen --no-follow --json --since 1h --count 2
same "a1,a2" "$(jq -r .body "$SCRATCH/out" | paste -sd,)"
exits 0 bob chat unread --count
same 5 "$(cat "$SCRATCH/out")"
exits 0 bob chat listen --no-follow --mark-read --count 2
exits 0 bob chat unread --count
same 3 "$(cat "$SCRATCH/out")"
exits 0 bob chat listen --no-follow --json
same "a3,c1,e1" "$(jq -r .body "$SCRATCH/out" | paste -sd,)"

# What --mark-read printed last is told to its sender before it ends, however much came before it.
user dora
seq 1 214 >"$SCRATCH/many"
carol chat send --to dora --lines <"$SCRATCH/many" || fail "the backlog is not sent"
exits 0 alice chat send --to dora --json "read me"
id=$(jq -r .id "$SCRATCH/out")
exits 0 dora chat listen --no-follow --mark-read
same "read me" "$(tail -n 1 "$SCRATCH/out" | sed 's/.*: //')"
exits 0 alice chat history --id "$id" --sync --json
same read "$(jq -r 'select(.head == "ack") | .status' "$SCRATCH/out")" "the last mark is told"

# A reader that goes away ends it; a filter behind it sees lines at once.
exits 0 bash -c "$(declare -f as bob); SCRATCH=$SCRATCH bin=$bin; bob chat listen --since 1h | head -1"
same 1 "$(wc -l <"$SCRATCH/out")"

# Resume points: two processes on one NAME; the second is told.
exits 0 bob chat listen --resume one --since 1h --count 2 --json
exits 0 bob chat listen --resume one --no-follow --json
same "a3,c1,e1" "$(jq -r .body "$SCRATCH/out" | paste -sd,)"
background held bob chat listen --resume one
# Not before it has it: who looks by taking it would be the first.
taken() { as bob chat resume list --json | jq -es 'any(.[]; .name == "one" and .pid)'; }
within "$patience" taken || fail "the resume point is not taken"
in_use() { as bob chat listen --resume one --timeout 100ms >/dev/null 2>"$SCRATCH/err"; [ $? = 75 ]; }
in_use || fail "a second process on one resume point is not refused"
kill "$job"
wait "$job"
exits 0 bob chat resume list --json
has "$SCRATCH/out" '"one"'
exits 0 bob chat resume rm one

# A command a message; its failure is retried and then reported, and the next message comes.
cat >"$SCRATCH/handler" <<'END'
#!/bin/sh
body=$(cat)
printf '%s %s %s %s\n' "$CHAT_HEAD" "$CHAT_FROM" "$CHAT_CONV" "$body" >>"$HOME/handled"
[ "$body" != a2 ]
END
chmod +x "$SCRATCH/handler"
exits 0 bob chat listen --since 1h --no-follow --to-me --retry 1 -- "$SCRATCH/handler"
same "dm alice @alice a1,dm alice @alice a2,dm alice @alice a2,dm alice @alice a3,dm carol @carol c1" \
    "$(paste -sd, "$SCRATCH/bob/handled")"
has "$SCRATCH/err" '^chat: '

# Delivery and reading can be waited for.
background bob.out bob chat listen --json --mark-read
exits 0 alice chat send --to bob --wait delivered --timeout 60s "wait for it"
exits 0 alice chat send --to bob --wait read --timeout 60s --json "read it"
same read "$(jq -r .status "$SCRATCH/out")"
runs_out 124 alice chat send --to carol --wait read --timeout TIME "nobody reads"
exits 0 alice chat who --wait bob --timeout 60s
kill "$job"
