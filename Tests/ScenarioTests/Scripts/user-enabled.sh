# An account that was disabled, and is enabled again, goes on where nobody has removed it meanwhile, and is told where somebody has.

start_server
for name in alice bob carol; do user "$name"; done
for name in alice bob carol; do exits 0 "$name" chat who; done
exits 0 alice chat room create closed
exits 0 alice chat room add closed bob carol
exits 0 alice chat room create open --open
exits 0 bob chat room join open
exits 0 alice chat send --everyone hello
# everywhere TEXT: bob writes to all that he is in.
everywhere() {
    for target in --everyone "--room open" "--room closed" "--to alice"; do
        # shellcheck disable=SC2086
        exits 0 bob chat send --timeout 60s $target "$1"
    done
}
everywhere before

exits 0 daemon user disable bob
exits 77 bob chat send --to alice "while disabled"
exits 0 daemon user enable bob
everywhere "at once again"
exits 0 alice chat history --sync --limit 100 --json
same 4 "$(jq -r 'select(.body == "at once again") | .id' "$SCRATCH/out" | wc -l)" "what alice has of it"
exits 0 carol chat history --room closed --sync --json
same 1 "$(jq -r 'select(.body == "at once again") | .id' "$SCRATCH/out" | wc -l)" "what carol has of it"

# Whoever is to write to him, or to a closed room, has removed him.
exits 0 daemon user disable bob
exits 0 alice chat send --room closed "without bob"
exits 75 alice chat send --to bob "to nobody"
has "$SCRATCH/err" "bob has no device that can be written to now"
exits 0 daemon user enable bob
exits 77 bob chat --json send --timeout 60s --room closed "in it no more"
same '["not_a_member","#closed"]' "$(jq -c '[.code, .conv]' "$SCRATCH/err")"
has "$SCRATCH/err" "ask alice to add you: chat room add closed USER"
exits 0 alice chat send --to bob "to bob again"
exits 0 alice chat room add closed bob
everywhere "added again"
exits 0 bob chat listen --no-follow
has "$SCRATCH/out" "to bob again"
lacks "$SCRATCH/out" "without bob"

# An admin comes in by themselves.
exits 0 daemon user disable alice
exits 0 bob chat send --room closed "without alice"
exits 0 daemon user enable alice
exits 77 alice chat send --timeout 60s --room closed "in it no more"
has "$SCRATCH/err" "chat room join closed"
exits 77 alice chat room members closed
has "$SCRATCH/err" "chat room join closed"
exits 0 alice chat room join closed
exits 0 alice chat send --room closed "in it again"
exits 0 bob chat history --room closed --sync
has "$SCRATCH/out" "in it again"
exits 0 daemon check
