# A server that is restored has lost links of accounts' chains: whoever knows them gives them back, the owner's devices or those of others,
# and then the owner sees the devices that the server does not know any more, and cuts them off.

start_server
user alice
user bob
user carol
further tablet alice --device-name tablet
exits 0 bob chat keys show alice
exits 0 daemon backup "$SCRATCH/backup"

# Behind the backup: alice's laptop is approved, makes an identity, which is used, and revokes the tablet.
person laptop
exits 77 as laptop chat login alice --server "$address" --trust "$pin" --password-file "$SCRATCH/password" --device-name laptop
approve alice laptop default --certify
exits 0 as laptop chat device add --out "$SCRATCH/once" --name job
person job
exits 0 as job chat login --identity "$SCRATCH/once"
job=$(as job chat whoami --json | jq -r .device)
laptop=$(as laptop chat whoami --json | jq -r .device)
exits 0 as laptop chat device revoke tablet
exits 77 as tablet chat who
exits 0 bob chat keys show alice --json
same 3 "$(jq '.devices | length' "$SCRATCH/out")" "what bob knows"
exits 0 daemon restore "$SCRATCH/backup" --force

# alice's only device that is left knows nothing of the job; bob's does, and gives it back.
exits 77 as job chat who
exits 77 as laptop chat who
exits 0 carol chat keys show alice --json
same 2 "$(jq '.devices | length' "$SCRATCH/out")" "what the server knows"
exits 0 bob chat who
exits 0 carol chat keys show alice --json
same 3 "$(jq '.devices | length' "$SCRATCH/out")" "what the server knows again"
exits 77 as tablet chat --json who
same device_revoked "$(jq -r .code "$SCRATCH/err")"

# The owner sees them, and goes on.
exits 0 alice chat device list --json
same "$(printf '%s\n' "$job" "$laptop" | sort)" "$(jq -r 'select(.state == "lost") | .id' "$SCRATCH/out" | sort)"
exits 0 alice chat device list
has "$SCRATCH/out" "^$job .* lost "
exits 0 alice chat doctor
has "$SCRATCH/out" "^warning.devices: .*does not know device $job"
exits 0 alice chat device revoke "$job"
exits 0 as laptop chat login alice --password-file "$SCRATCH/password"
exits 0 as laptop chat who
exits 0 alice chat device list --json
same "active" "$(jq -r --arg id "$laptop" 'select(.id == $id) | .state' "$SCRATCH/out")"
same "" "$(jq -r --arg id "$job" 'select(.id == $id and .state != "revoked") | .state' "$SCRATCH/out")"
exits 77 as job chat who
exits 0 bob chat keys show alice --json
same 2 "$(jq '.devices | length' "$SCRATCH/out")" "without the job"

# The owner's own commands give back what they know, whatever they are.
exits 0 daemon backup "$SCRATCH/second"
exits 0 as laptop chat device add --out "$SCRATCH/another" --name another
exits 0 as laptop chat device list
exits 0 daemon restore "$SCRATCH/second" --force
exits 0 as laptop chat who
exits 0 carol chat keys show alice --json
same 3 "$(jq '.devices | length' "$SCRATCH/out")" "what the server knows again"
exits 0 daemon check
