# A text is in a profile's files no longer than `keep` says; who is to read it later is told that it is missing.

start_server
user alice
user bob
secret="plain-$RANDOM-$RANDOM-$RANDOM"
files() { grep -rqaF -- "$1" "$SCRATCH/$2/.local"; }
mkdir -p "$SCRATCH/bob/.config/chat" "$SCRATCH/alice/.config/chat"

# What was read and written stays, where nothing else is said.
exits 0 alice chat send --to bob "$secret first"
exits 0 bob chat listen --count 1 --timeout 60s
exits 0 bob chat send --to alice "$secret answer"
for actor in alice bob; do files "$secret" "$actor" || fail "$actor has no text: the search finds nothing"; done

# A word that is none is refused.
echo 'keep = "long"' >"$SCRATCH/bob/.config/chat/config.toml"
exits 78 bob chat whoami
has "$SCRATCH/err" 'keep must be forever, none, or a duration'

# Commands erase behind their answers, own texts and others'.
echo 'keep = "2s"' >"$SCRATCH/bob/.config/chat/config.toml"
erased() {
    bob chat send --to alice "still there" >/dev/null || fail "bob cannot send"
    ! files "$secret" bob
}
eventually erased
exits 0 bob chat history --with alice
lacks "$SCRATCH/out" "$secret"
files "$secret" alice || fail "alice keeps her texts"
# The id of one that was erased is still that message's.
exits 0 bob chat send --to alice --id 11111111-2222-7333-8444-555555555555 "$secret once"
eventually erased
exits 0 bob chat send --to alice --id 11111111-2222-7333-8444-555555555555 "$secret once"
exits 0 alice chat listen --count 1 --timeout 60s --json --from bob
eventually erased

# So does a process that stays, and a reader that comes too late hears of it.
exits 124 bob chat listen --resume later --timeout 2s
exits 0 alice chat send --to bob "$secret late"
background bob.out bob chat listen --json --meta
within "$patience" grep -q "$secret late" "$SCRATCH/bob.out" || fail "bob hears nothing"
not_in_files() { ! files "$secret" bob; }
eventually not_in_files
exits 0 bob chat listen --resume later --timeout 5s --json
same '["gap","@alice","retention",1]' "$(jq -c '[.head, .conv, .reason, .missed]' "$SCRATCH/out")"
