# What is sent is exactly what was given, or is refused with 65 and the reason; nothing is cut.

start_server
user alice
user bob
# came: the newest message that bob has.
came() { bob chat history --with alice --limit 1 --sync --json | jq -j .body; }
# arrives EXPECTED: bob's newest message is exactly this.
arrives() { same "$1" "$(came)"; }

exits 0 alice chat send --to bob hi there; arrives "hi there"
exits 0 alice chat send --to bob -m "--everyone"; arrives "--everyone"
exits 0 alice chat send --to bob -- --everyone -m; arrives "--everyone -m"
exits 0 alice chat send -m -x --to bob; arrives "-x"
printf 'a\nb' | exits 0 alice chat send --to bob; arrives $'a\nb'
printf 'a\nb\n' | exits 0 alice chat send --to bob -; arrives $'a\nb'
# Behind two dashes a dash is text: who sends what others wrote reads no standard input by it.
echo secret | exits 0 alice chat send --to bob -- -; arrives "-"
echo secret | exits 0 alice chat send --to bob - - ; arrives "- -"
printf 'a\r\nb\r\n' | exits 0 alice chat send --to bob; arrives $'a\r\nb\r'
printf '👩‍👩‍👧 é 日本' | exits 0 alice chat send --to bob; arrives '👩‍👩‍👧 é 日本'
printf 'a\nb' | exits 0 alice chat send --to bob --lines
arrives "b"
printf '\n\nx\n\n' | exits 0 alice chat send --to bob --lines; arrives "x"
# A file of another system: one CR before the newline belongs to the line's end.
printf '\r\ny\r\n\r\nz\r\r\n\r' | exits 0 alice chat send --to bob --lines; arrives $'z\r'
same y "$(bob chat history --with alice --limit 2 --sync --json | jq -r .body | head -n 1)"

head -c 65536 /dev/zero | tr '\0' x | exits 0 alice chat send --to bob
same 65536 "$(came | wc -c)"
head -c 65537 /dev/zero | tr '\0' x | exits 65 alice chat send --to bob
has "$SCRATCH/err" '65536|64 KiB'
: | exits 65 alice chat send --to bob
exits 65 alice chat send --to bob -m ""
printf 'a\377b' | exits 65 alice chat send --to bob; has "$SCRATCH/err" 'UTF-8'
exits 65 alice chat send --to bob -m $'a\377b'; has "$SCRATCH/err" 'UTF-8'
printf 'a\0b' | exits 65 alice chat send --to bob; has "$SCRATCH/err" 'NUL'
same 65536 "$(came | wc -c)" "nothing of what was refused arrived"

# A bad line is named, the rest is sent, and the status says it.
printf 'good\nb\377d\nalso good\n' | exits 65 alice chat send --to bob --lines
has "$SCRATCH/err" '\b2\b'
same "good,also good" "$(bob chat history --with alice --limit 2 --sync --json | jq -r .body | paste -sd,)"

# JSON lines.
printf '%s\n' '{"to":"bob","body":"j1"}' '{"to":"bob","body":"j2","id":"key"}' '{"conv":"@bob","body":"j3"}' \
    '{"to":"bob","body":"j2","id":"key"}' | exits 0 alice chat send --jsonl --json
same 4 "$(grep -c '"status":"accepted"' "$SCRATCH/out")"
# Another text under an identifier is another message: it is refused, not lost unseen.
accepted=$(jq -r 'select(.status == "accepted").time' "$SCRATCH/out" | sed -n 2p)
printf '%s\n' '{"to":"bob","body":"j2 again","id":"key"}' '{"to":"bob","body":"again","id":"new"}' \
    '{"to":"bob","body":"and again","id":"new"}' | exits 80 alice chat send --jsonl --json
same "id_reused,id_reused" "$(jq -r .code "$SCRATCH/err" | paste -sd,)"
has "$SCRATCH/err" "$accepted"
exits 65 alice chat send --to bob --id key "j2 as words"
exits 0 bob chat history --with alice --sync --search again --json
same "again" "$(jq -r .body "$SCRATCH/out")"
same "j1,j2,j3,again" "$(bob chat history --with alice --limit 4 --sync --json | jq -r .body | paste -sd,)"
for bad in '{"to":"bob","body":"x","who":1}' '{"to":"bob","to":"bob","body":"x"}' '{"to":"bob","body":"\ud800"}' \
    '{"to":"bob"}' '[1]' 'nonsense' '{"to":"bob","body":1}' '{"to":"bob","everyone":true,"body":"x"}'; do
    printf '%s\n' "$bad" | exits 65 alice chat send --jsonl
done

# What cannot be waited for is a bad line like any other.
printf '%s\n' '{"to":"alice","body":"w1"}' '{"everyone":true,"body":"w2"}' '{"to":"alice","body":"w3"}' |
    exits 65 alice chat send --jsonl --json --wait delivered --timeout 10s
same "invalid_line no line 2" \
    "$(jq -r 'select(.exit == 65) | "\(.code) \(.sent) \(.text[:6])"' "$SCRATCH/err")" "who is to be waited for"
same 2 "$(wc -l <"$SCRATCH/out")" "the rest is sent"
same "" "$(alice chat history --everyone --sync -q)" "the bad line is not"

# One message to many: each is reported; some unknown is 80.
exits 0 alice chat send --to bob --to alice --json "both"
same "@alice,@bob" "$(jq -r .conv "$SCRATCH/out" | sort | paste -sd,)"
exits 80 alice chat send --to bob --to nobody --json "some"
same "@bob accepted,@nobody failed" "$(jq -r '"\(.conv) \(.status)"' "$SCRATCH/out" | sort | paste -sd,)"

# The caller's key: sent again it is delivered once, and succeeds.
exits 0 alice chat send --to bob --id nightly-42 "once"
exits 0 alice chat send --to bob --id nightly-42 "once"
same 1 "$(bob chat history --with alice --search once --sync --json | grep -c .)"

# A reply names what it answers.
id=$(bob chat history --with alice --limit 1 --json | jq -r .id)
exits 0 bob chat send --to alice --reply-to "$id" "thanks"
same "$id" "$(alice chat history --with bob --limit 1 --sync --json | jq -r .reply_to)"
