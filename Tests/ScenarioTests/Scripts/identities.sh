# Identity files: each is good for one use, unless it is reusable: then the newest use ends the one before. A recovery file lets devices
# in and cuts them off.

start_server
user alice
user bob
exits 0 alice chat whoami --json
first=$(jq -r .device "$SCRATCH/out")
for name in box second third ci night spare; do person "$name"; done

# renewals_rest: as if a minute had passed since each identity was used.
renewals_rest() {
    sqlite3 -cmd '.timeout 20000' "$SCRATCH/server/chatd.db" 'UPDATE renewals SET time = time - 60000'
}

# One use: keys of its own, and where it is at home nothing is asked again, also while the server is away.
exits 0 alice chat device add --out "$SCRATCH/once" --name job
exits 0 alice chat device list --json
same '"once"' "$(jq -c 'select(.name == "job") | .identity' "$SCRATCH/out")"
exits 0 as box chat login --identity "$SCRATCH/once" --json
same job "$(jq -r .device_name "$SCRATCH/out")"
exits 0 alice chat device list --json
same "$(jq -r 'select(.name == "job") | .dev1' "$SCRATCH/out")" "$(as box chat whoami --json | jq -r .dev1)" \
    "its fingerprint survives"
same "$(alice chat whoami --json | jq -r .acct1)" "$(as box chat whoami --json | jq -r .acct1)" "the account's"
exits 0 as box chat send --to bob "from the box"
exits 0 as box chat login --identity "$SCRATCH/once"
has "$SCRATCH/err" 'has the identity already'
exits 78 as second chat --json login --identity "$SCRATCH/once"
same identity_used "$(jq -r .code "$SCRATCH/err")"
has "$SCRATCH/err" 'make another identity'
exits 77 as second chat whoami
exits 0 as box chat send --to bob "the first use is not concerned"

# Several of one file, each for one use.
exits 0 alice chat device add --out "$SCRATCH/two" --slots 2 --name pair
exits 0 as second chat login --identity "$SCRATCH/two"
exits 0 as third chat login --identity "$SCRATCH/two"
same "pair 1 pair 2" "$(for name in second third; do as "$name" chat whoami --json | jq -r .device_name; done | sort | paste -sd ' ')"
exits 78 as ci chat login --identity "$SCRATCH/two"
exits 0 as second chat send --to bob "one"
exits 0 as third chat send --to bob "two"

# Out of a pipe that is not filled yet.
person piped
alice chat device add --out - --name piped 2>"$SCRATCH/piped.err" | exits 0 as piped chat login --identity /dev/stdin ||
    fail "no login out of a pipe"
exits 0 as piped chat send --to bob "out of a pipe"

# Any number of uses: the former instance is told that another one has taken its place.
exits 0 alice chat device add --out "$SCRATCH/reusable" --reusable --name ci
exits 0 as ci chat login --identity "$SCRATCH/reusable"
background ci.log as ci chat listen --json
listener=$job
eventually online
exits 75 as night chat --json login --identity "$SCRATCH/reusable"
same rate_limited "$(jq -r .code "$SCRATCH/err")" "one use a minute"
has "$SCRATCH/err" '"retry_after_ms":[0-9]+'
has "$SCRATCH/err" 'try again in [0-9]+ s; .*--slots'
exits 77 as night chat whoami
eventually renewals_rest
exits 0 as night chat login --identity "$SCRATCH/reusable"
status=0; wait "$listener" || status=$?
same 77 "$status" "the former listener ends"
exits 77 as ci chat --json send --to bob "the former"
same replaced "$(jq -r .code "$SCRATCH/err")"
has "$SCRATCH/err" 'chat login --identity'
exits 0 alice chat send --to bob "beside an identity that is used anew"
exits 0 as night chat send --to bob "the newest"
eventually renewals_rest
exits 0 as ci chat login --identity "$SCRATCH/reusable"
exits 0 as ci chat send --to bob "taken back"
exits 77 as night chat send --to bob "the former again"
exits 0 bob chat send --to alice "hello ci"
exits 0 as ci chat listen --no-follow
has "$SCRATCH/out" 'hello ci'

