# Whose word programs act on: messages say how their sender's key stands, a lasting connection hears at once that it has changed, and
# neither `reply`, nor a command of `listen`, nor `ask` acts on whoever has another one.

start_server
user alice
user bob
user carol

# trust LIMIT: how the key of whoever wrote the newest messages of bob's conversation stands, oldest first.
trust() { alice chat history --with bob --sync --json --limit "$1" | jq -c '.trust' | xargs; }

# Of who was never written to nothing is known, or the first key, where alice has come into the group by then; then it is the first
# key; then a verified one.
exits 0 bob chat send --to alice "before"
stranger=$(trust 1)
[ "$stranger" = null ] || same tofu "$stranger"
exits 0 alice chat send --to bob "hello"
same "tofu verified" "$(trust 2)" "one's own are one's own"
exits 0 bob chat keys show bob --json
bob_key=$(jq -r .fingerprint "$SCRATCH/out")
exits 0 alice chat keys verify bob --fingerprint "$bob_key"
same "verified verified" "$(trust 2)"
exits 0 alice chat schema dm
same '["verified","tofu","changed"]' "$(jq -c '.properties.trust.enum' "$SCRATCH/out")"

# Three programs wait for bob, and do what he says.
background replying alice chat --json reply --allow bob --allow carol -- sh -c 'cat >>"$HOME/replied"; echo done'
background hooking alice chat --json listen --new --from bob -- sh -c 'cat >>"$HOME/hooked"; echo >>"$HOME/hooked"'
eventually eval 'bob chat who | grep -q alice'
exits 0 bob chat send --to alice "as bob"
eventually grep -q "as bob" "$SCRATCH/alice/replied"
eventually grep -q "as bob" "$SCRATCH/alice/hooked"
background asking alice chat --json ask --to bob --to carol --timeout 60s "shall we?"
asking=$job
eventually eval 'bob chat history --with alice --sync | grep -q "shall we"'

# Somebody begins bob's account anew: those who are connected hear of it at once, and do nothing that he says.
person thief
exits 0 as thief chat login bob --reset --server "$address" --trust "$pin" --password-file "$SCRATCH/password"
for log in replying hooking; do
    within "$patience" grep -q '"code":"key_changed"' "$SCRATCH/$log.err" || fail "$log does not hear that the key has changed"
done
exits 0 as thief chat send --to alice "as the thief"
for log in replying hooking asking; do
    within "$patience" grep -q 'nothing is done for a message' "$SCRATCH/$log.err" || fail "$log does not say that it does nothing"
done
exits 0 as thief chat send --to alice "as the thief again"
exits 0 carol chat send --to alice "as carol"
wait "$asking"; same 0 $? "another one may answer"
has "$SCRATCH/asking" '"body":"as carol"'
lacks "$SCRATCH/alice/replied" thief
lacks "$SCRATCH/alice/hooked" thief
same 1 "$(grep -c 'nothing is done for a message' "$SCRATCH/replying.err")" "it is said once"
same '["key_changed","bob",79]' "$(grep 'nothing is done' "$SCRATCH/replying.err" | jq -c '[.code, .user, .exit]')"
same "changed changed" "$(trust 2)"

# Where nobody else answers, there is no answer.
exits 79 alice chat ask --to bob --timeout 60s "are you bob?"

# Once the key is accepted, it is bob again.
exits 0 as thief chat keys show bob --json
exits 0 alice chat keys accept bob --fingerprint "$(jq -r .fingerprint "$SCRATCH/out")"
exits 0 as thief chat send --to alice "as the accepted"
eventually grep -q "as the accepted" "$SCRATCH/alice/replied"
eventually grep -q "as the accepted" "$SCRATCH/alice/hooked"
same tofu "$(alice chat history --with bob --json --search "as the accepted" | jq -r .trust)"

# Whoever wants verified users only acts on nobody else.
background strict alice chat --keys verified --json reply --resume strict --allow bob -- sh -c 'cat >>"$HOME/strict"'
within "$patience" eval 'alice chat resume list | grep -q strict' || fail "no resume point"
exits 0 as thief chat send --to alice "unverified"
within "$patience" grep -q '"code":"unverified"' "$SCRATCH/strict.err" || fail "it does not say that it does nothing"
[ ! -e "$SCRATCH/alice/strict" ] || fail "it acted on somebody unverified"
