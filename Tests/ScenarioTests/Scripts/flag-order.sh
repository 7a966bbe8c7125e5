# Flags, options and words in any order, global ones before or after the subcommand.

start_server
user alice
user bob
for words in "send --to bob --json x" "send x --to bob --json" "send --json x --to bob" "--json send --to bob x" \
    "--json send x --to bob" "send --to bob x --json" "--server $address send x --json --to bob" \
    "send --server $address --json --to bob x" "--profile default send --json --to bob x" \
    "send x --json --to bob --profile default"; do
    # shellcheck disable=SC2086 # the words are apart on purpose
    exits 0 alice chat $words
    same accepted "$(jq -r .status "$SCRATCH/out")" "chat $words"
done
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
