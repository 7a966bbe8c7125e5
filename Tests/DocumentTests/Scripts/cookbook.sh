# The recipes of README.md, run as they stand there.

readme=$VECTORS_ROOT/README.md
fakes=$SCRATCH/fakes
mkdir "$fakes" "$SCRATCH/tried"
printf '#!/bin/sh\necho "no space left"\nexit 1\n' >"$fakes/nightly-backup"
printf '#!/bin/sh\necho "$@" >>"$HOME/mailed"\n' >"$fakes/mail"
printf '#!/bin/sh\n[ "$1" != clone ] || mkdir -p "$3"\necho abc1234\n' >"$fakes/git"
printf '#!/bin/sh\necho "made $1"\n' >"$fakes/make"
# Other machines are other homes.
printf '#!/bin/sh\nmkdir -p "$SCRATCH/${3%%:}" && cp "$2" "$SCRATCH/${3%%:}"\n' >"$fakes/scp"
printf '#!/bin/sh\nshift; HOME=$SCRATCH/$1; cd; shift; exec "$@"\n' >"$fakes/ssh"
printf '#!/bin/sh\nshift 2; exec "$@" --data "$SCRATCH/server"\n' >"$fakes/sudo"
chmod +x "$fakes"/*

# block PHRASE: the recipe (a fenced block of sh or python) that has the phrase; remembers that it was tried.
block() {
    awk -v phrase="$1" -v tried="$SCRATCH/tried" '
        /^## /{ cookbook = $2 == "Cookbook" }
        !cookbook { next }
        /^```(sh|python)$/{ inside = 1; text = ""; number++; next }
        /^```/ && inside { inside = 0; if (index(text, phrase)) { print text; print "" > (tried "/" number) } next }
        inside { text = text $0 "\n" }' "$readme"
}

# recipe NAME PHRASE: somebody runs it.
recipe() {
    local text
    text=$(block "$2")
    [ -n "$text" ] || fail "README.md has no recipe with: $2"
    local -a interpreter=(sh -c "cd; $text")
    [[ $text != import* ]] || interpreter=(python3 -c "$text")
    # A session of its own, so that all of a pipe can be ended.
    ${replace_shell:+exec} env -i PATH="$fakes:$bin:/usr/local/bin:/usr/bin:/bin" HOME="$SCRATCH/$1" LC_ALL=C.UTF-8 \
        SCRATCH="$SCRATCH" SUBJECT="--everyone" BODY="-m \$(id)" ${replace_shell:+setsid} "${interpreter[@]}"
}

# runs LOG NAME PHRASE: a recipe that goes on until `ends` is said.
runs() {
    background "$1" recipe "$2" "$3"
    started+=("-$job")
}
ends() {
    kill -TERM -- "-$job"
    wait "$job" 2>/dev/null
    # Its shell ends before the others of a pipe, who hold their resume point until then.
    eventually is_over || fail "a recipe that was ended goes on"
}
# A process whose first thread is dead holds what it has until the others are, too.
is_over() {
    local states
    states=$(cat /proc/[0-9]*/stat 2>/dev/null || true)
    sed 's/.*) //' <<<"$states" |
        awk -v group="$job" '$3 == group && ($1 !~ /[ZX]/ || $18 > 1) { lives = 1 } END { exit lives }'
}

# got TEXT: bob has this message.
got() { bob chat history --sync --json --limit 500 | jq -r .body | grep -Fxq -e "$1"; }

start_server
user alice
user bob
user bot
user boss
user oncall
user lead

exits 1 recipe alice '--to oncall --on-failure'
same "no space left" "$(cat "$SCRATCH/out")" "the output of the backup"
exits 0 oncall chat listen --no-follow --json
same "nightly-backup: exit status 1,no space left" "$(jq -r .body "$SCRATCH/out" | sed 's/ after.*//' | paste -sd,)"
exits 0 recipe lead 'team.keys'
has "$SCRATCH/lead/.config/chat/keys/team.keys" "^lead acct1:"
exits 79 lead chat send --to bob "who is not in the list"
exits 1 recipe alice 'room create ops'
exits 0 oncall chat listen --no-follow --json
same "nightly-backup: exit status 1,no space left" "$(jq -r 'select(.head == "room" and .conv == "#ops").body' "$SCRATCH/out" |
    sed 's/ after.*//' | paste -sd,)"
exits 0 recipe alice '-- make'
same "made release" "$(cat "$SCRATCH/out")" "the output of make"
exits 0 bob chat listen --no-follow --json
has "$SCRATCH/out" '"the release build: done after '
exits 0 recipe alice 'nightly-backup ||'
eventually got "the backup failed on $(hostname)" || fail "bob does not hear of the backup"

# A log that grows.
runs tail.out alice 'tail -n 0 -F'
grows() { echo "line $((++n))" >>"$SCRATCH/alice/app.log"; got "line $n"; }
n=0
eventually grows || fail "the log does not arrive"
ends

# The bot, in both forms. It starts with what comes from then on, so it is asked until it answers.
asks() {
    as alice chat send --to bot "question $1 $((++n))"
    as alice chat history --with bot --sync --json | jq -r .body | grep -Fxq "QUESTION $1 $n"
}
runs bot.out bot 'jq --unbuffered'
eventually asks A || fail "the bot in a pipe does not answer: $(cat "$SCRATCH/bot.out.err")"
ends
runs bot.out bot 'tr "[:lower:]"'
eventually asks B || fail "the bot with a command does not answer: $(cat "$SCRATCH/bot.out.err")"
ends

