# An identity file tells its device whom its maker has met and compared, and whose the names of rooms are: it meets none of them for the
# first time by the server's word.

start_server
user alice
user bob
user carol
exits 0 alice chat keys show bob --json
bob_key=$(jq -r .fingerprint "$SCRATCH/out")
exits 0 carol chat keys show carol --json
exits 0 alice chat keys verify carol --fingerprint "$(jq -r .fingerprint "$SCRATCH/out")"
exits 0 alice chat keys show carol
exits 0 alice chat room create ops
for use in once certify; do
    options=; [ "$use" = once ] || options=--$use
    # shellcheck disable=SC2086 # words
    exits 0 alice chat device add --out "$SCRATCH/$use.id" --name "$use" $options
    same 600 "$(stat -c %a "$SCRATCH/$use.id")" "its mode"
    person "$use"
    exits 0 as "$use" chat login --identity "$SCRATCH/$use.id"
    exits 0 as "$use" chat keys list --json
    same "bob tofu carol verified" "$(jq -r 'select(.own | not) | "\(.user) \(.trust)"' "$SCRATCH/out" | sort | xargs)" "$use"
    same ops "$(sqlite3 "$SCRATCH/$use/.local/share/chat/default/store.sqlite" 'SELECT name FROM room_pins')" "$use"
done
exits 0 as once chat keys show bob --json
lacks "$SCRATCH/err" "from now on"
same "$bob_key" "$(jq -r .fingerprint "$SCRATCH/out")"

# Who begins anew between the making and the login is not met for the first time.
exits 0 alice chat device add --out "$SCRATCH/late.id"
person phone
exits 0 as phone chat login bob --reset --server "$address" --trust "$pin" --password-file "$SCRATCH/password"
person late
exits 0 as late chat login --identity "$SCRATCH/late.id"
exits 0 as late chat keys show bob --json
same "changed $bob_key" "$(jq -r '"\(.trust) \(.fingerprint)"' "$SCRATCH/out")"

# What is known in a profile is not changed by a file.
(umask 077; sed -E "s/(\"bob [0-9a-f]+) acct1:[a-z2-7]+/\1 acct1:short/" "$SCRATCH/late.id" >"$SCRATCH/broken.id")
person broken
exits 65 as broken chat login --identity "$SCRATCH/broken.id"
exits 77 as broken chat whoami
