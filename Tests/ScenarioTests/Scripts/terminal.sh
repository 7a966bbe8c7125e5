# What is asked on a terminal, what is never asked, and what a terminal shows.

start_server
person alice
user bob

# A password is typed twice, without echo; a slip of the finger is asked for again.
exits 0 terminal chat register alice --server "$address" --trust "$pin" <<'END'
expect Password:
echo off
send first secret\n
expect Again:
send another secret\n
expect They differ.
expect Password:
send correct horse battery\n
expect Again:
send correct horse battery\n
expect registered alice
expect chat device add --certify
echo on
END
lacks "$SCRATCH/out" 'secret|horse'

# Ctrl-C and a signal leave the terminal as it was, and end it as they do.
exits 130 terminal chat passwd <<'END'
expect Old password:
echo off
send \x03
echo on
END
# Ctrl-D gives no answer.
exits 64 terminal chat passwd <<'END'
expect Old password:
echo off
send \x04
echo on
END
# Ctrl-Z, and on again: the terminal is as it was in between, and the question is put again, without echo.
exits 0 terminal sh -i <<'END'
send chat passwd\n
expect Old password:
echo off
send half of the pass\x1a
expect Stopped
echo on
send fg\n
expect Old password:
echo off
send correct horse battery\n
expect New password:
echo off
send \x1a
expect Stopped
echo on
send fg\n
expect New password:
echo off
send correct horse battery\n
expect Again:
send correct horse battery\n
expect password changed
send exit\n
END
lacks "$SCRATCH/out" 'half|horse'
# Stopped and continued by somebody else, too.
cat >"$SCRATCH/stop" <<'END'
for process in $(pgrep -x chat); do
    grep -qz "^HOME=$1$" "/proc/$process/environ" && exec kill -STOP "$process"
done
exit 1
END
exits 0 terminal sh -i <<END
send chat passwd\n
expect Old password:
echo off
until sh $SCRATCH/stop $SCRATCH/alice
expect Stopped
send stty echo; fg\n
expect Old password:
echo off
send \x04
expect nothing was typed
send exit 0\n
END
exits 0 terminal chat passwd <<'END'
expect Old password:
send correct horse battery\n
expect New password:
send battery staple horse\n
expect Again:
send battery staple horse\n
expect password changed
END
printf 'battery staple horse\ncorrect horse battery\n' | exits 0 alice chat passwd --password-stdin
printf 'wrong old password\nwhatever it is\n' | exits 77 alice chat passwd --password-stdin
printf 'only one line\n' | exits 64 alice chat passwd --password-stdin
printf 'correct horse battery\nshort\n' | exits 65 alice chat passwd --password-stdin

# A name that nobody can have is refused where it is typed.
exits 65 terminal chat --profile other login --json --server "$address" <<'END'
expect User
send no body\n
expect "code":"invalid_name"
END

exits 64 terminal chat --no-input login bob --server "$address" </dev/null
exits 64 terminal chat send --to bob </dev/null
has "$SCRATCH/out" 'no message'

# A prompt that was started in the background waits for the foreground, and then has the terminal as it needs it.
exits 0 terminal sh -i <<'END'
send chat & until jobs >"$HOME/jobs"; grep -q Stopped "$HOME/jobs"; do sleep 0.1; done; echo it $((40 + 2)) waits\n
expect it 42 waits
echo on
send fg\n
echo off
send /quit\n
echo on
send exit\n
END

# Colour and marks are for terminals: what was listed there counts as shown.
exits 0 bob chat send --to alice "for the eyes"
exits 0 alice chat listen --no-follow
lacks "$SCRATCH/out" $'\033'
exits 0 alice chat unread --count
same 1 "$(cat "$SCRATCH/out")"
exits 0 terminal chat listen --count 1 </dev/null
has "$SCRATCH/out" $'\033.*bob.*for the eyes'
exits 0 alice chat unread --count
same 0 "$(cat "$SCRATCH/out")"
exits 0 terminal env NO_COLOR=1 chat history --with bob </dev/null
lacks "$SCRATCH/out" $'\033'
exits 0 terminal env TERM=dumb chat history --with bob </dev/null
lacks "$SCRATCH/out" $'\033'
exits 0 alice chat history --with bob --color always
has "$SCRATCH/out" $'\033'

# Ctrl-C ends a follower as a signal does.
exits 130 terminal chat listen --json --meta <<'END'
expect "head":"live"
send \x03
END
