# Users of an old system log in with their old passwords; what is hostile is refused by line and column.

rows() { printf '%s\n' "$@" >"$SCRATCH/users.csv"; }

rows 'USER_NAME,PASSWORD,FULL_NAME' 'alice,$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW,"Alice, A."' \
    'Bob,$2y$05$/OK.fbVrR/bpIqNJ5ianF.CE5elHaaO4EbggVDjb8P19RukzXSM3e,' \
    'long,$2a$05$abcdefghijklmnopqrstuu5s2v8.iXieOjg/.AySBTTZIIVFJeBui,Long'
exits 66 daemon user import "$SCRATCH/none.csv"
exits 66 daemon user import --dry-run "$SCRATCH/users.csv"
start_server --registration closed
exits 0 daemon user import "$SCRATCH/users.csv" --dry-run
same "3 to import, 0 there already, 0 refused" "$(cat "$SCRATCH/out")"
exits 0 daemon user list
lacks "$SCRATCH/out" alice
exits 0 daemon user import "$SCRATCH/users.csv"
same "3 imported, 0 there already, 0 refused" "$(cat "$SCRATCH/out")"

# The old password, of any length the old system took.
person alice
printf 'U*U\n' >"$SCRATCH/password"
exits 0 alice chat login alice --server "$address" --trust "$pin" --password-file "$SCRATCH/password"
person long
printf '0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789chars after 72 are ignored\n' \
    >"$SCRATCH/password"
exits 0 long chat login long --server "$address" --trust "$pin" --password-file "$SCRATCH/password"
person wrong
printf 'U*V\n' >"$SCRATCH/password"
exits 77 wrong chat login alice --server "$address" --trust "$pin" --password-file "$SCRATCH/password"
# Made anew where bcrypt reads all of it.
renewed() { daemon user list --json | jq -s -e 'map(select(.imported_password) | .user) == ["bob", "long"]' >/dev/null; }
within "$patience" renewed || fail "the hash is not made anew"

# Hostile: each row by line and column, its content nowhere; the good rows are taken, names that exist left alone.
{
    printf 'USER_NAME\tPASSWORD\n'
    printf 'alice\t$2a$05$XXXXXXXXXXXXXXXXXXXXXOAcXxm9kjPGEMsLznoKqmqw7tc8WCx4a\n'
    printf 'costly\t$2b$31$XXXXXXXXXXXXXXXXXXXXXOAcXxm9kjPGEMsLznoKqmqw7tc8WCx4a\n'
    printf 'sha\t$6$SECRET$abc\n'
    printf 'huge\t'; head -c 10000000 /dev/zero | tr '\0' S; printf '\n'
    printf '../SECRET\t$2a$05$XXXXXXXXXXXXXXXXXXXXXOAcXxm9kjPGEMsLznoKqmqw7tc8WCx4a\n'
    printf '\033]0;SECRET\007\t$2a$05$XXXXXXXXXXXXXXXXXXXXXOAcXxm9kjPGEMsLznoKqmqw7tc8WCx4a\n'
    printf 'carol\t$2a$05$XXXXXXXXXXXXXXXXXXXXXOAcXxm9kjPGEMsLznoKqmqw7tc8WCx4a\n'
    printf 'CAROL\t$2a$05$XXXXXXXXXXXXXXXXXXXXXOAcXxm9kjPGEMsLznoKqmqw7tc8WCx4a\n'
    printf 'dave\n'
} >"$SCRATCH/hostile.tsv"
exits 80 daemon user import - --json <"$SCRATCH/hostile.tsv"
jq -e '.imported == 1 and .existing == 1 and .refused == 7' "$SCRATCH/out" >/dev/null || fail "$(cat "$SCRATCH/out")"
same 7 "$(jq -s 'map(select(.code == "invalid_line")) | length' "$SCRATCH/err")" "a line for each"
same "3:2 4:2 5:2 6:1 7:1 9 10" "$(jq -r .text "$SCRATCH/err" | sed 's/standard input:\([0-9:]*[0-9]\): .*/\1/' | paste -sd' ')"
lacks "$SCRATCH/err" SECRET
lacks "$SCRATCH/err" SSSS
exits 0 daemon user list --json
same "alice bob carol long" "$(jq -r .user "$SCRATCH/out" | paste -sd' ')"
person again
printf 'U*U\n' >"$SCRATCH/password"
exits 77 again chat login alice --server "$address" --trust "$pin" --password-file "$SCRATCH/password"
has "$SCRATCH/err" 'waits to be approved'

rows 'USER_NAME,PASSWORD,SALT' 'x,y,z'
exits 65 daemon user import "$SCRATCH/users.csv"
has "$SCRATCH/err" 'users.csv:1:3: '

# Without a server, too, and many.
exits 0 stop_server
{
    printf 'PASSWORD,USER_NAME\n'
    for number in $(seq 2000); do
        printf '$2a$05$XXXXXXXXXXXXXXXXXXXXXOAcXxm9kjPGEMsLznoKqmqw7tc8WCx4a,u%s\n' "$number"
    done
} >"$SCRATCH/many.csv"
exits 0 daemon user import "$SCRATCH/many.csv" --json
jq -e '.imported == 2000' "$SCRATCH/out" >/dev/null || fail "$(cat "$SCRATCH/out")"
exits 0 daemon check
