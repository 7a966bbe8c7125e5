# The JSON lines of chatd have the keys that chatd(8) tells, and no other.

# told HEAD: the keys in the page, one a line.
told() {
    awk -v head="$1" '
        /^\.Sh /{ inside = $0 == ".Sh JSON FIELDS" }
        inside && /^\.It Cm /{ here = $3 == head }
        inside && here && /^\.Va .*( ,|[a-z_] \.)/{ for (i = 2; i <= NF; i++) if ($i ~ /^[a-z]/) print $i }' \
        "$VECTORS_ROOT/man/chatd.8" | sort -u
}
# keys HEAD COMMAND…: what a command prints has keys of the page only; remembers which.
keys() {
    local head=$1
    shift
    daemon "$@" --json >"$SCRATCH/lines" || fail "chatd $*"
    same "$head" "$(jq -r .head "$SCRATCH/lines" | sort -u)" "chatd $*"
    jq -r 'keys_unsorted[]' "$SCRATCH/lines" | grep -vx -e v -e head | sort -u >"$SCRATCH/keys"
    cat "$SCRATCH/keys" >>"$SCRATCH/all.$head"
    same "" "$(comm -23 "$SCRATCH/keys" <(told "$head"))" "keys of $head that chatd(8) does not tell"
}

start_server --metrics 127.0.0.1:0
user alice
keys invite invite create
keys invite invite list
keys user user list
# A hash made for this test: "secret" at cost 4.
printf 'USER_NAME,PASSWORD\nold,$2b$04$abcdefghijklmnopqrstuuVRLmKFl8Cqj5TgcaQYX8hF9BtPFYB9W\n' >"$SCRATCH/users.csv"
keys import user import "$SCRATCH/users.csv"
# An export has lines of several kinds.
user bob
exits 0 alice chat send --to bob hello
daemon user export alice >"$SCRATCH/export"
for head in device conversation entry exported; do
    jq -r "select(.head == \"$head\") | keys_unsorted[]" "$SCRATCH/export" | grep -vx -e v -e head | sort -u \
        >"$SCRATCH/all.$head"
done
keys fingerprint fingerprint
keys check check
keys status status
keys backup backup "$SCRATCH/backup"
keys restored restore "$SCRATCH/backup" --force
for head in device conversation entry exported invite user import fingerprint check status backup restored; do
    same "$(told "$head")" "$(sort -u "$SCRATCH/all.$head")" "keys of $head"
done
