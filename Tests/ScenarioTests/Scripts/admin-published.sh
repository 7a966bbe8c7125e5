# A server on loopback tells its user's clients which key is its own, systemd how it is doing.

start_server
printf '%s\n' "$password" >"$SCRATCH/password"
# The same user: trusted unasked. Another one: not.
person server-home
exits 0 server-home chat register alice --server "$address" --password-file "$SCRATCH/password" --no-input
person other
exits 79 other chat register bob --server "$address" --password-file "$SCRATCH/password" --no-input
published="$SCRATCH/server-home/.local/state/chatd/published"
same 1 "$(find "$published" -type f -perm 600 | wc -l)" "published keys"
# What others could have put there does not count.
chmod 777 "$published"
rm "$SCRATCH/server-home/.config/chat/known_servers"
exits 79 server-home chat send --to alice note
chmod 700 "$published"
exits 0 server-home chat send --to alice note
exits 0 stop_server
same 0 "$(find "$published" -type f | wc -l)" "published keys of a server that has ended"

# sd_notify.
cat >"$SCRATCH/notify.py" <<'END'
import os, socket, sys
listener = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
listener.bind(sys.argv[1])
while True:
    word = listener.recv(256).decode()
    print(word, flush=True)
    if word == "STOPPING=1":
        break
END
background notified python3 "$SCRATCH/notify.py" "$SCRATCH/notify"
notifier=$job
within "$patience" test -S "$SCRATCH/notify" || fail "no socket"
background listening env -i HOME="$SCRATCH/server-home" NOTIFY_SOCKET="$SCRATCH/notify" "$bin/chatd" run \
    --listen 127.0.0.1:0 --data "$SCRATCH/server"
within "$patience" grep -qx 'READY=1' "$SCRATCH/notified" || fail "no READY"
has "$SCRATCH/listening" '^listening 127.0.0.1:[0-9]+ SHA256:'
kill -TERM "$job"
wait "$job"
same 0 $? "a drain ends with 0"
wait "$notifier"
same "READY=1 STOPPING=1" "$(paste -sd' ' "$SCRATCH/notified")"
