# The examples of the manual pages, run as they stand there. What they call besides our programs is played.

fakes=$SCRATCH/fakes
mkdir "$fakes" "$SCRATCH/tried"
printf '#!/bin/sh\necho "no space left"\nexit 1\n' >"$fakes/nightly-backup"
printf '#!/bin/sh\necho "made $1"\n' >"$fakes/make"
printf '#!/bin/sh\necho "a line of the log"\n' >"$fakes/tail"
printf '#!/bin/sh\necho "$@" >>"$HOME/logged"\n' >"$fakes/logger"
printf '#!/bin/sh\nsed s/x/y/\n' >"$fakes/bc"
# A container: a volume is a home of its own, and a file is found where it is mounted.
cat >"$fakes/docker" <<'END'
#!/bin/bash
while [[ $1 != image ]]; do
    case $1 in
    *:/root) home=$SCRATCH/volumes/${1%:/root} ;;
    *:/identity:ro) identity=${1%:/identity:ro} ;;
    esac
    shift
done
shift
mkdir -p "$home"
exec env HOME="$home" "${@//\/identity/$identity}"
END
chmod +x "$fakes"/*

# example PAGE PHRASE: the example that has the phrase; remembers that it was tried.
example() {
    awk -v phrase="$2" -v tried="$SCRATCH/tried/$1" '
        function give() { if (index(text, phrase)) { printf "%s", text; print "" > (tried "." number) } }
        /^\.Sh /{ inside = $2 == "EXAMPLES" }
        !inside { next }
        /^\.Dl /{ number++; text = substr($0, 5) "\n"; give() }
        /^\.Ed/{ block = 0; give() }
        block { text = text $0 "\n" }
        /^\.Bd/{ number++; block = 1; text = "" }' "$VECTORS_ROOT/man/$1" |
        sed 's/\\(dq/"/g; s/\\(aq/'"'"'/g; s/\\-/-/g; s/\\e/\\/g'
}
# shows NAME PHRASE: somebody runs that example of chat(1).
shows() {
    local text
    text=$(example chat.1 "$2")
    [ -n "$text" ] || fail "chat(1) has no example with: $2"
    # A crontab's line runs as the command that it has.
    text=${text#30 2 \* \* \*}
    ${replace_shell:+exec} env -i PATH="$fakes:$bin:/usr/local/bin:/usr/bin:/bin" HOME="$SCRATCH/$1" LC_ALL=C.UTF-8 \
        CHAT_SERVER="$address" SCRATCH="$SCRATCH" ${replace_shell:+setsid} sh -c "cd; $text"
}
# runs LOG NAME PHRASE: an example that goes on until `ends` is said.
runs() {
    background "$1" shows "$2" "$3"
    started+=("-$job")
}
ends() { kill -TERM -- "-$job"; wait "$job" 2>/dev/null; }
got() { bob chat history --sync --json --limit 500 | jq -r .body | grep -Fq -e "$1"; }

start_server
for name in alice bob boss oncall; do user "$name"; done

exits 0 shows alice 'backup finished'
same sent "$(cat "$SCRATCH/out")"
exits 0 shows alice 'df -h'
got "Mounted on" || fail "bob does not get what df prints"
exits 0 shows alice 'tail -F'
got "a line of the log" || fail "bob does not get the log"
exits 0 shows alice 'disk is full'
got "disk is full" || fail "bob is not told"
[ ! -e "$SCRATCH/alice/logged" ] || fail "it failed"
exits 1 shows alice 'nightly-backup'
exits 0 oncall chat listen --no-follow --json
has "$SCRATCH/out" 'nightly-backup: exit status 1'
exits 0 shows alice 'make release'
exits 0 alice chat history --sync --with alice
has "$SCRATCH/out" 'the release build: done'

# bob listens: he is told, and it is known that he was.
runs listen.out bob 'jq -r .body'
eventually online bob
exits 0 shows alice 'call me'
# jq gives what it has at its end, since this is no terminal.
kill "$(pgrep -g "$job" -x chat)"
wait "$job"
has "$SCRATCH/listen.out" '^call me$'

runs reply.out alice 'reply --allow bob'
answered() { bob chat send --to alice "how are you?" && got 'load average'; }
eventually answered
ends
runs jobs.out oncall '--jobs 4'
computed() { bob chat send --to oncall "x$((++n))" && got "y$n"; }
n=0
eventually computed
ends

printf '#!/bin/sh\ntouch deployed\n' >"$SCRATCH/alice/deploy"
chmod +x "$SCRATCH/alice/deploy"
background ask.out shows alice 'ship it?'
asking=$job
asked() { boss chat history --sync --json | grep -q 'ship it'; }
eventually asked
exits 0 boss chat send --to alice yes
wait "$asking" || fail "not agreed"
[ -e "$SCRATCH/alice/deployed" ] || fail "not deployed"

# The container, and the same one again; with a fresh home it is refused, as the page says.
exits 0 shows alice 'docker run'
got "up" || fail "the container does not speak"
text=$(example chat.1 'docker run' | sed 1d)
again() { env -i PATH="$fakes:$bin:/usr/bin:/bin" HOME="$SCRATCH/alice" SCRATCH="$SCRATCH" CHAT_SERVER="$address" sh -c "cd; $1"; }
exits 0 again "$text"
exits 78 again "${text/chat-home/fresh-home}"
has "$SCRATCH/err" 'good for one use'
exits 0 shows alice '--slots 4'
text=${text/'$PWD/identity:'/'$PWD/identities:'}
for home in one-home another-home; do exits 0 again "${text/chat-home/$home}"; done

total=$(awk '/^\.Sh /{ inside = $2 == "EXAMPLES" } inside && /^\.(Bd|Dl)/' "$VECTORS_ROOT/man/chat.1" | grep -c .)
same "$total" "$(find "$SCRATCH/tried" -name 'chat.1.*' | wc -l)" "examples that were tried"

# The server's, on the ports and in the folders that they name, where nobody else has them.
mkdir "$SCRATCH/var-lib"
# alone COMMAND…: in a network of its own, and with a /var/lib of its own, which is the home of a server that runs as root.
alone() {
    ${replace_shell:+exec} unshare -n -m sh -c 'ip link set lo up && mount --bind "$0" /var/lib && exec "$@"' \
        "$SCRATCH/var-lib" env -i PATH="$bin:/usr/bin:/bin" HOME="$SCRATCH/server-home" "$@"
}
if ! alone true 2>/dev/null; then
    say "SKIPPED: no network and no folders of its own can be made here for the examples of the server"
    exit 0
fi
text=$(example chatd.8 'chatd run' | sed -n 's/^\$ //p')
background try.out alone sh -c "exec $text"
eventually grep -q '^listening 127.0.0.1:7420 SHA256:' "$SCRATCH/try.out"
kill "$job"
wait "$job"

example chat.conf.5 'trust =' >"$SCRATCH/one.toml"
exits 77 as alice chat --profile new --config "$SCRATCH/one.toml" whoami
mkdir "$SCRATCH/lib"
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=chat.example.org -days 30 \
    -addext subjectAltName=DNS:chat.example.org -keyout "$SCRATCH/lib/chat.example.org.key" \
    -out "$SCRATCH/lib/chat.example.org.pem" 2>/dev/null
example chat.conf.5 'tls_cert' | sed "s|/var/lib/chatd|$SCRATCH/lib|" >"$SCRATCH/two.toml"
background team.out alone chatd run --config "$SCRATCH/two.toml" --data "$SCRATCH/lib/data"
eventually grep -q '^listening \[::\]:7420 ' "$SCRATCH/team.out"
has "$SCRATCH/team.out" '^listening 0.0.0.0:7420 '
reach() { nsenter -t "$job" -n openssl s_client -connect "$1" -alpn chat/1 </dev/null 2>/dev/null | grep -q 'CN = chat.example.org\|CN=chat.example.org'; }
if nsenter -t "$job" -n true 2>/dev/null; then
    eventually reach 127.0.0.1:7420
    eventually reach '[::1]:7420'
fi
kill "$job"
wait "$job"
