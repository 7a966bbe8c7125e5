# Invites: made, used up, expired, revoked.

start_server --registration invite
person alice
printf '%s\n' "$password" >"$SCRATCH/password"
join() { "$1" chat register "$1" --server "$address" --trust "$pin" --password-file "$SCRATCH/password" "${@:2}"; }

exits 77 join alice
exits 0 daemon invite create --uses 2
cp "$SCRATCH/out" "$SCRATCH/invite"
exits 0 join alice --invite-file "$SCRATCH/invite"
exits 0 daemon invite list --json
jq -e '.uses_left == 1 and (has("token") | not)' "$SCRATCH/out" >/dev/null || fail "$(cat "$SCRATCH/out")"
lacks "$SCRATCH/out" "$(cat "$SCRATCH/invite")"
person bob
exits 0 join bob --invite-file "$SCRATCH/invite"
person carol
exits 77 join carol --invite-file "$SCRATCH/invite"
exits 0 daemon invite list
same "" "$(cat "$SCRATCH/out")" "a used one is not listed"

exits 0 daemon invite create --expires 1ms
cp "$SCRATCH/out" "$SCRATCH/invite"
exits 77 join carol --invite-file "$SCRATCH/invite"

exits 0 daemon invite create --json
jq -r .token "$SCRATCH/out" >"$SCRATCH/invite"
id=$(jq -r .id "$SCRATCH/out")
exits 67 daemon invite revoke "${id//[0-9a-f]/0}"
exits 0 daemon invite revoke "$id"
exits 67 daemon invite revoke "$id"
exits 77 join carol --invite-file "$SCRATCH/invite"

# Used by many at once: by as many as it says and no more.
exits 0 daemon invite create --uses 2
cp "$SCRATCH/out" "$SCRATCH/invite"
jobs=()
for n in 1 2 3 4 5 6; do
    person "many$n"
    background "many$n.out" join "many$n" --invite-file "$SCRATCH/invite"
    jobs+=("$job")
done
answers=
for job in "${jobs[@]}"; do
    wait "$job"
    answers+="$? "
done
same "0 0 77 77 77 77" "$(tr ' ' '\n' <<<"$answers" | sort | paste -sd' ' | sed 's/^ //')" "two of six get in"
exits 0 daemon user list --json
same 2 "$(jq -r .user "$SCRATCH/out" | grep -c '^many')" "two of six have an account"

exits 64 daemon invite create --uses 0
exits 64 daemon invite create --uses many
exits 64 daemon invite create --expires soon
# The token is nowhere but with whoever was given it.
exits 0 stop_server
! grep -rqF "$(cat "$SCRATCH/invite")" "$SCRATCH/server" "$SCRATCH/server.log" || fail "the token lies about"
