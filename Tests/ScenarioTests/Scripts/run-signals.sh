# Signals reach the command once each, and who waits for us sees what he would have seen of the command.

start_server
user alice
user bob
newest() { bob chat history --sync --json --limit 1 2>/dev/null | jq -r '.body | split(" after")[0]'; }
seen=$SCRATCH/alice/seen
witness=(python3 "$scripts/witness.py" "$seen")
# noted SIGNAL…: the command has got these and no others, in this order.
noted() { [ "$(paste -sd' ' "$seen")" = "ready${*:+ $*}" ]; }
awaits() { within "$patience" noted "$@" || fail "the command has got <$(paste -sd' ' "$seen")>, not <ready $*>"; }

# What is sent to our process alone is passed on, once, and we go on until the command ends.
for options in "" "--tail 3"; do
    rm -f "$seen"
    # A shell without job control has its jobs ignore INT and QUIT.
    # shellcheck disable=SC2086 # words on purpose
    background passed alice env --default-signal=INT,QUIT chat run --to bob $options -- "${witness[@]}"
    passed=$job
    awaits
    sent=()
    for name in HUP INT QUIT USR1 USR2 CONT; do
        kill "-$name" "$passed"
        sent+=("$name")
        awaits "${sent[@]}"
    done
    kill -TERM "$passed"
    status=0; wait "$passed" || status=$?
    same 7 "$status" "the command's own status"
    awaits "${sent[@]}" TERM
    same "python3: exit status 7" "$(newest)"
done

# A command that does nothing about it is ended by it, and so are we.
background ended alice chat run --to bob -- sh -c 'echo runs; exec sleep 1000'
ended=$job
within "$patience" grep -q runs "$SCRATCH/ended" || fail "it does not run"
kill -TERM "$ended"
status=0; wait "$ended" || status=$?
same 143 "$status"
same "sh: ended by signal 15 (TERM)" "$(newest)"

