# What version 0.1 kept: its people go on under their names, with their passwords, and write to each other where they did.

mkdir -m 700 "$SCRATCH/server"
sed '1,/static let version1/d; /"""#/,$d' "$scripts/../../ChatServerTests/Storage/FrozenStore.swift" |
    sqlite3 "$SCRATCH/server/chatd.db"
sqlite3 "$SCRATCH/server/chatd.db" "PRAGMA application_id = $((0x63686474)); PRAGMA user_version = 1"
chmod 600 "$SCRATCH/server/chatd.db"
same 1 "$(sqlite3 "$SCRATCH/server/chatd.db" "SELECT count(*) FROM conversations WHERE type = 1")" "there is no direct conversation"
start_server
exits 0 daemon check

printf '%s\n' "$password" >"$SCRATCH/password"
exits 0 daemon user passwd alice --password-file "$SCRATCH/password"
for name in alice bob; do
    person "$name"
    exits 0 as "$name" chat login "$name" --server "$address" --trust "$pin" --password-file "$SCRATCH/password"
done
exits 0 alice chat send --to bob "as before"
exits 0 bob chat send --to alice "as ever"
exits 0 bob chat --json listen --from alice --count 1 --timeout "${patience}s"
same "as before" "$(jq -r .body "$SCRATCH/out")"
exits 0 alice chat history --with bob --sync --json
same "as before as ever" "$(jq -r .body "$SCRATCH/out" | paste -sd ' ')"
exits 0 daemon check
