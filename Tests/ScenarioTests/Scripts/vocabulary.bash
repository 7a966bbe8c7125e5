# The words of the scenarios. Usage: CHAT_BINARIES=FOLDER bash vocabulary.bash NAME
# A scenario is a script NAME.sh beside this file; NAME may be a path from here. What it starts is ended with it, by
# process id.

set -u -o pipefail
scripts=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
bin=$(cd "${CHAT_BINARIES:?the folder of chat and chatd}" && pwd)
SCRATCH=${SCRATCH:-$(mktemp -d)}
password="correct horse battery"
started=()

say() { printf '%s\n' "$*" >&2; }

# fail WORDS: ends the scenario, with the server's last words.
fail() {
    say "FAILED: $* (line ${BASH_LINENO[*]})"
    [ -f "$SCRATCH/server.log" ] && { say "--- server"; tail -n 20 "$SCRATCH/server.log" >&2; }
    # In a pipeline this is a subshell: the scenario itself must end, too.
    kill -TERM $$
    exit 1
}
trap 'exit 1' TERM

# A word that nobody knows fails: what was to be checked by it was not. Where what it says goes to a file, it is told at the end.
command_not_found_handle() {
    printf '%s\n' "FAILED: there is no word '$1'" >"$SCRATCH/unknown-word"
    fail "there is no word '$1'"
}

# at_end: kills what the scenario started, with the parts of a pipeline that a shell has started for it, and nothing else.
at_end() {
    local process
    for process in "${started[@]:-}"; do
        [ -n "$process" ] && { pkill -KILL -P "$process"; kill -KILL "$process" 2>/dev/null; }
    done
    wait 2>/dev/null
    [ ! -f "$SCRATCH/unknown-word" ] || cat "$SCRATCH/unknown-word" >&2
}
trap at_end EXIT

# What runs beside a scenario does not inherit the descriptors 3 and 4, which scenarios feed pipes by.

# reserve_port: $address becomes one that no other test gets, though nobody listens there: a socket that is bound and never
# listens lets a listener with SO_REUSEADDR in, and keeps away whoever asks for any port.
reserve_port() {
    : >"$SCRATCH/reserved"
    python3 -c '
import signal, socket
reserved = socket.socket()
reserved.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
reserved.bind(("127.0.0.1", 0))
print("127.0.0.1:%d" % reserved.getsockname()[1], flush=True)
signal.pause()' >"$SCRATCH/reserved" </dev/null 3>&- 4>&- &
    started+=($!)
    eventually test -s "$SCRATCH/reserved"
    address=$(cat "$SCRATCH/reserved")
}

# start_server [OPTION…]: runs chatd on a free port and remembers $server, $address and $pin.
# A server that is started again takes the port that it had.
start_server() {
    [ -n "${address:-}" ] || reserve_port
    : >"$SCRATCH/listening"
    mkdir -p "$SCRATCH/server-home"
    env -i PATH=/usr/bin:/bin HOME="$SCRATCH/server-home" "$bin/chatd" run --listen "$address" \
        --data "$SCRATCH/server" "$@" >"$SCRATCH/listening" 2>>"$SCRATCH/server.log" 3>&- 4>&- &
    server=$!
    started+=("$server")
    within "$patience" grep -q '^listening ' "$SCRATCH/listening" || fail "the server does not listen"
    read -r _ address pin <"$SCRATCH/listening"
}

# stop_server [SIGNAL]: ends the server (TERM) and waits for it; its status is the answer.
stop_server() {
    kill "-${1:-TERM}" "$server"
    wait "$server"
}

# reload: makes the server read its configuration again, and waits until it has.
reload() {
    local before
    before=$(times_read)
    kill -HUP "$server"
    within "$patience" read_since "$before" || fail "the configuration is not read again"
}
times_read() { grep -c "configuration read again" "$SCRATCH/server.log"; }
read_since() { [ "$(times_read)" -gt "$1" ]; }

# daemon COMMAND [ARG…]: the administrator's tool on this scenario's server.
daemon() {
    env -i PATH=/usr/bin:/bin HOME="$SCRATCH/server-home" "$bin/chatd" "$@" --data "$SCRATCH/server"
}

# person NAME: a home of his own, and a function NAME that runs a command there.
person() {
    mkdir -p "$SCRATCH/$1"
    eval "$1() { as $1 \"\$@\"; }"
}

