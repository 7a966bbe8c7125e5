# What `ask` promises: each question its own answer, choices, time-outs, resuming, and telling those who were asked.

start_server
user alice
user bob
user carol

# newest NAME: the id of the newest question that NAME was sent and that stands in his store.
newest() { as "$1" chat history --sync --json --with alice --limit 50 | jq -r 'select(.own | not) | select(.auto | not) | .id' | tail -n 1; }
# came NAME TEXT: alice has sent NAME this.
came() { as "$1" chat history --sync --json --with alice --search "$2" | grep -q .; }

# The answer is what is printed; a marked one is enough, so is an unmarked one while one question is open.
background one alice chat ask --to bob "what time is it?"
asking=$job
eventually came bob "what time"
exits 0 bob chat send --to alice "late"
wait "$asking"; same 0 $? "an unmarked answer"
same "late" "$(cat "$SCRATCH/one")"
background two alice chat ask --to bob --json -m "and now?"
asking=$job
eventually came bob "and now"
exits 0 bob chat send --to alice --reply-to "$(newest bob)" "later"
wait "$asking"; same 0 $? "a marked answer"
same "later bob @bob dm" "$(jq -r '"\(.body) \(.from) \(.conv) \(.head)"' "$SCRATCH/two")"
same "$(newest bob) true" "$(jq -r '"\(.reply_to) \(.from_device | length == 32)"' "$SCRATCH/two")"

# Choices: the first is 0, another 1; other text is answered with them, and the wait goes on.
background three alice chat ask --to bob --choice yes --choice no "ship it?"
asking=$job
eventually came bob "ship it? [yes/no]"
exits 0 bob chat send --to alice "perhaps"
eventually came bob "please answer with one of: yes, no"
exits 0 bob chat send --to alice " YES "
wait "$asking"; same 0 $? "the first choice"
same "yes" "$(cat "$SCRATCH/three")" "as the caller wrote it"
has "$SCRATCH/three.err" "bob wrote something else: perhaps"
background four alice chat ask --to bob --choice yes --choice no --json "really?"
asking=$job
eventually came bob "really"
exits 0 bob chat send --to alice "no"
wait "$asking"; same 1 $? "another choice"
same "no no" "$(jq -r '"\(.choice) \(.body)"' "$SCRATCH/four")"

# Ten at once to one person: each gets its own.
for n in 0 1 2 3 4 5 6 7 8 9; do
    background "ten$n" alice chat ask --to bob "question $n?"
    jobs[n]=$job
done
for n in 0 1 2 3 4 5 6 7 8 9; do within "$patience" came bob "question $n" || fail "question $n did not come"; done
exits 0 bob chat send --to alice "which one?"
within "$patience" came bob "several questions to you may be open" || fail "bob is not told to say which"
for n in 3 7 0 9 1 2 8 5 6 4; do
    id=$(bob chat history --json --search "question $n?" | jq -r .id)
    exits 0 bob chat send --to alice --reply-to "$id" "answer $n"
done
for n in 0 1 2 3 4 5 6 7 8 9; do
    wait "${jobs[n]}"; same 0 $? "question $n"
    same "answer $n" "$(cat "$SCRATCH/ten$n")" "each its own answer"
done
same 1 "$(bob chat history --sync --json --limit 500 --search "several questions" | wc -l)" "told once by ten"

# Several are asked: the first answer wins, and the others are told.
background several alice chat ask --to bob --to carol "who has the key?"
asking=$job
eventually came bob "who has the key"
eventually came carol "who has the key"
exits 0 carol chat send --to alice "I do"
wait "$asking"; same 0 $?
same "I do" "$(cat "$SCRATCH/several")"
within "$patience" came bob "answered by somebody else" || fail "bob still thinks that somebody waits"
same "" "$(carol chat history --sync --json --search "somebody else")" "who answered is not told"

# Nobody answers: 124, and the asked are told; so they are after SIGINT and SIGTERM.
runs_out 124 alice chat ask --to bob --timeout TIME --json "anybody?"
same "no_answer 124" "$(jq -r '"\(.code) \(.exit)"' "$SCRATCH/err")"
lapsed() { [ "$(bob chat history --sync --json --limit 500 --search 'nobody waits' | wc -l)" = "$1" ]; }
within "$patience" lapsed 1 || fail "bob is not told that it lapsed"
for signal in INT TERM; do
    background "by$signal" alice chat ask --to bob "before $signal?"
    asking=$job
    eventually came bob "before $signal"
    kill "-$signal" "$asking"
    wait "$asking"; status=$?
    same "$((128 + $(kill -l "$signal")))" "$status" "it ends as $signal ends it"
