# Asked on a terminal, a password is typed twice, unseen; Ctrl-C sets none.

cat >"$SCRATCH/typist.py" <<'END'
import os, pty, sys
# typist.py ANSWERS COMMAND…: types one of the answers (separated by |) at each "Password: " and "Again: ".
answers = [answer.encode().decode("unicode_escape").encode("latin-1") for answer in sys.argv[1].split("|")]
child, terminal = pty.fork()
if child == 0:
    os.execv(sys.argv[2], sys.argv[2:])
seen = pending = b""
while True:
    try:
        chunk = os.read(terminal, 4096)
    except OSError:
        break
    if not chunk:
        break
    seen += chunk
    pending += chunk
    if pending.endswith((b"Password: ", b"Again: ")):
        pending = b""
        os.write(terminal, answers.pop(0))
sys.stdout.buffer.write(seen)
status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
sys.exit(status if status >= 0 else 128 - status)
END
typed() { env -i PATH=/usr/bin:/bin python3 "$SCRATCH/typist.py" "$1" "$bin/chatd" "${@:2}" --data "$SCRATCH/server"; }

exits 0 typed 'first one\n|another\n|correct horse\n|correct horse\n' user add alice
has "$SCRATCH/out" 'They differ'
lacks "$SCRATCH/out" 'horse|first|another'
# Ctrl-C counts at once, and Ctrl-D is no answer.
exits 130 typed '\x03' user add bob
exits 64 typed '\x04' user add bob
exits 64 typed 'short one\n|\x04' user add bob
exits 65 typed 'short\n|short\n' user add bob
exits 64 typed '' user add bob --no-input
exits 0 daemon user list --json
same alice "$(jq -r .user "$SCRATCH/out")"
# Ctrl-Z, and on again.
printf 'exec "%s" "$@" --data "%s"\n' "$bin/chatd" "$SCRATCH/server" >"$SCRATCH/daemon"
exits 0 python3 "$scripts/at_terminal.py" sh -i <<END
send sh $SCRATCH/daemon user add carol\n
expect Password:
echo off
send half\x1a
expect Stopped
echo on
send fg\n
expect Password:
echo off
send correct horse\n
expect Again:
send correct horse\n
until env -i HOME=$SCRATCH/server-home $bin/chatd user list --data $SCRATCH/server | grep -q carol
send exit\n
END
lacks "$SCRATCH/out" 'half|horse$'
# A password is bytes, whatever the terminal's encoding.
exits 0 typed 'pass\xe4word\n|pass\xe4word\n' user add latin
start_server
person alice
printf 'correct horse\n' >"$SCRATCH/password"
exits 0 alice chat login alice --server "$address" --trust "$pin" --password-file "$SCRATCH/password"
person latin
printf 'pass\344word\n' >"$SCRATCH/password"
exits 0 latin chat login latin --server "$address" --trust "$pin" --password-file "$SCRATCH/password"
