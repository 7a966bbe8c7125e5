# Who may have few descriptors, threads or bytes in a file is told so: nothing waits for ever or is ended by it, and the command of
# `run` runs.

start_server
user alice
user bob
knows alice bob

# With how many descriptors ever, it is told by a status.
for number in 6 9 12 15 18 21 24; do
    for command in "listen --idle 500ms" "listen --no-follow" doctor; do
        status=0
        # shellcheck disable=SC2016 # for the inner shell
        alice bash -c 'ulimit -n "$1"; exec timeout 30 chat $2' few "$number" "$command" \
            >"$SCRATCH/out" 2>"$SCRATCH/err" || status=$?
        case $status in
        70 | 12[5-9] | 13[0-9]) fail "$command with $number descriptors ends with $status: $(cat "$SCRATCH/err")" ;;
        esac
    done
    exits 3 alice bash -c 'ulimit -n "$1"; exec chat run --to bob --tail 3 -- sh -c "echo it runs; exit 3"' few "$number"
    has "$SCRATCH/out" "^it runs$"
done
# A short command says it, too, and names nothing that is in order.
for number in 4 5 6 7; do
    for command in "send --to bob hi" whoami "history --with bob" "unread --count"; do
        # shellcheck disable=SC2016 # for the inner shell
        exits 75 alice bash -c 'ulimit -n "$1"; exec chat --json $2' few "$number" "$command"
        same no_resources "$(jq -r .code "$SCRATCH/err")" "$command with $number"
    done
done
for command in "send --to bob hi" whoami "history --with bob" "unread --count"; do
    # shellcheck disable=SC2016 # for the inner shell
    exits 0 alice bash -c 'ulimit -n 8; exec chat $1' few "$command"
done
exits 75 alice bash -c 'ulimit -n 12; exec chat --json listen'
same no_resources "$(jq -r .code "$SCRATCH/err")"

# Room for one stack beside the first one, and so for one thread.
few_threads='ulimit -s 2097152; ulimit -v 4194304; exec chat "$@"'
exits 75 alice bash -c "$few_threads" few --json listen
same no_resources "$(jq -r .code "$SCRATCH/err")"
exits 3 alice bash -c "$few_threads" few run --to bob --tail 3 -- sh -c 'echo "it runs: $*"; exit 3' sh one "two words"
has "$SCRATCH/out" "^it runs: one two words$"
has "$SCRATCH/err" "^chat: the report was not sent: this process may have no more threads"
exits 127 alice bash -c "$few_threads" few run --to bob -- no-such-program
exits 64 alice bash -c "$few_threads" few run -- true
for command in "send --to bob enough" "history --sync" unread; do
    # shellcheck disable=SC2086 # words on purpose
    exits 0 alice timeout 60 bash -c "$few_threads" few $command
done

exits 74 alice bash -c '
    (ulimit -f 0; exec chat --json send --to bob "a file that may not grow" 2>&1 >/dev/null) | cat >&2
    exit "${PIPESTATUS[0]}"'
same io_failed "$(jq -r .code "$SCRATCH/err")"
exits 0 alice chat send --to bob "now it may"
