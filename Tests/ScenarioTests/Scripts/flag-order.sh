# Flags, options and words in any order, global ones before or after the subcommand.

start_server
user alice
user bob
# orders TAKEN REST…: every order of the parts, one a line.
orders() {
    local taken=$1 index
    shift
    [ $# -gt 0 ] || printf '%s\n' "$taken"
    for ((index = 1; index <= $#; index++)); do
        orders "$taken ${!index}" "${@:1:index-1}" "${@:index+1}"
    done
}
count=0
# The command's name stands before its own options and words; global ones stand anywhere.
while read -r words; do
    [[ $words =~ ^([^bx]*)send ]] || continue
    # shellcheck disable=SC2086 # the words are apart on purpose
    exits 0 alice chat $words </dev/null
    same accepted "$(jq -r .status "$SCRATCH/out")" "chat $words"
    count=$((count + 1))
done < <(orders "" send "--to bob" --json "--profile default" x)
same 40 "$count" "orders that were tried"
exits 0 alice chat --server "$address" send x --json --to bob
# What begins with a dash is a value behind an option, and no user's name.
for words in "--to -x" "--to=-x" "--to --json"; do
    # shellcheck disable=SC2086 # the words are apart on purpose
    exits 64 alice chat send $words hi
    has "$SCRATCH/err" "expected a user's name"
done
exits 64 alice chat listen --from -x --no-follow
exits 64 alice chat resume set -- -x
echo '{"to":"-x","body":"hi"}' | exits 65 alice chat send --jsonl
same 41 "$(bob chat history --with alice --limit 100 --sync --json | wc -l)" "sent, and no other"
exits 64 alice chat send --t bob x
exits 64 alice chat send x
exits 64 alice chat nonsense
exits 64 alice chat send --to
exits 64 alice chat send --to bob --everyone --to "b b" x
exits 64 alice chat --json send --nonsense
same error "$(jq -r .head "$SCRATCH/err")" "a usage error in JSON"
same 1 "$(wc -l <"$SCRATCH/err")" "an error is one line"
exits 64 alice chat send --nonsense
same 1 "$(wc -l <"$SCRATCH/err")" "an error is one line"
exits 0 alice chat --version
exits 0 alice chat --help
exits 0 alice chat send --help
