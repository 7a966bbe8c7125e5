# Devices: a revoked one is refused with 77 and gets nothing more; an identity file logs another machine in without a
# password; a copied profile is refused.

start_server
user alice
user bob
further laptop alice --device-name laptop
background laptop.out as laptop chat listen --json --meta
laptop=$job
# From when it has come in, it reads what is written.
within "$patience" grep -q '"head":"live"' "$SCRATCH/laptop.out" || fail "the laptop is not live"
exits 0 bob chat send --to alice "to both"
within "$patience" grep -q '"to both"' "$SCRATCH/laptop.out" || fail "the second device gets nothing"

exits 0 alice chat device list --json
id=$(jq -r 'select(.name == "laptop") | .id' "$SCRATCH/out")
exits 0 alice chat device rename "$id" "old laptop"
exits 0 alice chat device revoke "$id"
status=0; wait "$laptop" || status=$?
same 77 "$status" "the revoked listener ends"
exits 0 bob chat send --to alice "not for the laptop"
exits 77 as laptop chat send --to bob "hi"
lacks "$SCRATCH/laptop.out" "not for the laptop"

# An identity for a container.
exits 0 alice chat device add --out "$SCRATCH/identity"
same 600 "$(stat -c %a "$SCRATCH/identity")" "the identity's mode"
exits 73 alice chat device add --out "$SCRATCH/identity"
person box
exits 0 as box chat login --identity "$SCRATCH/identity" --server "$address"
exits 0 as box chat send --to bob "from the box"
exits 77 as box chat --json device revoke "$(jq -r .device <(alice chat whoami --json))" </dev/null
same forbidden "$(jq -r .code "$SCRATCH/err")" "its identity lets it use the account alone"
exits 0 as box chat whoami --json
same alice "$(jq -r .user "$SCRATCH/out")"

# A second copy of a profile is noticed by the server, whichever of the two comes second.
cp -a "$SCRATCH/box" "$SCRATCH/copy"
person copy
exits 0 as box chat send --to bob "one more from the box"
exits 78 as copy chat send --to bob "from the copy"
exits 78 as copy chat --json send --to bob "from the copy"
same store_copied "$(jq -r .code "$SCRATCH/err")"
has "$SCRATCH/err" '"hint":"log in anew'
exits 0 alice chat send --to bob "alice is not concerned"

# There nothing is said to be done that is not: not by a copy that was refused, nor by one that the server has not seen.
cp -a "$SCRATCH/box" "$SCRATCH/unseen"
cp -a "$SCRATCH/unseen" "$SCRATCH/another"
cp -a "$SCRATCH/another" "$SCRATCH/last"
for name in copy unseen another last; do person "$name"; done
for name in box unseen; do
    exits 0 as "$name" chat login --identity "$SCRATCH/identity"
    has "$SCRATCH/err" 'has the identity already'
    lacks "$SCRATCH/err" 'logged in'
done
exits 0 as box chat send --to bob "the box goes on"
exits 78 as unseen chat send --to bob "the unseen copy"
for name in copy unseen; do
    exits 78 as "$name" chat login --identity "$SCRATCH/identity"
    has "$SCRATCH/err" 'log in anew'
    lacks "$SCRATCH/err" 'logged in'
done
for name in unseen another; do
    for _ in 1 2; do
        exits 78 as "$name" chat logout
        has "$SCRATCH/err" 'log in anew'
        lacks "$SCRATCH/err" 'logged out'
    done
done
for name in copy last; do
    exits 0 as "$name" chat logout --forget
    has "$SCRATCH/err" 'no device was revoked; local data erased'
done
exits 0 as box chat send --to bob "still the box"
exits 0 as box chat logout
has "$SCRATCH/err" '^chat: logged out$'
exits 0 as box chat logout
has "$SCRATCH/err" 'logged out already'
exits 77 as box chat login --identity "$SCRATCH/identity"
has "$SCRATCH/err" 'make another identity'

exits 77 alice chat --json logout
same last_device "$(jq -r .code "$SCRATCH/err")" "nobody would be left"
exits 0 alice chat logout --force
exits 77 alice chat send --to bob "logged out"
exits 77 alice chat login alice --server "$address" --password-file "$SCRATCH/password"
exits 0 alice chat login alice --server "$address" --password-file "$SCRATCH/password" --reset
printf 'wrong password\n' >"$SCRATCH/wrong"
exits 77 bob chat login bob --server "$address" --password-file "$SCRATCH/wrong"
person nobody
exits 77 as nobody chat login nobody --server "$address" --trust "$pin" --password-file "$SCRATCH/password"
