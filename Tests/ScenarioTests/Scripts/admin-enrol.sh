# An account whose first device logs in by an identity file of the administrator's, and needs no password.

# Before the server has ever run, the file names where it would listen.
exits 0 daemon user add early --enrol "$SCRATCH/early.id" --json
same early "$(jq -r .user "$SCRATCH/out")"
same 1 "$(jq -r .devices "$SCRATCH/out")"
has "$SCRATCH/early.id" '^server = "127.0.0.1:7420"$'
start_server
person early
exits 0 early chat login --server "$address" --identity "$SCRATCH/early.id"

# While it runs.
exits 0 daemon user add ann --display-name "Ann A." --enrol "$SCRATCH/ann.id"
lacks "$SCRATCH/out" .
has "$SCRATCH/err" "names the server $address"
same 600 "$(stat -c %a "$SCRATCH/ann.id")" "its mode"
person ann
exits 0 ann chat login --identity "$SCRATCH/ann.id" --json
same "ann Ann A." "$(jq -r '"\(.user) \(.display_name)"' "$SCRATCH/out")"
exits 0 ann chat login --identity "$SCRATCH/ann.id"
has "$SCRATCH/err" 'has the identity already'
exits 0 ann chat keys show ann --json
same 1 "$(jq '.devices | length' "$SCRATCH/out")"

# It approves others and makes identities, as any first device; nobody knows a password until one is set.
exits 0 ann chat device add --out "$SCRATCH/box.id"
person box
exits 0 as box chat login --identity "$SCRATCH/box.id"
exits 0 as box chat who
printf '%s\n' "$password" >"$SCRATCH/password"
person laptop
exits 77 as laptop chat --json login ann --server "$address" --trust "$pin" --password-file "$SCRATCH/password"
same login_refused "$(tail -n 1 "$SCRATCH/err" | jq -r .code)"
exits 0 daemon user passwd ann --password-file "$SCRATCH/password"
exits 77 as laptop chat --json login ann --server "$address" --trust "$pin" --password-file "$SCRATCH/password"
same device_pending "$(tail -n 1 "$SCRATCH/err" | jq -r .code)"
approve ann laptop
exits 0 as laptop chat who

# Once: who comes second is told.
person second
exits 78 as second chat --json login --identity "$SCRATCH/ann.id"
same identity_used "$(jq -r .code "$SCRATCH/err")"
exits 77 as second chat whoami

# Through standard output, which then holds nothing else.
daemon user add bob --enrol - --json >"$SCRATCH/bob.id" || fail "no identity on standard output"
chmod 600 "$SCRATCH/bob.id"
person bob
exits 0 bob chat login --identity "$SCRATCH/bob.id"

# A password beside it.
exits 0 daemon user add carol --enrol "$SCRATCH/carol.id" --password-file "$SCRATCH/password"
person carol
exits 0 carol chat login carol --server "$address" --trust "$pin" --password-file "$SCRATCH/password"

# Nothing is made in vain: no account where the file is there, no file where the name is taken.
exits 73 daemon user add dora --enrol "$SCRATCH/ann.id"
exits 73 daemon user add dora --enrol "$SCRATCH"
exits 0 daemon user list
lacks "$SCRATCH/out" dora
exits 77 daemon user add ann --enrol "$SCRATCH/again.id"
[ ! -e "$SCRATCH/again.id" ] || fail "a file without an account"
exits 64 daemon user add dora --enrol
exits 0 daemon check
