# Limits of the server as senders meet them; what was taken before is acknowledged again whatever the limits say now.

# configure LINES: the server's configuration.
configure() { printf '%s\n[limits]\n%s\n' "${2:-}" "$1" >"$SCRATCH/chatd.toml"; }
# refused STATUS CODE COMMAND…: it fails by this code, and says that nothing was sent.
refused() {
    local status=$1 code=$2
    shift 2
    runs_out "$status" "$@"
    jq -se --arg code "$code" 'last | .code == $code and .sent != "unknown"' "$SCRATCH/err" >/dev/null ||
        fail "not refused as $code: $(cat "$SCRATCH/err")"
}

configure $'account_store = 30000\neveryone_interval = "1h"'
start_server --config "$SCRATCH/chatd.toml"
user alice
user bob
head -c 15000 /dev/zero | tr '\0' x >"$SCRATCH/large"

# An account's share of the store, of which what it makes with groups takes some.
exits 0 alice chat send --to bob --id one <"$SCRATCH/large"
refused 75 store_full alice chat send --to bob --id two --timeout TIME --json <"$SCRATCH/large"
exits 0 alice chat send --to bob --id one <"$SCRATCH/large"
exits 0 bob chat send --to alice <"$SCRATCH/large"

# One message to everybody in an interval.
exits 0 alice chat send --everyone --id three "hello"
refused 75 rate_limited alice chat send --everyone --id four "hello again" --timeout TIME --json
exits 0 alice chat send --everyone --id three "hello"
exits 0 bob chat send --everyone "hello from bob"

# The whole store: no messages, no accounts, no conversations.
configure 'max_store = "1K"'
reload
refused 75 store_full bob chat send --to alice "full" --timeout TIME --json
refused 75 store_full bob chat send --to bob "a new conversation" --timeout TIME --json
exits 0 alice chat send --to bob --id one <"$SCRATCH/large"
person carol
refused 75 store_full carol chat register carol --server "$address" --trust "$pin" --password-file "$SCRATCH/password" --json

# What was allowed when it was sent is not refused when it is sent again.
configure "" 'broadcast = "admins"'
reload
refused 77 forbidden alice chat send --everyone --id five "hello" --timeout TIME --json
exits 0 alice chat send --everyone --id three "hello"

exits 0 bob chat history --everyone --sync --json
[ "$(jq -s 'map(select(.from == "alice")) | length' "$SCRATCH/out")" = 1 ] || fail "not once: $(cat "$SCRATCH/out")"
exits 0 bob chat history --with alice --sync --json
[ "$(jq -s 'map(select(.from == "alice")) | length' "$SCRATCH/out")" = 1 ] || fail "not once: $(cat "$SCRATCH/out")"
exits 0 daemon check
