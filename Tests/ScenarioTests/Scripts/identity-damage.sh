# An identity file in which one value is damaged is refused, and changes nothing in the profile, or the value is of no account; the file
# as it was made still logs in afterwards.

start_server
user alice

# damaged FIELD: the file made, with another character near the end of the first such value.
damaged() {
    (umask 077; python3 -c '
import re, sys
field, seen = sys.argv[1], False
for line in open(sys.argv[2]):
    value = re.fullmatch(field + " = \"(.*)(.)(.{8})\"\n", line)
    if value and not seen:
        seen = True
        line = "%s = \"%s%s%s\"\n" % (field, value[1], "b" if value[2] == "a" else "a", value[3])
    sys.stdout.write(line)
assert seen' "$1" "$SCRATCH/made" >"$SCRATCH/damaged")
}

for use in "" "--reusable" "--certify"; do
    for damage in account:77:bad_proof server_id:78:wrong_server root:79:key_changed id:77:bad_proof \
        login_key:77:bad_proof grant_key:65:invalid_data pin:79:server_key_changed generation:0:- everyone:0:-; do
        IFS=: read -r field status code <<<"$damage"
        name=home${use#--}$field
        person "$name"
        rm -f "$SCRATCH/made"
        # shellcheck disable=SC2086 # words
        exits 0 alice chat device add --out "$SCRATCH/made" --name "$name" $use
        damaged "$field"
        exits "$status" as "$name" chat --json login --identity "$SCRATCH/damaged"
        if [ "$status" != 0 ]; then
            same "$code" "$(tail -n 1 "$SCRATCH/err" | jq -r .code)" "$use $field"
            exits 77 as "$name" chat --json whoami
            same not_logged_in "$(jq -r .code "$SCRATCH/err")" "$use $field"
            exits 0 as "$name" chat login --identity "$SCRATCH/made"
        fi
        exits 0 as "$name" chat send --to alice "with $field"
        exits 0 as "$name" chat logout --forget
    done
done
