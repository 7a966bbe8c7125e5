# A server that takes lines slowly, but takes them, is not given up: a line's time counts from the last progress.

mkdir -m 700 "$SCRATCH/server"
printf '[limits]\neveryone_interval = "1s"\n' >"$SCRATCH/limits.toml"
chmod 600 "$SCRATCH/limits.toml"
start_server --config "$SCRATCH/limits.toml"
user alice
seq 11 | exits 0 alice chat send --everyone --lines --json --timeout 8s
same 11 "$(grep -c '"accepted"' "$SCRATCH/out")"
same "1,2,3,4,5,6,7,8,9,10,11" "$(alice chat history --everyone --json -q | jq -r .body | paste -sd,)" "in order"