# as NAME COMMAND [ARG…]: runs a command in somebody's home, with an environment of nothing else.
as() {
    local name=$1
    shift
    ${replace_shell:+exec} env -i PATH="$bin:/usr/local/bin:/usr/bin:/bin" HOME="$SCRATCH/$name" LC_ALL=C.UTF-8 "$@"
}

# user NAME [OPTION…]: a person with an account on the server, logged in.
user() {
    local name=$1
    shift
    person "$name"
    printf '%s\n' "$password" >"$SCRATCH/password"
    as "$name" chat register "$name" --server "$address" --trust "$pin" --password-file "$SCRATCH/password" "$@" ||
        fail "$name cannot register"
}

# account NAME: one that the administrator made and no device of ours has begun to use: its password lets every device in.
account() {
    printf '%s\n' "$password" >"$SCRATCH/password"
    exits 0 daemon user add "$1" --password-file "$SCRATCH/password"
}

# knows NAME OTHER: NAME has looked at OTHER's key, and is not told of it with the first message.
knows() { exits 0 "$1" chat keys show "$2"; }

# approve OWNER HOME [PROFILE [OPTION…]]: OWNER's device lets the one of that home's profile use the account, by the fingerprint
# on its own screen.
approve() {
    local owner=$1 home=$2 profile=${3:-default}
    shift $(($# < 3 ? $# : 3))
    exits 0 as "$home" chat --profile "$profile" whoami --json
    exits 0 as "$owner" chat device approve "$(jq -r .device "$SCRATCH/out")" \
        --fingerprint "$(jq -r .dev1 "$SCRATCH/out")" "$@"
}

# further HOME OWNER [OPTION…]: a home in which OWNER logs a further device in, which is approved.
further() {
    local home=$1 owner=$2
    shift 2
    person "$home"
    exits 77 as "$home" chat login "$owner" --server "$address" --trust "$pin" --password-file "$SCRATCH/password" "$@"
    approve "$owner" "$home"
}

# background NAME-OF-LOG COMMAND [ARG…]: runs it beside the scenario; output in $SCRATCH/LOG, $job is its id.
background() {
    local log=$SCRATCH/$1
    shift
    # The command replaces the subshell, so that $job is the command itself.
    (replace_shell=yes; "$@") >"$log" 2>"$log.err" </dev/null 3>&- 4>&- &
    job=$!
    started+=("$job")
}

# mallory: an account with a device, $device, as which a peer that misbehaves logs in by its password; and a stranger, who writes to
# everybody. The peer encrypts nothing, so that its device is put into everyone's group behind the server's back: what it does with what is
# delivered has nothing to do with what it can read.
mallory() {
    account mallory
    user stranger
    device=$(PASSWORD=$password python3 "$scripts/bad_peers.py" device "$address")
    stop_server
    sqlite3 "$SCRATCH/server/chatd.db" "
        INSERT INTO leaves(conversation, device, account, leaf, since) SELECT c.number, d.id, d.account, 1000, c.head
        FROM conversations c JOIN devices d ON d.id = x'$device' WHERE c.type = 2;
        UPDATE conversations SET leaf_version = leaf_version + 1 WHERE type = 2"
    start_server
}

# written NUMBER SIZE: the stranger writes so many messages of this size to everybody.
written() {
    local text
    text=$(head -c "$2" /dev/zero | tr '\0' x)
    yes "$text" | head -n "$1" | exits 0 as stranger chat send --everyone --lines
}

# deaf_peer NUMBER: mallory's device listens and never reads, and the stranger sends so many messages of 60 kB there. It holds on until
# descriptor 4 is closed.
deaf_peer() {
    mkfifo "$SCRATCH/hold"
    (replace_shell=yes; PASSWORD=$password DEVICE=$device exec python3 "$scripts/bad_peers.py" never_reads "$address") \
        <"$SCRATCH/hold" >"$SCRATCH/deaf" 2>&1 &
    started+=($!)
    exec 4>"$SCRATCH/hold"
    within "$patience" grep -q ready "$SCRATCH/deaf" || fail "the deaf peer is not ready: $(cat "$SCRATCH/deaf")"
    written "$1" 60000
}

# feed_jobs NUMBER SENDER RECEIVER: sends "job 1" to "job NUMBER" in bursts, beside the scenario.
feed_jobs() {
    local n
    (
        for n in $(seq "$1"); do echo "job $n"; [ $((n % 5)) -ne 0 ] || sleep 0.05; done |
            "$2" chat send --to "$3" --lines
    ) &
    feeder=$!
    started+=("$feeder")
}

# each_job NUMBER KILLS: all that were fed are in $SCRATCH/done, in order, and no more came again than there were kills.
each_job() {
    local again
    wait "$feeder" || fail "the sender failed"
    same "$(seq -f 'job %g' "$1")" "$(awk '!seen[$0]++' "$SCRATCH/done")" "every job, in order"
    again=$(sort "$SCRATCH/done" | uniq -d | wc -l)
    [ "$again" -le "$2" ] || fail "$again jobs came again after $2 kills"
}

# eventually COMMAND [ARG…]: tries again until it succeeds, or ends the scenario after three minutes.
# within SECONDS COMMAND [ARG…]: the same, but fails when the time is over: `within 60 grep … || fail "why"`.
patience=180
eventually() { within "$patience" "$@" || fail "this does not come true in $patience seconds: $*"; }
within() {
    local end=$((SECONDS + $1))
    shift
    until "$@" >/dev/null 2>&1; do
        [ "$SECONDS" -le "$end" ] || return 1
        sleep 0.05
    done
}

# exits STATUS COMMAND [ARG…]: the command must end with this status; stdout and stderr are kept in
# $SCRATCH/out and $SCRATCH/err.
exits() {
    local wanted=$1 status=0
    shift
    "$@" >"$SCRATCH/out" 2>"$SCRATCH/err" || status=$?
    [ "$status" = "$wanted" ] ||
        fail "expected status $wanted, got $status: $* -- $(head -c 2000 "$SCRATCH/out") $(head -c 2000 "$SCRATCH/err")"
}

# runs_out STATUS COMMAND [ARG…]: as exits, of a command that ends because its time is over: TIME among its words is a second,
# and more where it had not got so far by then.
runs_out() {
    local wanted=$1 time status
    shift
    for time in 1s 5s 20s; do
        status=0
        "${@/#TIME/$time}" >"$SCRATCH/out" 2>"$SCRATCH/err" || status=$?
        [ "$status" != "$wanted" ] || return 0
    done
    exits "$wanted" "${@/#TIME/60s}"
}

# same EXPECTED ACTUAL [WORDS]: two texts must be equal.
same() { [ "$1" = "$2" ] || fail "${3:-}: expected <$1>, got <$2>"; }

# jsonl FILTER: the lines of $SCRATCH/out, as one array, are what jq says of them.
jsonl() { jq -e -s "$@" "$SCRATCH/out" >/dev/null || fail "unexpected: $(cat "$SCRATCH/out")"; }

# has FILE PATTERN: a line of the file matches the extended pattern. lacks: none does.
has() { grep -Eq -- "$2" "$1" || fail "nothing in $1 matches $2: $(head -c 2000 "$1")"; }
lacks() { ! grep -Eq -- "$2" "$1" || fail "something in $1 matches $2: $(head -c 2000 "$1")"; }

# lines FILE NUMBER: has the file so many lines?
lines() { [ "$(wc -l <"$1")" -eq "$2" ]; }

# connected PROCESS: has it sockets beside those that all of us have been given?
connected() { [ "$(sockets "$1")" -gt "$(sockets $$)" ]; }
sockets() { find "/proc/$1/fd" -lname 'socket:*' | wc -l; }

# waiting: how many messages wait for the answer of the actor bot.
waiting() { bot chat resume list --json | jq 'select(.name == "reply") | .waiting'; }

# online: does the server say that somebody is? gone PROCESS: has a background job ended?
online() { daemon status --json | jq -e '.online > 0' >/dev/null; }
gone() { ! kill -0 "$1" 2>/dev/null; }

# freeze PROCESS: stops it; none of its threads runs any more.
freeze() {
    kill -STOP "$1"
    eventually frozen "$1"
}
frozen() { ! grep -L '^State:[[:space:]]*T' "/proc/$1/task/"*/status | grep -q .; }

# terminal [OPTION…] COMMAND…: alice's, at a terminal of her own (at_terminal.py).
terminal() { as alice python3 "$scripts/at_terminal.py" "$@"; }

case $1 in
    /*) scenario=$1.sh ;;
    *) scenario=$scripts/$1.sh ;;
esac
# shellcheck source=/dev/null # which scenario is known when it runs
. "$scenario"