# The bot in one line.
runs reply.out bot 'chat reply'
told_uptime() {
    as bob chat send --to bot "how are you?"
    as bob chat history --with bot --sync --json | jq -r .body | grep -q 'load average'
}
eventually told_uptime || fail "the bot in one line does not answer: $(cat "$SCRATCH/reply.out.err")"
ends

# The agent: what came while it was killed is answered too, and everything once.
counts() { as alice chat history --with bot --sync --json --limit 500 | jq -r .body | grep -cFx "you wrote $1 words"; }
agent_answers() { as alice chat send --to bot "one two three"; counts 3; }
runs agent.out bot 'listen.ack'
eventually agent_answers || fail "the agent does not answer: $(cat "$SCRATCH/agent.out.err")"
kill -KILL -- "-$job"
wait "$job" 2>/dev/null
exits 0 alice chat send --to bot "one two three four"
exits 0 alice chat send --to bot "one two three four five"
runs agent.out bot 'listen.ack'
fourth() { [ "$(counts 4)" = 1 ] && [ "$(counts 5)" = 1 ]; }
eventually fourth || fail "the agent does not go on: $(cat "$SCRATCH/agent.out.err")"
acknowledged() { bot chat resume list --json | jq -es 'any(.[]; .name == "agent" and .waiting == 0)'; }
eventually acknowledged || fail "$(bot chat resume list)"
ends

# Nobody is there: the other way is taken. Then somebody is.
block_wait=$(block '--wait delivered')
quick() {
    env -i PATH="$fakes:$bin:/usr/bin:/bin" HOME="$SCRATCH/alice" sh -c "${block_wait/--timeout 1m/--timeout $1}"
}
exits 0 quick 1s
same 1 "$(grep -c 'the disk is full' "$SCRATCH/alice/mailed")" "mails while bob is away"
background bob.out bob chat listen
listening() { exits 0 alice chat who --json; grep -q '"user":"bob"' "$SCRATCH/out"; }
eventually listening || fail "bob is not online"
exits 0 quick 30s
same 1 "$(grep -c 'the disk is full' "$SCRATCH/alice/mailed")" "mails while bob is there"

# The server is away: the message waits in the outbox.
stop_server
exits 81 recipe alice '--queue --timeout 2s'
start_server
exits 0 alice chat outbox flush
eventually got "deployed abc1234" || fail "the queued message does not arrive"

printf 'all is well\n' >"$SCRATCH/alice/report.txt"
exits 0 recipe alice '--id "report'
exits 0 recipe alice '--id "report'
eventually got "all is well"
same 1 "$(bob chat history --search 'all is well' --json | grep -c .)" "the report"

exits 0 recipe alice '-- "$SUBJECT"'
eventually got "--everyone" || fail "a subject that looks like an option"
eventually got '-m $(id)' || fail "a body that looks like a command"

exits 0 recipe alice 'history --with bob --since'
has "$SCRATCH/out" 'Z alice: all is well$'

exits 0 recipe alice '--certify'
person ci
person later
exits 0 as ci chat login --identity "$SCRATCH/alice/ci.identity"
exits 0 as later chat login --identity "$SCRATCH/alice/recovery.identity"

# As many machines as it says, which is more than an account may have devices.
seq -f 'web%g' 50 >"$SCRATCH/alice/hosts"
exits 0 recipe alice 'scp -q'
exits 0 recipe alice 'room create fleet'
for host in web1 web50; do
    person "$host"
    exits 0 as "$host" chat send --to bob "$host is up"
    eventually got "$host is up" || fail "$host"
    exits 0 as "$host" chat send --room fleet "$host is up"
done
exits 0 alice chat history --sync --room fleet
has "$SCRATCH/out" '→ #fleet: web50 is up$'

# A device is stolen.
exits 0 as ci chat whoami --json
exits 0 alice chat device rename "$(jq -r .device "$SCRATCH/out")" laptop
exits 0 recipe alice '== "laptop"'
exits 77 as ci chat send --to bob "from a thief"

# Somebody leaves.
user carol
exits 0 carol chat room create hers
exits 0 recipe alice 'user disable carol'
has "$SCRATCH/out" 'hers'
exits 77 carol chat send --to bob "from outside"

# Nothing is deployed unless the boss says so.
printf '#!/bin/sh\ntouch deployed\n' >"$SCRATCH/alice/deploy"
chmod +x "$SCRATCH/alice/deploy"
asked=0
boss_asked() { [ "$(boss chat history --sync --json --search 'ship it' | wc -l)" = "$1" ]; }
for answer in no yes; do
    [ ! -e "$SCRATCH/alice/deployed" ] || fail "deployed without leave"
    background ask.out recipe alice 'chat ask'
    asking=$job
    eventually boss_asked "$((++asked))" || fail "the boss is not asked"
    exits 0 boss chat send --to alice "$answer"
    wait "$asking"
done
[ -e "$SCRATCH/alice/deployed" ] || fail "not deployed"

recipes=$(sed -n '/^## Cookbook/,/^## Where/p' "$readme" | grep -Ec '^```(sh|python)$')
same "$recipes" "$(find "$SCRATCH/tried" -type f | wc -l)" "recipes that were tried"
