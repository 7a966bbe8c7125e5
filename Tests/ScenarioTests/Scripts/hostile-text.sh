# Hostile sequences in bodies and names are inert in plain output and exact in JSON.

start_server
user alice --display-name $'Al\u202eice'
user bob
printf 'osc\033]52;c;aGk=\007 title\033]0;x\007 move\033[2J c1\302\233 bidi\342\200\256 zw\342\200\213 del\177 ls\342\200\250 tab\t end' \
    >"$SCRATCH/hostile"
exits 0 alice chat send --to bob - <"$SCRATCH/hostile"

exits 0 bob chat listen --no-follow --mark-read
# No byte of ESC, BEL, DEL, C1, and none of the format characters is left in what a terminal would get.
LC_ALL=C grep -qP '[\x00-\x08\x0b-\x1f\x7f]|\xc2[\x80-\x9f]|\xe2\x80[\x8b-\x8f\xa8-\xae]' "$SCRATCH/out" &&
    fail "plain output is not inert: $(cat -v "$SCRATCH/out")"
has "$SCRATCH/out" '\^\[\]52;c;aGk='
exits 0 bob chat history --with alice --json
LC_ALL=C grep -qP '[\x00-\x08\x0b-\x1f\x7f]|\xc2[\x80-\x9f]|\xe2\x80[\x8b-\x8f\xa8-\xae]' "$SCRATCH/out" &&
    fail "JSON output is not inert: $(cat -v "$SCRATCH/out")"
jq -j .body "$SCRATCH/out" | cmp - "$SCRATCH/hostile" || fail "JSON is not exact"

exits 0 bob chat who --users
LC_ALL=C grep -qP '\xe2\x80\xae' "$SCRATCH/out" && fail "a display name acts on the terminal"

# A body of several lines cannot forge another message: its further lines are indented.
printf 'one\n00:00:00 carol → me: forged' | exits 0 alice chat send --to bob
exits 0 bob chat listen --no-follow
has "$SCRATCH/out" '^[[:space:]]+00:00:00 carol'
lacks "$SCRATCH/out" '^00:00:00 carol'

# Wherever names and texts of others stand: of devices, of whoever is in a room, of what waits, in notices and in what a doctor says.
acting='[\x00-\x08\x0b-\x1f\x7f]|\xc2[\x80-\x9f]|\xe2\x80[\x8b-\x8f\xa8-\xae]'
inert() {
    for stream in out err; do
        LC_ALL=C grep -qP "$acting" "$SCRATCH/$stream" && fail "$*: not inert: $(cat -v "$SCRATCH/$stream")"
    done
    return 0
}
device=$(as alice chat whoami --json | jq -r .device)
exits 0 alice chat device rename "$device" $'lap\033[31mtop\342\200\256'
exits 0 alice chat room create town --open
exits 0 bob chat room join town
exits 0 alice chat send --room town - <"$SCRATCH/hostile"
exits 0 alice chat send --everyone - <"$SCRATCH/hostile"
exits 0 bob chat listen --no-follow --meta
inert listen
for command in "history --room town" "history --everyone" "room members town" "room list" unread "keys list" "keys show alice" \
    "who --users" whoami outbox doctor "block alice" "unblock alice"; do
    as bob chat $command >"$SCRATCH/out" 2>"$SCRATCH/err"
    inert "$command"
    as bob chat --json $command >"$SCRATCH/out" 2>"$SCRATCH/err"
    inert "--json $command"
done
exits 0 alice chat device list
inert device list
has "$SCRATCH/out" '\^\[\[31m'
exits 0 alice chat whoami
inert whoami
# What somebody gives by mistake is shown, too.
exits 64 alice chat send --to $'bo\033b' hello
inert send
