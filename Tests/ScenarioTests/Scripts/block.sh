# A user who is blocked gets it said: his direct messages and his additions are refused, on all devices of who blocks him, until
# he is unblocked.

start_server
user alice
user bob
user carol
further phone bob
for name in alice bob carol phone; do exits 0 as $name chat who; done
knows alice bob
exits 0 alice chat send --to bob "before"

exits 0 bob chat block
lacks "$SCRATCH/out" .
exits 0 bob chat block alice
exits 0 bob chat block alice
exits 0 bob chat block
has "$SCRATCH/out" "^alice +alice$"
# The account's other device sees the same.
exits 0 as phone chat block --json
same '["blocked","alice"]' "$(jq -c '[.head, .user]' "$SCRATCH/out")"

exits 77 alice chat send --to bob "after"
has "$SCRATCH/err" "bob takes nothing of this account"
exits 77 alice chat --json send --to bob "after"
same '["blocked",77,"@bob"]' "$(jq -c '[.code, .exit, .conv]' "$SCRATCH/err")"
exits 0 alice chat room create ops
exits 77 alice chat --json room add ops bob
same '["blocked","bob"]' "$(jq -c '[.code, .user]' "$SCRATCH/err")"
exits 80 alice chat room add ops bob carol
# A first message finds nobody who could be added.
exits 0 carol chat block alice
exits 77 alice chat send --to carol "hello"
has "$SCRATCH/err" "carol takes nothing of this account"

# The other way it goes on, and in rooms in which both are.
exits 0 bob chat send --to alice "what do you want"
exits 0 alice chat room create --open dev
exits 0 bob chat room join dev
exits 0 alice chat send --room dev "here i am"
exits 0 bob chat listen --no-follow --json
same '["before","here i am"]' "$(jq -sc 'map(select(.body) | .body)' "$SCRATCH/out")"

exits 65 bob chat block bob
exits 67 bob chat --json block nobody
same no_such_user "$(jq -r .code "$SCRATCH/err")"

# With any of the devices it is taken back.
exits 0 as phone chat unblock alice
exits 0 bob chat block
lacks "$SCRATCH/out" .
exits 0 alice chat send --to bob "again"
exits 0 alice chat room add ops bob
exits 0 bob chat listen --no-follow --to-me --json
same again "$(jq -r .body "$SCRATCH/out" | tail -n 1)"
exits 0 bob chat room members ops
