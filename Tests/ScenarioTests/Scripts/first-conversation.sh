# A message reaches who listens and who is away, once, and the status tells.

start_server
user alice
user bob

# Bob is away: the message waits for him.
exits 0 alice chat send --to bob "hi bob"
same "" "$(cat "$SCRATCH/out")" "send is silent"
exits 0 bob chat listen --count 1 --timeout 60s --json --mark-read
same "hi bob" "$(jq -r .body "$SCRATCH/out")"
same "dm alice bob @alice false" "$(jq -r '"\(.head) \(.from) \(.to) \(.conv) \(.own)"' "$SCRATCH/out")"

# Bob listens: it arrives while he does.
background bob.out bob chat listen --json --meta
within "$patience" grep -q '"head":"live"' "$SCRATCH/bob.out" || fail "bob is not live"
exits 0 alice chat send --to bob "second"
within "$patience" grep -q '"body":"second"' "$SCRATCH/bob.out" || fail "the second message does not arrive"
same 1 "$(grep -c '"body":"second"' "$SCRATCH/bob.out")"
lacks "$SCRATCH/bob.out" '"body":"hi bob"'

# A broadcast reaches bob, and alice's own history has what she sent.
exits 0 alice chat send --everyone "hello all"
within "$patience" grep -q '"head":"bcast"' "$SCRATCH/bob.out" || fail "the broadcast does not arrive"
exits 0 alice chat history --with bob --json
same "hi bob second" "$(jq -r .body "$SCRATCH/out" | paste -sd' ')"

# What is not there is said, and nothing is printed on stdout.
exits 67 alice chat send --to nobody hi
same "" "$(cat "$SCRATCH/out")"
has "$SCRATCH/err" '^chat: '
exits 64 alice chat send --to bob </dev/null --no-such-option

# A doctor says how far the groups were read, and that others can add this device.
exits 0 bob chat history --sync
exits 0 bob chat doctor
has "$SCRATCH/out" "^ok.groups: in [0-9]*, all of them read"
has "$SCRATCH/out" "^ok.packages: [0-9]* key packages"
