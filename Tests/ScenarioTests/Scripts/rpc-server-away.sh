# chat rpc: the server goes and comes again, and refuses the device at last; the process goes on.

start_server
user alice
user bob
mkfifo "$SCRATCH/told" "$SCRATCH/asked"
(replace_shell=yes; as alice python3 "$scripts/rpc_peer.py" server_away) \
    <"$SCRATCH/told" >"$SCRATCH/asked" 2>"$SCRATCH/peer.err" &
peer=$!
started+=("$peer")
exec 3>"$SCRATCH/told" 4<"$SCRATCH/asked"
while read -r word <&4; do
    case $word in
    # Sending first and listening later is one connection all the same.
    connections)
        one() { daemon status --json | jq -e '.connections == 1' >/dev/null; }
        within "$patience" one || fail "connections: $(daemon status --json)"
        ;;
    stop) stop_server KILL ;;
    start) start_server ;;
    bob) background bob.out bob chat listen --json ;;
    disable) exits 0 daemon user disable alice ;;
    esac
    echo done >&3
done
wait "$peer" || fail "$(cat "$SCRATCH/peer.err")"
