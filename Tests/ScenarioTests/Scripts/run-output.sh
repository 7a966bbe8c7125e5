# The last lines of a command's output are told, and the output itself passes unchanged, at once, and as without us.

start_server
user alice
user bob
knows alice bob
# below: what stands below the first line of the newest message.
below() { bob chat history --sync --json --limit 1 2>/dev/null | jq -r .body | tail -n +2; }
run() { alice chat run --to bob --tail "$@"; }

# Where both outputs end in one, the last lines are in the order in which they were written.
lines='for n in 1 2 3 4 5 6 7 8 9; do echo out $n; echo err $n >&2; done; printf "no newline"'
run 4 -- sh -c "$lines" >"$SCRATCH/both" 2>&1 || fail "it ends with $?"
sh -c "$lines" 2>&1 | cmp - "$SCRATCH/both" || fail "the output has changed"
same $'err 8\nout 9\nerr 9\nno newline' "$(below)"
{ run 4 -- sh -c "$lines" 2>&1; } | cat >"$SCRATCH/both"
sh -c "$lines" 2>&1 | cmp - "$SCRATCH/both" || fail "the output has changed in a pipe"
same $'err 8\nout 9\nerr 9\nno newline' "$(below)"
# Apart they stay apart.
exits 0 run 1000 -- sh -c "$lines"
same "$(sh -c "$lines" 2>/dev/null)" "$(cat "$SCRATCH/out")"
same "$(sh -c "$lines" 2>&1 >/dev/null)" "$(cat "$SCRATCH/err")"
same 19 "$(below | grep -c .)" "lines in the message"
exits 0 run 5 -- true
same "" "$(below)" "no output"

# Ten megabytes, and each way to have them: lines, one line, no text at all.
seq 1 1400000 >"$SCRATCH/lines"
tr -d '\n' <"$SCRATCH/lines" >"$SCRATCH/line"
head -c 10000000 /dev/urandom >"$SCRATCH/random"
for file in lines line random; do
    run 5 -- cat "$SCRATCH/$file" >"$SCRATCH/out" || fail "it ends with $?"
    cmp "$SCRATCH/out" "$SCRATCH/$file" || fail "the output has changed: $file"
    below >"$SCRATCH/below"
    case $file in
    lines) same "$(tail -n 5 "$SCRATCH/lines")" "$(cat "$SCRATCH/below")" ;;
    line) same "$(tail -c 1000 "$SCRATCH/line")" "$(tail -c 1001 "$SCRATCH/below")" "the end of the line" ;;
    random) [ -s "$SCRATCH/below" ] || fail "nothing is told" ;;
    esac
done
# Bounded memory: far less than what passes.
alice chat run --to bob --on-failure --tail 1000 -- sh -c 'cat "$1" "$1" "$1" "$1"; grep VmHWM /proc/$PPID/status >&2' \
    sh "$SCRATCH/line" >/dev/null 2>"$SCRATCH/err" || fail "it ends with $?"
[ "$(awk '{print $2}' "$SCRATCH/err")" -lt 60000 ] || fail "it takes $(cat "$SCRATCH/err")"

# What is no text is repaired; what acts on a terminal, and what was overwritten there, is not told.
exits 0 run 2 -- printf 'first\na\377b\000c\n\033[31mred\n'
same $'a\357\277\275b\357\277\275c\nred' "$(below)"
exits 0 run 3 -- printf 'loading  1%%\rloading 99%%\r\033[Kloaded\nlast\n'
same $'loaded\nlast' "$(below)"
same $'loading  1%\rloading 99%\r\033[Kloaded\nlast' "$(cat "$SCRATCH/out")" "the output itself"

# At once, while it goes on: byte for byte.
mkfifo "$SCRATCH/gate"
background slow alice chat run --to bob --tail 1 -- sh -c 'printf half; read -r x <"$1"; printf " whole"' sh "$SCRATCH/gate"
slow=$job
within "$patience" grep -q half "$SCRATCH/slow" || fail "what is written does not come at once"
echo >"$SCRATCH/gate"
wait "$slow" || fail "it ends with $?"
same "half whole" "$(cat "$SCRATCH/slow")"

