# Pipes on both sides: lines go out and come in at once, a reader that goes away ends it at once, and commands that
# hang or fail hold nothing up for ever.

start_server
user alice
user bob

# A line is sent as it arrives, while the pipe stays open.
mkfifo "$SCRATCH/lines"
background sender alice sh -c 'exec chat send --to bob --lines --json <"$1"' sh "$SCRATCH/lines"
sender=$job
exec 3>"$SCRATCH/lines"
background bob.out bob bash -c 'chat listen --json | grep --line-buffered -v nonsense'
for n in 1 2 3; do
    printf 'line %s\n\n' "$n" >&3
    within "$patience" grep -q "\"line $n\"" "$SCRATCH/bob.out" || fail "line $n does not arrive while the pipe is open"
    within "$patience" grep -q accepted "$SCRATCH/sender" || fail "its acknowledgement is not told"
done
# A bad line is told at once, and the rest goes on.
printf 'b\377d\n' >&3
within "$patience" grep -q '"exit":65' "$SCRATCH/sender.err" || fail "the bad line is not told"
printf 'the last, without a newline' >&3
exec 3>&-
status=0; wait "$sender" || status=$?
same 65 "$status" "a bad line"
within "$patience" grep -q '"the last, without a newline"' "$SCRATCH/bob.out" || fail "the last line does not arrive"
same "line 7" "$(jq -r .text "$SCRATCH/sender.err" | grep -o '^line [0-9]*')" "which line is bad"

# A thousand lines, in order, to two targets.
seq -f 'n %g' 1000 | exits 0 alice chat send --to bob --to alice --lines
seq -f 'n %g' 1000 >"$SCRATCH/wanted"
all() { jq -r 'select(.body | startswith("n ")).body' "$SCRATCH/bob.out" | cmp -s - "$SCRATCH/wanted"; }
within "$patience" all || fail "bob has $(jq -r .body "$SCRATCH/bob.out" | grep -c '^n ') of 1000"
exits 0 alice chat listen --no-follow --json --since 1h --own
same "$(cat "$SCRATCH/wanted")" "$(jq -r 'select(.to == "alice").body' "$SCRATCH/out")" "notes to oneself"

# Nobody reads any more: the listener ends at once though nothing comes.
exits 0 timeout 30 bash -c "$(declare -f as bob); SCRATCH=$SCRATCH bin=$bin
    bob chat listen --new --json --meta | grep -q live; echo \${PIPESTATUS[0]} >$SCRATCH/status"
same 141 "$(cat "$SCRATCH/status")" "as SIGPIPE does"

# A command that hangs is ended with its children, tried again, told; the next message follows.
cat >"$SCRATCH/handler" <<'END'
#!/bin/sh
read -r body
echo "$body $CHAT_FROM $CHAT_PROFILE ${CHAT_SERVER-unset}" >>"$HOME/seen"
case $body in
hang) sleep 1000 & wait ;;
flood) yes ;;
silent) exec <&- ;;
esac
END
chmod +x "$SCRATCH/handler"
exits 0 bob chat resume set worker
for body in hang flood silent done; do exits 0 alice chat send --to bob "$body"; done
exits 0 bob env CHAT_SERVER="$address" chat listen --resume worker --count 4 --command-timeout 3s --retry 1 \
    -- "$SCRATCH/handler"
same "$(printf '%s alice default unset\n' hang hang flood flood silent done)" "$(cat "$SCRATCH/bob/seen")"
same 2 "$(grep -c 'took longer than 3s' "$SCRATCH/err")" "both are told"
exits 0 bob chat listen --resume worker --no-follow
same "" "$(cat "$SCRATCH/out")" "the resume point is behind them"

# Ended by a signal, it ends its command first, and that message comes again.
printf '#!/bin/sh\nread -r body\necho $$ >"$HOME/pid"\nexec sleep 1000\n' >"$SCRATCH/handler"
background held bob chat listen --resume worker -- "$SCRATCH/handler"
exits 0 alice chat send --to bob "in hand"
within "$patience" test -s "$SCRATCH/bob/pid" || fail "the command does not run"
kill "$job"
wait "$job"
gone() { ! kill -0 "$(cat "$SCRATCH/bob/pid")"; }
within "$patience" gone || fail "the command lives on"
exits 0 bob chat listen --resume worker --no-follow --json
same "in hand" "$(jq -r .body "$SCRATCH/out")"
