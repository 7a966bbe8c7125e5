# A command runs as it would without us, and its end is told: status, duration, and who it was.

start_server
user alice
user bob
knows alice bob

# told TEXT: the newest message that bob has begins with it. untold: he has none but those that were told.
newest() { bob chat history --sync --json --limit 1 2>/dev/null | jq -r .body; }
told() {
    local text
    text=$(newest)
    [[ $text == "$1"* ]] || fail "bob was told <$text>, not <$1>"
    all=$((all + 1))
    same "$all" "$(bob chat history --json --limit 500 2>/dev/null | grep -c '"dm"')" "messages"
}
all=0
untold() {
    newest >/dev/null
    same "$all" "$(bob chat history --json --limit 500 2>/dev/null | grep -c '"dm"')" "messages"
}

# Output and status are the command's, and nothing is added to them, with --json neither.
exits 0 alice chat run --to bob --json -- sh -c 'echo out; echo err >&2'
same "out" "$(cat "$SCRATCH/out")"
same "err" "$(cat "$SCRATCH/err")"
told "sh: done after "
[[ $(newest) =~ ^sh:\ done\ after\ [0-9]+(ms|s)$ ]] || fail "the message has more than a line: $(newest)"
exits 3 alice chat run --to bob -- sh -c 'exit 3'
told "sh: exit status 3 after "
exits 143 alice chat run --to bob -- sh -c 'kill -TERM $$'
told "sh: ended by signal 15 (TERM) after "
exits 137 alice chat run --to bob -- sh -c 'kill -KILL $$'
told "sh: ended by signal 9 (KILL) after "
exits 139 alice chat run --to bob -- sh -c 'ulimit -c 0; kill -SEGV $$'
told "sh: ended by signal 11 (SEGV) after "
# By the signal itself, so that a shell ends its loop at Ctrl-C.
exits 0 alice python3 -c 'import subprocess, sys
status = subprocess.call(["chat", "run", "--to", "bob", "--", "sh", "-c", "kill -INT $$"])
sys.exit(0 if status == -2 else f"status {status}")'
told "sh: ended by signal 2 (INT) after "

# What cannot be started is told, too, with the status that a shell gives.
exits 127 alice chat run --to bob -- no-such-program
told "no-such-program: could not be started: No such file or directory"
has "$SCRATCH/err" "^chat: cannot run 'no-such-program': No such file or directory"
exits 127 alice chat run --to bob --on-failure -- /etc/passwd/x
told "x: could not be started: Not a directory"
exits 126 alice chat run --to bob --json -- /etc/passwd
told "passwd: could not be started: Permission denied"
same "command_not_executable 126" "$(jq -r '"\(.code) \(.exit)"' "$SCRATCH/err")"
printf 'echo "script $1"\n' >"$SCRATCH/alice/plain"
chmod +x "$SCRATCH/alice/plain"
exits 0 alice sh -c 'cd; PATH=:$PATH exec chat run --to bob -- plain argument'
same "script argument" "$(cat "$SCRATCH/out")" "a script without an interpreter's name"
told "plain: done after "

# Arguments can hold secrets and are not told; a label takes the program's place.
exits 0 alice chat run --to bob -- /bin/echo --password=secret
told "echo: done after "
lacks <(newest) 'secret|password|/bin'
exits 0 alice chat run --to bob --label "nightly backup of db1" -- /bin/echo secret
told "nightly backup of db1: done after "
lacks <(newest) 'secret|echo'

# Only a failure, or everybody, or once for a key.
exits 0 alice chat run --to bob --on-failure --tail 5 -- echo fine
untold
exits 1 alice chat run --to bob --on-failure -- false
told "false: exit status 1 after "
exits 1 alice chat run --to bob --id "job 7" -- false
told "false: exit status 1 after "
exits 1 alice chat run --to bob --id "job 7" -- false
untold
exits 0 alice chat run --to bob --to bob --everyone -- true
told "true: done after "
same "true: done" "$(bob chat history --everyone --json | jq -r .body | cut -c1-10)" "everybody"

# Standard input is the command's, to the byte, and closed where it is closed for us.
head -c 300000 /dev/urandom >"$SCRATCH/random"
alice chat run --to bob -- cat <"$SCRATCH/random" | cmp - "$SCRATCH/random" || fail "standard input has changed"
told "cat: done after "
# shellcheck disable=SC2002 # a pipe on purpose
cat "$SCRATCH/random" | alice chat run --to bob --tail 1 -- cat | cmp - "$SCRATCH/random" || fail "it has changed"
told "cat: done after "
printf 'one\ntwo\n' | exits 0 alice sh -c 'chat run --to bob -- head -c 4 >/dev/null; cat'
same "two" "$(cat "$SCRATCH/out")" "what the command has left"
told "head: done after "
for options in "" "--tail 3"; do
    # shellcheck disable=SC2086 # words on purpose
    exits 1 alice chat run --to bob $options -- cat <&-
    has "$SCRATCH/err" 'Bad file descriptor'
    told "cat: exit status 1 after "
    # shellcheck disable=SC2086
    exits 1 alice sh -c 'exec chat run --to bob "$@" -- cat /etc/passwd >&-' sh $options
    told "cat: exit status 1 after "
    has "$SCRATCH/err" 'Bad file descriptor'
    # shellcheck disable=SC2086
    exits 2 alice sh -c 'exec chat run --to bob "$@" -- ls /nonexistent 2>&-' sh $options
    told "ls: exit status 2 after "
done