# What who started us ignores stays ignored for both (nohup); all else is as by default.
exits 0 alice env --default-signal sh -c 'trap "" HUP USR1; exec chat run --to bob -- grep SigIgn /proc/self/status'
# ordinary LINE: the set's signals up to 31; those that libc keeps for itself cannot be set.
ordinary() { echo $((0x${1#*:?} & 0x7fffffff)); }
same $((0x201)) "$(ordinary "$(cat "$SCRATCH/out")")" "HUP and USR1 are ignored"
exits 0 alice env --default-signal chat run --to bob --tail 1 -- grep -E 'Sig(Ign|Blk)' /proc/self/status
while read -r line; do same 0 "$(ordinary "$line")" "nothing is ignored or blocked"; done <"$SCRATCH/out"
rm -f "$seen"
background nohup alice nohup chat run --to bob -- "${witness[@]}" HUP
nohup=$job
awaits
kill -HUP "$nohup"
kill -USR2 "$nohup"
awaits USR2
kill -TERM "$nohup"
status=0; wait "$nohup" || status=$?
same 7 "$status" "nohup"

# A command that sends a signal to its whole group does not get it back.
cat >"$SCRATCH/alice/group" <<'END'
trap 'echo TERM >>"$1"' TERM
trap 'echo USR1 >>"$1"; exit 5' USR1
echo ready >"$1"
kill -TERM 0
while :; do sleep 0.05; done
END
background group alice setsid chat run --to bob -- sh "$SCRATCH/alice/group" "$seen"
group=$job
awaits TERM
kill -USR1 "$group"
status=0; wait "$group" || status=$?
same 5 "$status" "the command goes on after its own signal"
awaits TERM USR1

# Ctrl-C and Ctrl-\ reach the command once, from the terminal itself, and we report its end.
for options in "" "--tail 3"; do
    rm -f "$seen"
    # shellcheck disable=SC2086
    exits 7 terminal chat run --to bob $options -- "${witness[@]}" <<END
expect ready
send \x03
until grep -q INT $seen
send \x1c
until grep -q QUIT $seen
until kill -USR1 \$(cut -d' ' -f2 $seen.pid)
until grep -q USR1 $seen
until kill -TERM \$(cut -d' ' -f2 $seen.pid)
END
    awaits INT QUIT USR1 TERM
done
exits 130 terminal chat run --to bob --tail 3 -- sh -c 'echo runs; exec sleep 1000' <<'END'
expect runs
send \x03
END
same "sh: ended by signal 2 (INT)" "$(newest)"

# Ctrl-Z stops both and fg continues both, as often as one likes; so do the signals sent to us alone.
stopped="ps -o stat= -p \$(tr ' ' , <$seen.pid) | grep -c ^T | grep -qx 2"
# The terminal is with the job.
ahead="ps -o stat= -p \$(tr ' ' , <$seen.pid) | grep -c '^S.*[+]' | grep -qx 2"
running="ps -o stat= -p \$(tr ' ' , <$seen.pid) | grep -c ^S | grep -qx 2"
# Who continues the group continues the command, and we may do so once more: it does no harm.
for options in "" "--tail 3"; do
    rm -f "$seen"
    exits 0 terminal bash --norc --noprofile -i <<END
send PS1='prompt% '\n
expect prompt% 
send chat run --to bob $options -- ${witness[*]}\n
expect ready
send \x1a
expect Stopped
until $stopped
send fg\n
until test \$(grep -c CONT $seen) -ge 1
until $ahead
send \x1a
expect Stopped
until $stopped
send bg\n
expect &
until test \$(grep -c CONT $seen) -ge 2
until $running
send fg\n
until $ahead
until kill -TSTP \$(cut -d' ' -f2 $seen.pid)
expect Stopped
until $stopped
until kill -CONT \$(cut -d' ' -f2 $seen.pid)
until test \$(grep -c CONT $seen) -ge 3
until $running
send fg\n
until $ahead
until kill -TERM \$(cut -d' ' -f2 $seen.pid)
expect prompt% 
send echo "status \$?"\n
expect status 7
send exit\n
END
    same "python3: exit status 7" "$(newest)"
done

# With --tail the command sees a terminal where there is one, of the same size, and its newlines are made once.
exits 0 terminal chat run --to bob --tail 2 -- sh -c 'test -t 0 && test -t 1 && test -t 2' </dev/null
exits 0 terminal sh -c 'exec chat run --to bob --tail 2 -- sh -c "test -t 1 && ! test -t 2" 2>/dev/null' </dev/null
exits 0 terminal sh -c 'exec chat run --to bob --tail 2 -- sh -c "! test -t 1 && test -t 2" >/dev/null' </dev/null
print='printf "one\ntwo\n\033[1mthree\033[0m\r\n\ttab\n"; printf four >&2'
exits 0 terminal sh -c "$print" </dev/null
cp "$SCRATCH/out" "$SCRATCH/plain"
exits 0 terminal chat run --to bob --tail 9 -- sh -c "$print" </dev/null
cmp "$SCRATCH/plain" "$SCRATCH/out" || fail "the terminal shows something else"
exits 0 alice script -qec "chat run --to bob --tail 9 -- sh -c 'stty size <&1; test -t 1'" "$SCRATCH/typescript" </dev/null
rm -f "$seen"
exits 7 terminal chat run --to bob --tail 2 -- "${witness[@]}" <<END
expect ready
size 41 101
until grep -q 'WINCH 41x101' $seen
size 30 90
until grep -q 'WINCH 30x90' $seen
until kill -TERM \$(cut -d' ' -f2 $seen.pid)
END
# What is typed is the command's.
exits 0 terminal chat run --to bob --tail 1 -- sh -c 'echo asks; read -r line; echo "got $line"' <<'END'
expect asks
send hello\n
expect got hello
END

# A terminal that goes away tells the leader of its session alone, and he tells the command.
rm -f "$seen"
exits 0 alice python3 -c '
import os, pty, sys
child, terminal = pty.fork()
if child == 0:
    os.execvp(sys.argv[1], sys.argv[1:])
shown = b""
while b"ready" not in shown:
    shown += os.read(terminal, 1000)
os.close(terminal)
sys.exit(0 if os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0 else 1)' \
    chat run --to bob -- sh -c "trap 'echo HUP >>$seen; exit 0' HUP; echo ready >$seen; echo ready; while :; do sleep 0.05; done"
awaits HUP

# After the command's end a signal ends the wait for a server that says nothing; the status is still the command's.
freeze "$server"
for name in TERM HUP; do
    background waits alice chat run --to bob --timeout 10m --connect-timeout 10m -- sh -c 'exit 3'
    waits=$job
    within "$patience" connected "$waits" || fail "it does not connect"
    kill "-$name" "$waits"
    status=0; wait "$waits" || status=$?
    same 3 "$status"
    has "$SCRATCH/waits.err" 'a signal came before all was done'
done
kill -CONT "$server"
