# A further device waits until its fingerprint was compared; where no device is left that approves, the password begins anew.

start_server
user alice
user bob
exits 0 alice chat device list --json
first=$(jq -r .id "$SCRATCH/out")
person laptop
exits 77 as laptop chat --json login alice --server "$address" --trust "$pin" --password-file "$SCRATCH/password" \
    --device-name laptop
same "device_pending 1" "$(jq -r '"\(.code) \(.approvers)"' "$SCRATCH/err")"
waiting=$(jq -r .device "$SCRATCH/err") fingerprint=$(jq -r .dev1 "$SCRATCH/err")
exits 77 as laptop chat send --to bob "not yet"
has "$SCRATCH/err" "$fingerprint"

# The server's list does not tell what is to be compared, and another fingerprint approves nothing.
exits 0 alice chat device list --json
same "pending null" "$(jq -r --arg id "$waiting" 'select(.id == $id) | "\(.state) \(.dev1)"' "$SCRATCH/out")"
exits 0 alice chat doctor
has "$SCRATCH/out" "^warning.devices: laptop \\($waiting\\) waits to be approved, since .*: chat device list"
lacks "$SCRATCH/out" "dev1:"
exits 0 alice chat doctor --json
same no_recovery "$(jq -r 'select(.code == "no_recovery") | .code' "$SCRATCH/out")" "alice's is the only device that approves"
exits 0 alice chat whoami --json
exits 79 alice chat --json device approve laptop --fingerprint "$(jq -r .dev1 "$SCRATCH/out")"
same fingerprint_differs "$(jq -r .code "$SCRATCH/err")"
lacks "$SCRATCH/err" "$fingerprint"
exits 64 alice chat device approve laptop --fingerprint dev1:short
exits 77 as laptop chat device approve "$waiting" --fingerprint "$fingerprint"
exits 77 as laptop chat send --to bob "not yet"

# The prompt tells of who came before it, and of who comes while it is there.
person phone
exits 0 terminal chat <<END
expect laptop, since
expect chat device approve $waiting
until ! env -i PATH="$bin:/usr/bin:/bin" HOME="$SCRATCH/phone" chat login alice --server "$address" --trust "$pin" --password-file "$SCRATCH/password" --device-name phone
expect phone, since
send \\x04
END
lacks "$SCRATCH/out" "dev1:[a-z0-9]"

# Who waits for it goes on when it is approved; who does not wait long enough ends as without.
exits 77 as laptop chat login alice --server "$address" --password-file "$SCRATCH/password" --wait 1s
same 1 "$(grep -c 'chat device approve' "$SCRATCH/err")" "how often it is told how it is approved"
background wait.log as laptop chat login alice --server "$address" --password-file "$SCRATCH/password" --wait 60s
waiter=$job
within "$patience" grep -q 'waits to be approved' "$SCRATCH/wait.log.err" || fail "it does not say what it waits for"
exits 0 alice chat device approve "$waiting" --fingerprint "$fingerprint"
status=0; wait "$waiter" || status=$?
same 0 "$status" "the login that waited"
exits 0 as laptop chat send --to bob "approved"
exits 0 alice chat device approve "$waiting" --fingerprint "$fingerprint"
exits 77 alice chat device approve "$waiting" --fingerprint "$fingerprint" --certify
has "$SCRATCH/err" "approved before, without the right"

# It uses the account and revokes nobody, but by the password the server suspends another device.
exits 77 as laptop chat --json device revoke "$first" </dev/null
same forbidden "$(jq -r .code "$SCRATCH/err")"
exits 0 as laptop chat device revoke "$first" --password-file "$SCRATCH/password"
exits 77 alice chat send --to bob "suspended"
exits 0 as laptop chat device list --json
same suspended "$(jq -r --arg id "$first" 'select(.id == $id) | .state' "$SCRATCH/out")"

# What is suspended approves nobody, and is no device that is left: who waits is told so.
exits 77 as phone chat --json send --to bob "who approves me?"
exits 77 as phone chat --json login alice --server "$address" --password-file "$SCRATCH/password"
same "device_pending 0" "$(jq -r '"\(.code) \(.approvers)"' "$SCRATCH/err")"
exits 77 as phone chat --json send --to bob "and now?"
same "device_pending 0" "$(jq -r '"\(.code) \(.approvers)"' "$SCRATCH/err")"
exits 0 as laptop chat doctor --json
same "begin the account anew: chat login --reset" "$(jq -r 'select(.code == "no_recovery") | .hint' "$SCRATCH/out")"
exits 77 as laptop chat --json logout
same last_device "$(jq -r .code "$SCRATCH/err")"

# A device that waits may do that, too: with the password alone a lost account is closed to who has its devices.
exits 77 as phone chat --json device revoke "$waiting" --password-file "$SCRATCH/password"
same last_device "$(jq -r .code "$SCRATCH/err")"
exits 0 as phone chat device revoke "$waiting" --password-file "$SCRATCH/password" --force
exits 77 as laptop chat send --to bob "suspended by one that waits"
exits 77 as phone chat send --to bob "which waits on"

# Nobody is left that could approve another one.
person third
exits 0 as third chat login alice --server "$address" --trust "$pin" --password-file "$SCRATCH/password" --reset
has "$SCRATCH/err" "this revokes .*$waiting"
exits 77 as laptop chat send --to bob "given up"
exits 0 as third chat send --to bob "begun anew"

# Once a day. What is refused changes nothing, neither on the device that speaks for the account nor elsewhere.
exits 75 as third chat login alice --server "$address" --trust "$pin" --password-file "$SCRATCH/password" --reset --json
same rate_limited "$(tail -n 1 "$SCRATCH/err" | jq -r .code)"
exits 0 as third chat send --to bob "still here"
person fourth
exits 75 as fourth chat login alice --server "$address" --trust "$pin" --password-file "$SCRATCH/password" --reset
exits 77 as fourth chat whoami
exits 0 as third chat device list --json
lacks "$SCRATCH/out" pending
exits 0 daemon check