# Other descriptors and the environment are handed on, and none of ours is.
# (The run-time library looks into /proc/PID/stat now and then, and does not keep that from others.)
list=(sh -c 'for fd in /proc/$$/fd/*; do echo "${fd##*/} $(readlink "$fd")"; done')
numbers() { grep -v ' /proc/[0-9]*/stat$' "$SCRATCH/out" | cut -d' ' -f1 | paste -sd' '; }
exits 0 alice "${list[@]}" 7</dev/null
wanted=$(numbers)
for options in "" "--tail 30"; do
    # shellcheck disable=SC2086 # words on purpose
    exits 0 alice chat run --to bob $options -- "${list[@]}" 7</dev/null
    same "$wanted" "$(numbers)" "descriptors"
    told "sh: done after "
done
exits 0 alice env CHAT_PROFILE=default TRUE=1 chat run --to bob -- env
has "$SCRATCH/out" '^CHAT_PROFILE=default$'
has "$SCRATCH/out" '^TRUE=1$'
told "env: done after "

# A wrong command line, and only that, keeps it from running.
wrong() {
    exits 64 alice chat run "$@"
    [ -e "$SCRATCH/alice/ran" ] && fail "it ran: $*"
    same "" "$(cat "$SCRATCH/out")"
    has "$SCRATCH/err" '^chat: '
}
touch_it=(touch "$SCRATCH/alice/ran")
wrong -- "${touch_it[@]}"
wrong --to bob "${touch_it[@]}"
wrong --to bob
wrong --to bob --
wrong --to bob -- ""
wrong --to bob --tail 0 -- "${touch_it[@]}"
wrong --to bob --tail 1001 -- "${touch_it[@]}"
wrong --to bob --tail x -- "${touch_it[@]}"
wrong --to bob --label "" -- "${touch_it[@]}"
wrong --to bob --label "two
lines" -- "${touch_it[@]}"
wrong --to bob --label "$(printf '%0201d' 0)" -- "${touch_it[@]}"
wrong --to bob --expires 1h -- "${touch_it[@]}"
wrong --to bob --timeout 0 -- "${touch_it[@]}"
wrong --to "b b" -- "${touch_it[@]}"
wrong --to bob --server "x y" -- "${touch_it[@]}"
wrong --to bob --unknown -- "${touch_it[@]}"
untold

# It has not connected before the command has ended, and is never online.
mkfifo "$SCRATCH/gate"
background waiting alice chat run --to bob -- sh -c 'echo runs; read -r line <"$1"' sh "$SCRATCH/gate"
waiting=$job
within "$patience" grep -q runs "$SCRATCH/waiting" || fail "it does not run"
! connected "$waiting" || fail "it has connected while the command runs"
exits 0 alice chat who --json
lacks "$SCRATCH/out" '"alice"'
echo go >"$SCRATCH/gate"
wait "$waiting" || fail "it ends with $?"
told "sh: done after "

# From cron: no environment, no home.
exits 1 env -i PATH="$bin:/usr/bin:/bin" HOME="$SCRATCH/alice" chat run --to bob --on-failure --tail 2 -- \
    sh -c 'echo one; echo two; echo three; exit 1' </dev/null
told "sh: exit status 1 after "
same $'two\nthree' "$(newest | tail -n +2)"
exits 5 env -i "$bin/chat" run --to bob --profile nobody -- /bin/sh -c 'echo out; exit 5' </dev/null
same "out" "$(cat "$SCRATCH/out")"
has "$SCRATCH/err" '^chat: the report was not sent: '
exits 5 env -i HOME=/nonexistent/home "$bin/chat" run --to bob --json -- /bin/sh -c 'exit 5' </dev/null
same "not_logged_in" "$(jq -r .code "$SCRATCH/err")"

# Not logged in, a broken configuration, a store that is open to others, nobody of that name: it runs all the same.
person carol
exits 4 carol chat run --to bob -- sh -c 'exit 4'
has "$SCRATCH/err" '^chat: the report was not sent: .*not logged in'
exits 4 alice chat run --config "$SCRATCH/no-such-file" --to bob -- sh -c 'exit 4'
has "$SCRATCH/err" '^chat: the report was not sent: .*no-such-file'
exits 4 alice env CHAT_SERVER="x y" chat run --to bob -- sh -c 'exit 4'
has "$SCRATCH/err" '^chat: the report was not sent: '
exits 4 alice chat run --to nobody -- sh -c 'exit 4'
has "$SCRATCH/err" '^chat: the report was not sent: .*nobody'
chmod 777 "$SCRATCH/alice/.local/share/chat/default"
exits 4 alice chat run --to bob --queue -- sh -c 'exit 4'
has "$SCRATCH/err" '^chat: the report was not sent: '
chmod 700 "$SCRATCH/alice/.local/share/chat/default"
untold

# The server is away: a warning, or the outbox. The status is the command's.
stop_server
exits 0 alice chat run --to bob --json -- echo out
same "out" "$(cat "$SCRATCH/out")"
same "unreachable 69 no" "$(jq -r '"\(.code) \(.exit) \(.sent)"' "$SCRATCH/err")"
exits 9 alice chat run --to bob --queue --expires 1h --tail 3 -- sh -c 'echo the reason; exit 9'
has "$SCRATCH/err" 'the message is in the outbox'
exits 0 alice chat outbox list --json
same "sh: exit status 9 after|the reason" "$(jq -r .body "$SCRATCH/out" | sed 's/after .*/after/' | paste -sd'|')"
start_server
exits 0 alice chat outbox flush
told "sh: exit status 9 after "

# A server that takes the connection and says nothing is waited for no longer than it may.
freeze "$server"
begin=$(date +%s)
exits 6 alice chat run --to bob --timeout 1s -- sh -c 'exit 6'
[ $(($(date +%s) - begin)) -le 15 ] || fail "the time-out is not kept"
has "$SCRATCH/err" '^chat: the report (was not|may not have been) sent: '
kill -CONT "$server"
