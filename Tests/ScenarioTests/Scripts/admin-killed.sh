# Whatever moment an administrator's command is killed at, the store is sound, and nothing is half done.

printf '%s\n' "$password" >"$SCRATCH/password"
{
    printf 'USER_NAME,PASSWORD\n'
    for number in $(seq 3000); do
        printf 'u%s,$2a$05$XXXXXXXXXXXXXXXXXXXXXOAcXxm9kjPGEMsLznoKqmqw7tc8WCx4a\n' "$number"
    done
} >"$SCRATCH/many.csv"
exits 0 daemon invite create

# killed AFTER COMMAND…: kills it so many milliseconds after its start, if it still runs.
killed() {
    local after=$1 victim
    shift
    env -i PATH=/usr/bin:/bin HOME="$SCRATCH/server-home" "$bin/chatd" "$@" --data "$SCRATCH/server" \
        >/dev/null 2>&1 </dev/null &
    victim=$!
    sleep "$(printf '0.%03d' "$after")"
    kill -KILL "$victim" 2>/dev/null
    wait "$victim" 2>/dev/null
}

for round in 1 2 3 4 5 6; do
    killed $((round * 60)) user import "$SCRATCH/many.csv"
    exits 0 daemon check
done
exits 0 daemon user import "$SCRATCH/many.csv"
exits 0 daemon user list --json
same 3000 "$(jq -s 'map(select(.imported_password)) | length' "$SCRATCH/out")"

for round in 1 2 3 4 5; do
    killed $((round * 50)) backup "$SCRATCH/backup"
    exits 0 daemon check
done
exits 0 daemon backup "$SCRATCH/backup"
same "" "$(find "$SCRATCH/server" -name 'tmp-*')" "what was cut short is swept up"

was=$(daemon fingerprint)
generation=$(daemon status --json | jq -r .generation)
for round in 1 2 3 4 5 6 7 8; do
    killed $((round * 60)) restore --force "$SCRATCH/backup"
    exits 0 daemon check
    same "$was" "$(daemon fingerprint)" "the key goes with the data"
    exits 0 daemon user list --json
    same 3000 "$(jq -s length "$SCRATCH/out")" "all users are there"
done
# A server that dies in the middle of what it was asked to do.
for round in 1 2 3 4 5 6; do
    start_server
    case $((round % 3)) in
        0) background job.out daemon restore --force "$SCRATCH/backup" ;;
        1) background job.out daemon backup "$SCRATCH/another" ;;
        2) background job.out daemon user import "$SCRATCH/many.csv" ;;
    esac
    sleep "$(printf '0.%03d' $((round * 70)))"
    kill -KILL "$server" "$job" 2>/dev/null
    wait "$server" "$job" 2>/dev/null
    exits 0 daemon check
    same "$was" "$(daemon fingerprint)" "the key goes with the data"
    exits 0 daemon user list --json
    same 3000 "$(jq -s length "$SCRATCH/out")" "all users are there"
done
unset address

exits 0 daemon restore --force "$SCRATCH/backup"
[ "$(daemon status --json | jq -r .generation)" != "$generation" ] || fail "the generation is the old one"
exits 0 daemon check
