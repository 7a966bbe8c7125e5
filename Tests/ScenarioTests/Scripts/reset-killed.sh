# A reset that is killed loses no key: the device goes on as the one that it was, or the same command goes on where the account has begun
# anew.

start_server
user alice
exits 0 alice chat whoami --json
before=$(jq -r .acct1 "$SCRATCH/out")

# The passwords of those that were killed may still be computed: then the server is busy.
resets() { alice chat login alice --reset --password-file "$SCRATCH/password" >"$SCRATCH/out" 2>"$SCRATCH/err"; }

# goes_on: this device speaks for the account, if need be after the same command again.
goes_on() {
    alice chat who >"$SCRATCH/out" 2>"$SCRATCH/err" && return
    eventually resets
    exits 0 alice chat who
}

for pause in 0.02 0.05 0.1 0.15 0.2 0.22 0.24 0.26 0.28 0.3 0.35 0.4 0.5; do
    background reset.log alice chat login alice --reset --password-file "$SCRATCH/password"
    sleep "$pause"
    kill -KILL "$job" 2>/dev/null
    wait "$job" 2>/dev/null
    goes_on
done

# It was begun anew at most once, and at last it is.
is_decided() { resets || grep -q 'once a day' "$SCRATCH/err"; }
eventually is_decided
exits 0 alice chat whoami --json
[ "$(jq -r .acct1 "$SCRATCH/out")" != "$before" ] || fail "the account has not begun anew"
exits 0 alice chat device list --json
same 1 "$(jq -r 'select(.state == "active") | .id' "$SCRATCH/out" | wc -l)"
exits 0 alice chat device add --out "$SCRATCH/made"
exits 0 daemon check
