# It works from an empty environment, without a terminal, without HOME; stdout is pure JSON however much is logged.

start_server
user alice
user bob
exits 0 env -i HOME="$SCRATCH/alice" "$bin/chat" send --to bob "from env -i"
exits 0 env -i HOME="$SCRATCH/alice" setsid "$bin/chat" send --to bob "without a terminal" </dev/null
# HOME unset: the directories may be named, or the user's entry in the password file counts.
exits 0 env -i XDG_DATA_HOME="$SCRATCH/alice/.local/share" XDG_CONFIG_HOME="$SCRATCH/alice/.config" \
    XDG_STATE_HOME="$SCRATCH/alice/.local/state" "$bin/chat" send --to bob "without HOME"
exits 0 alice chat send --to bob --json -vvv "verbose"
same 1 "$(jq -c . "$SCRATCH/out" | wc -l)"
exits 0 bob chat listen --no-follow --json -vvv --meta
jq -e . "$SCRATCH/out" >/dev/null || fail "stdout is not JSON"
same log "$(jq -r .head "$SCRATCH/err" | sort -u)" "the log is JSON, too"
alice chat schema >"$SCRATCH/schema"
python3 "$scripts/check_lines.py" "$SCRATCH/schema" <"$SCRATCH/err" || fail "the log is not as the schema says"
printf '/help\n' | exits 0 alice chat --json
same "notice help" "$(jq -r '"\(.head) \(.code)"' "$SCRATCH/err")" "help in JSON"

# A directory whose name is not UTF-8 must not become another one beside it.
odd=$SCRATCH/odd$'\xff'
mkdir "$odd"
exits 78 env -i HOME="$odd" "$bin/chat" register odd --server "$address" --trust "$pin" \
    --password-file "$SCRATCH/password"
exits 78 env -i HOME="$SCRATCH/alice" XDG_DATA_HOME="$odd" "$bin/chat" whoami
exits 78 env -i HOME="$SCRATCH/alice" CHAT_CONFIG="$odd/chat.toml" "$bin/chat" whoami
same 1 "$(find "$SCRATCH" -maxdepth 1 -name 'odd*' | wc -l)" "no directory beside it"

# Permissions and places.
chmod 755 "$SCRATCH/alice/.local/share/chat/default"
exits 78 alice chat send --to bob "open to others"
chmod 700 "$SCRATCH/alice/.local/share/chat/default"
mv "$SCRATCH/alice/.local/share/chat/default" "$SCRATCH/elsewhere"
ln -s "$SCRATCH/elsewhere" "$SCRATCH/alice/.local/share/chat/default"
exits 78 alice chat send --to bob "a symbolic link"
rm "$SCRATCH/alice/.local/share/chat/default"
mv "$SCRATCH/elsewhere" "$SCRATCH/alice/.local/share/chat/default"
exits 0 alice chat send --to bob "back in order"
same "" "$(find "$SCRATCH/alice" -type f ! -perm 600)" "files are 0600"

# A store that cannot be written is said to be so. The right to write all the same is taken from root.
unprivileged=()
[ "$(id -u)" = 0 ] && unprivileged=(setpriv "--bounding-set=-dac_override,-dac_read_search")
exits 0 alice "${unprivileged[@]}" chat doctor
chmod 500 "$SCRATCH/alice/.local/share/chat/default"
find "$SCRATCH/alice/.local/share/chat/default" -type f -exec chmod 400 {} +
status=0; alice "${unprivileged[@]}" chat doctor --json >"$SCRATCH/out" 2>"$SCRATCH/err" || status=$?
[ "$status" -ne 0 ] || fail "a store that cannot be written is said to be in order"
same failed "$(jq -r 'select(.name == "permissions") | .status' "$SCRATCH/out")" "permissions"
find "$SCRATCH/alice/.local/share/chat/default" -type f -exec chmod 600 {} +
chmod 700 "$SCRATCH/alice/.local/share/chat/default"

# Configuration: an unknown key is named with its place; a wrong server for this profile is refused.
mkdir -p "$SCRATCH/alice/.config/chat"
printf 'colour = "never"\n' >"$SCRATCH/alice/.config/chat/config.toml"
chmod 600 "$SCRATCH/alice/.config/chat/config.toml"
exits 78 alice chat send --to bob hi
has "$SCRATCH/err" 'config.toml:1'
printf 'color = "never"\nserver = "%s"\n' "$address" >"$SCRATCH/alice/.config/chat/config.toml"
exits 0 alice chat send --to bob hi
exits 78 alice chat --server 127.0.0.1:9 send --to bob hi
# The file's server is for profiles that were not logged in yet; also of the command that a listener runs.
printf 'server = "chat.example.org"\n' >"$SCRATCH/alice/.config/chat/config.toml"
exits 0 alice chat whoami
exits 0 alice chat send --to alice "for the handler"
exits 0 alice chat --server "$address" listen --since 1h --own --count 1 -- chat send --to bob "from a handler"
exits 78 alice env CHAT_SERVER=127.0.0.1:9 chat whoami
exits 69 alice chat --profile new register new --trust accept-new --password-file "$SCRATCH/password"
has "$SCRATCH/err" 'chat\.example\.org'
exits 0 alice chat doctor
person stranger
exits 77 stranger chat send --to bob hi
exits 77 stranger chat whoami

# Nobody listens there.
person lonely
exits 69 lonely chat register lonely --server 127.0.0.1:9 --trust accept-new --password-file "$SCRATCH/password"
exits 0 lonely chat profile list
same "" "$(cat "$SCRATCH/out")" "what a registration that failed leaves"