done
within "$patience" lapsed 3 || fail "bob is not told after a signal"
exits 0 bob chat send --to alice "late"

# While it connects nobody was asked yet: the first signal ends it.
freeze "$server"
for signal in INT TERM; do
    background "early$signal" alice chat --connect-timeout 60s ask --to bob "never asked"
    asking=$job
    connecting() { ls -l "/proc/$asking/fd" | grep -q socket: ; }
    eventually connecting
    kill "-$signal" "$asking"
    ended() { ! kill -0 "$asking" 2>/dev/null; }
    within 40 ended || { kill -CONT "$server"; fail "it waits for the server after $signal"; }
    wait "$asking"; status=$?
    same "$((128 + $(kill -l "$signal")))" "$status" "it ends at once as $signal ends it"
done
kill -CONT "$server"

# A crash, and the same --id: the wait goes on, nobody is asked twice; the answer may have come meanwhile.
background crash alice chat ask --to bob --id deploy-7 --choice yes --choice no "deploy 7?"
asking=$job
eventually came bob "deploy 7"
kill -KILL "$asking"
wait "$asking" 2>/dev/null
id=$(newest bob)
background again alice chat ask --to bob --id deploy-7 --choice yes --choice no "deploy 7?"
asking=$job
exits 0 bob chat send --to alice --reply-to "$id" "no"
wait "$asking"; same 1 $? "resumed"
same "no" "$(cat "$SCRATCH/again")"
same 1 "$(bob chat history --sync --json --search "deploy 7?" | wc -l)" "asked once"
stop_server
exits 1 alice chat ask --to bob --id deploy-7 --choice yes --choice no "deploy 7?"
same "no" "$(cat "$SCRATCH/out")" "an answer that is here needs no server"
exits 69 alice chat ask --to bob --timeout 5s "is anybody there?"
start_server
background late alice chat ask --to bob --id deploy-8 "deploy 8?"
asking=$job
eventually came bob "deploy 8"
kill -KILL "$asking"
wait "$asking" 2>/dev/null
exits 0 bob chat send --to alice --reply-to "$(newest bob)" "meanwhile"
exits 0 alice chat ask --to bob --id deploy-8 "deploy 8?"
same "meanwhile" "$(cat "$SCRATCH/out")" "what came while nobody waited"
exits 65 alice chat --json ask --to bob --id deploy-8 "deploy 9?"
same id_reused "$(jq -r .code "$SCRATCH/err")" "the answer to another question"
lacks "$SCRATCH/out" .

# The connection is down when the answer is given.
background down alice chat ask --to bob "while it is down?"
asking=$job
eventually came bob "while it is down"
id=$(newest bob)
stop_server KILL 2>/dev/null
exits 81 bob chat send --to alice --reply-to "$id" --queue --timeout 1s "queued"
start_server
exits 0 bob chat outbox flush
wait "$asking"; same 0 $? "across a lost connection"
same "queued" "$(cat "$SCRATCH/down")"

# Hostile answers are inert; exact in JSON.
background hostile alice chat ask --to bob "hostile?"
asking=$job
eventually came bob "hostile"
printf 'a\033]52;c;eA==\007\nb' | bob chat send --to alice
wait "$asking"; same 0 $?
same 'a^[]52;c;eA==^G
b' "$(cat "$SCRATCH/hostile")"

# A command line that cannot be right.
exits 64 alice chat ask "to nobody?"
exits 64 alice chat ask --to bob --choice yes --choice YES "twice?"
exits 64 alice chat ask --to bob --choice "$(printf 'a\nb')" "two lines?"
exits 64 alice chat ask --to bob --timeout 0s "for ever?"
exits 67 alice chat ask --to nobody "are you?"
exits 65 bash -c "$(declare -f as alice); SCRATCH=$SCRATCH bin=$bin; : | alice chat ask --to bob"

# Somebody unknown among them: the others are asked.
background partly alice chat ask --to nobody --to carol "partly?"
asking=$job
eventually came carol "partly"
exits 0 carol chat send --to alice "yes"
wait "$asking"; same 0 $?
has "$SCRATCH/partly.err" "there is no user nobody"

# A note to oneself is no answer, a marked one is: somebody may sit at another device.
background self alice chat ask --to alice "me?"
asking=$job
self_asked() { alice chat history --with alice --sync --json --search "me?" | jq -r .id | tail -n 1 | grep .; }
within "$patience" self_asked || fail "the question to oneself is not there"
exits 0 alice chat send --to alice "a note"
exits 0 alice chat send --to alice --reply-to "$(self_asked)" "it is me"
wait "$asking"; same 0 $?
same "it is me" "$(cat "$SCRATCH/self")"
