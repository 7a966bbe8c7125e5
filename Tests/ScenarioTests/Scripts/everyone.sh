# What is written to everyone, end to end: five people read each other, a sixth what comes from then on; who has gone, and a device that
# was revoked, read nothing more; and the server never has a word of it.

start_server
people="alice bob carol dan erin"
# All at once: one founds, the others come in one after the other.
jobs=()
for name in $people; do
    person "$name"
    printf '%s\n' "$password" >"$SCRATCH/password"
    background "$name.register" "$name" chat register "$name" --server "$address" --trust "$pin" \
        --password-file "$SCRATCH/password"
    jobs+=("$job")
done
for job in "${jobs[@]}"; do wait "$job" || fail "somebody cannot register"; done
further laptop alice --device-name laptop
background laptop.out as laptop chat listen --json --meta --everyone
laptop=$job
for name in bob carol; do background "$name.out" "$name" chat listen --json --meta --everyone --own; done
for name in laptop bob carol; do
    within "$patience" grep -q '"head":"live"' "$SCRATCH/$name.out" || fail "$name is not live"
done
for name in $people; do exits 0 "$name" chat send --everyone "all ears, says $name"; done
for reader in bob carol; do
    within "$patience" grep -q 'all ears, says erin' "$SCRATCH/$reader.out" || fail "$reader does not hear erin"
    same "$(for name in $people; do echo "all ears, says $name"; done | sort)" \
        "$(jq -r 'select(.head == "bcast").body' "$SCRATCH/$reader.out" | sort)" "what $reader reads"
done
# Who was away reads it later, and the history has it.
for name in alice dan erin; do
    exits 0 "$name" chat history --everyone --sync --json
    same 5 "$(jq -r 'select(.head == "bcast").body' "$SCRATCH/out" | wc -l)" "what $name reads"
done
lacks <(jq -r .head "$SCRATCH"/{laptop,bob,carol}.out) gap

# The same key is one message; what nobody may be sure of is refused.
exits 0 dan chat send --everyone --id once "just once"
exits 0 dan chat send --everyone --id once "just once"
exits 65 dan chat send --everyone --id once "something else"
exits 79 dan chat --keys verified --json send --everyone "to strangers"
same '["unverified","no"]' "$(jq -c '[.code, .sent]' "$SCRATCH/err")"
within "$patience" grep -q 'just once' "$SCRATCH/bob.out" || fail "bob does not hear dan"

# By the prompt, by lines, by rpc.
printf '/all by the prompt\n' | exits 0 erin chat
printf '%s\n' '{"everyone":true,"body":"by lines"}' | exits 0 erin chat send --jsonl
echo '{"jsonrpc":"2.0","id":1,"method":"send","params":{"everyone":true,"body":"by rpc"}}' | exits 0 erin chat rpc
exits 0 erin chat run --everyone --label job -- true
for text in "by the prompt" "by lines" "by rpc"; do
    within "$patience" grep -q "\"$text\"" "$SCRATCH/carol.out" || fail "$text does not arrive"
done

# A device that was revoked reads nothing more, and who has gone does not, either.
exits 0 alice chat device revoke laptop
status=0; wait "$laptop" || status=$?
same 77 "$status" "the revoked listener ends"
exits 0 erin chat logout --force
exits 0 alice chat send --everyone "among us"
within "$patience" grep -q '"among us"' "$SCRATCH/bob.out" || fail "bob does not hear alice"
lacks "$SCRATCH/laptop.out" "among us"
lacks <(cat "$SCRATCH"/laptop/.local/share/chat/default/* | tr -d '\0') "among us"

# Who comes later reads what comes later, and is told that there was more.
user frank
exits 0 bob chat send --everyone "welcome frank"
exits 0 frank chat listen --no-follow --json
same "gap before_join,bcast welcome frank" \
    "$(jq -r '"\(.head) \(.reason // .body)"' "$SCRATCH/out" | paste -sd,)" "what frank reads"

# The server's files hold no word of it.
stop_server
lacks <(cat "$SCRATCH"/server/* | tr -d '\0') "among us"