# In slots for jobs at once: an unused one, then the one that is idle longest.
exits 0 alice chat device add --out "$SCRATCH/slots" --reusable --slots 2 --name job
for name in box second third; do exits 0 as "$name" chat logout --forget; done
slot_of() { as "$1" chat whoami --json | jq -r .device_name; }
exits 0 as second chat login --identity "$SCRATCH/slots"
exits 0 as third chat login --identity "$SCRATCH/slots"
same "job 1 job 2" "$(slot_of second) $(slot_of third)"
eventually renewals_rest
background busy.log as second chat listen --json
eventually online
person fourth
exits 0 as fourth chat login --identity "$SCRATCH/slots"
same "job 2" "$(slot_of fourth)" "the idle one"
exits 77 as third chat send --to bob "its slot is taken"
exits 0 as second chat send --to bob "still at work"

# Jobs that begin at once: whoever is slower takes another slot; where there is none, its identity was used.
user carol
for kind in "--reusable --slots 4" "--slots 4" "--slots 1"; do
    rm -f "$SCRATCH/race"
    # shellcheck disable=SC2086 # words
    exits 0 carol chat device add --out "$SCRATCH/race" --name racer $kind
    jobs=()
    for number in 1 2 3 4; do
        person "racer$number"
        background "racer$number.log" as "racer$number" chat --json login --identity "$SCRATCH/race"
        jobs+=("$job")
    done
    statuses=()
    for job in "${jobs[@]}"; do status=0; wait "$job" || status=$?; statuses+=("$status"); done
    wanted="0 0 0 0"; [ "$kind" != "--slots 1" ] || wanted="0 78 78 78"
    same "$wanted" "$(printf '%s\n' "${statuses[@]}" | sort -n | paste -sd ' ')" "four at once, $kind"
    for number in 1 2 3 4; do as "racer$number" chat logout --forget 2>"$SCRATCH/forgotten" || true; done
done

# What is combined must make sense.
for options in "--certify --reusable" "--certify --slots 2" "--slots 0" "--slots 32"; do
    # shellcheck disable=SC2086 # words
    exits 64 alice chat device add --out "$SCRATCH/none" $options
    [ ! -e "$SCRATCH/none" ] || fail "$options made a file"
done

# The recovery file: with it the account goes on where its only certifying device is lost.
exits 0 alice chat device add --out "$SCRATCH/recovery" --certify
exits 0 as spare chat login --identity "$SCRATCH/recovery"
person second_spare
exits 78 as second_spare chat --json login --identity "$SCRATCH/recovery"
same store_copied "$(jq -r .code "$SCRATCH/err")"
exits 77 as second_spare chat whoami
person laptop
exits 77 as laptop chat login alice --server "$address" --trust "$pin" --password-file "$SCRATCH/password"
approve spare laptop
exits 0 as laptop chat send --to bob "approved by the recovery file"
exits 0 as spare chat device revoke "$first"
exits 77 alice chat send --to bob "lost"
exits 0 as spare chat send --to bob "goes on"

# The name in a file proves nothing: it must be its account's.
for options in "" "--certify"; do
    rm -f "$SCRATCH/renamed" "$SCRATCH/bobs"
    # shellcheck disable=SC2086 # words
    exits 0 as spare chat device add --out "$SCRATCH/renamed" --name renamed $options
    (umask 077; sed 's/^user = .*/user = "bob"/' "$SCRATCH/renamed" >"$SCRATCH/bobs")
    person "other$options"
    exits 78 as "other$options" chat --json login --identity "$SCRATCH/bobs"
    same wrong_profile "$(jq -r .code "$SCRATCH/err")"
    has "$SCRATCH/err" 'made for another account'
    exits 77 as "other$options" chat whoami
    exits 0 as "other$options" chat login --identity "$SCRATCH/renamed"
    same alice "$(as "other$options" chat whoami --json | jq -r .user)" "the file as it was made is not lost"
    exits 78 as "other$options" chat login --identity "$SCRATCH/bobs"
done

# What was revoked stays so, and is told where the file was never used.
exits 0 as spare chat device add --out "$SCRATCH/late" --name late
exits 0 as spare chat device revoke late
person stranger
exits 77 as stranger chat --json login --identity "$SCRATCH/late"
same device_revoked "$(jq -r .code "$SCRATCH/err")"
has "$SCRATCH/err" 'make another identity'
exits 0 daemon check