# A reader that goes away is for the command to learn, as without us; with the last lines and without.
for options in "" "--tail 3"; do
    # shellcheck disable=SC2086 # words on purpose
    { alice chat run --to bob $options -- yes; echo $? >"$SCRATCH/status"; } | head -n 2 >"$SCRATCH/out"
    same $'y\ny' "$(cat "$SCRATCH/out")"
    same 141 "$(cat "$SCRATCH/status")" "as SIGPIPE does"
    same "yes: ended by signal 13 (PIPE)" "$(bob chat history --sync --json --limit 1 | jq -r .body | sed -n '1s/ after.*//p')"
done
# Also while nothing is written: what it writes next fails.
mkfifo "$SCRATCH/reader"
cat >"$SCRATCH/alice/quiet" <<'END'
output=$(readlink /proc/$$/fd/1)
echo "$output" >&2
read -r x <"$1"
echo late
exit 1
END
background quiet alice sh -c 'exec chat run --to bob --tail 3 -- sh ~/quiet "$1" >"$2"' sh "$SCRATCH/gate" "$SCRATCH/reader"
quiet=$job
exec 4<"$SCRATCH/reader"
within "$patience" test -s "$SCRATCH/quiet.err" || fail "it does not run"
exec 4<&-
given_up() { ! readlink "/proc/$quiet/fd/"* | grep -qxF "$(head -n 1 "$SCRATCH/quiet.err")"; }
within "$patience" given_up || fail "it does not notice that its reader is gone"
echo >"$SCRATCH/gate"
status=0; wait "$quiet" || status=$?
same 141 "$status" "a reader that was gone before"
# A full disk is told as well.
exits 141 sh -c 'exec "$@" >/dev/full' sh env -i PATH="$bin:/usr/bin:/bin" HOME="$SCRATCH/alice" \
    chat run --to bob --tail 1 -- yes
has "$SCRATCH/err" "^chat: cannot write the command's output: No space left on device"

# What is closed for us is closed for the command.
exits 1 alice sh -c 'exec chat run --to bob --tail 5 -- cat /etc/passwd >&-'
has "$SCRATCH/err" 'Bad file descriptor'
has <(below) 'Bad file descriptor'
exits 3 alice sh -c 'exec chat run --to bob --tail 5 -- sh -c "echo out; exit 3" >&- 2>&-'
same "" "$(below)"

# A child that keeps the output open, and even writes for ever, holds nothing up.
exits 0 timeout 60 env -i PATH="$bin:/usr/bin:/bin" HOME="$SCRATCH/alice" \
    chat run --to bob --tail 2 -- sh -c 'sleep 1000 & echo $! >&2; echo done'
started+=("$(cat "$SCRATCH/err")")
same "done" "$(cat "$SCRATCH/out")"
has <(below) '^done$'
exits 0 timeout 60 env -i PATH="$bin:/usr/bin:/bin" HOME="$SCRATCH/alice" \
    chat run --to bob --tail 2 -- sh -c 'yes & echo done >&2'
same "done" "$(cat "$SCRATCH/err")"
# What it had written is there to the last byte.
for _ in 1 2 3 4 5 6 7 8 9 10; do
    run 1 --on-failure -- sh -c 'sleep 1000 >/dev/null 2>&1 & head -c 65536 /dev/zero; echo $! >&2' >"$SCRATCH/out" 2>"$SCRATCH/err"
    started+=("$(cat "$SCRATCH/err")")
    same 65536 "$(wc -c <"$SCRATCH/out")" "bytes"
done

# A reader that is slow slows the command, and nothing is lost; a signal reaches the command meanwhile.
mkfifo "$SCRATCH/slowly"
background blocked alice sh -c 'exec chat run --to bob --tail 1 -- sh -c "trap \"echo ended >&2; exit 7\" TERM; yes & wait" >"$1"' \
    sh "$SCRATCH/slowly"
blocked=$job
exec 4<"$SCRATCH/slowly"
full() { grep -q 'pipe_write\|anon_pipe_write' "/proc/$blocked/task/"*/wchan 2>/dev/null; }
within 10 full || say "whether the pipe is full cannot be seen here"
kill -TERM "$blocked"
within "$patience" grep -q ended "$SCRATCH/blocked.err" || fail "the signal does not reach the command"
cat <&4 >/dev/null
exec 4<&-
status=0; wait "$blocked" || status=$?
same 7 "$status"
