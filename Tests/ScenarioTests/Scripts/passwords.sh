# A password is changed by files or by standard input; the old one is needed, and other devices can be cut off with it.

start_server
user alice
further laptop alice
background laptop.out as laptop chat listen --json --meta
laptop=$job
within "$patience" grep -q '"live"' "$SCRATCH/laptop.out" || fail "the laptop is not live"
echo "battery staple horse" >"$SCRATCH/new"

# A wrong old password changes nothing; two ways at once are one too many.
exits 77 alice chat passwd --password-file "$SCRATCH/new" --new-password-file "$SCRATCH/new"
exits 64 alice chat passwd --password-stdin --new-password-file "$SCRATCH/new" <"$SCRATCH/password"
exits 66 alice chat passwd --password-file "$SCRATCH/password" --new-password-file "$SCRATCH/nowhere"
kill -0 "$laptop" || fail "a password that was not changed cut the laptop off"

# From files. Without --revoke-others the other device stays.
exits 0 alice chat passwd --password-file "$SCRATCH/password" --new-password-file "$SCRATCH/new"
exits 0 as laptop chat send --to alice "still here"
person desk
exits 77 as desk chat login alice --server "$address" --trust "$pin" --password-file "$SCRATCH/password"
exits 77 as desk chat login alice --server "$address" --trust "$pin" --password-file "$SCRATCH/new"
has "$SCRATCH/err" 'waits to be approved'
approve alice desk

# With it, this device alone stays.
exits 0 alice chat passwd --revoke-others --password-file "$SCRATCH/new" --new-password-file "$SCRATCH/password"
within "$patience" gone "$laptop" || fail "the other device still listens"
status=0; wait "$laptop" || status=$?
same 77 "$status"
exits 77 as laptop chat send --to alice "no more"
exits 77 as desk chat send --to alice "no more"
exits 0 alice chat send --to alice "I am the one"
exits 0 alice chat device list --json
same 1 "$(jq -s 'map(select(.state == "active")) | length' "$SCRATCH/out")" "devices that are left"
