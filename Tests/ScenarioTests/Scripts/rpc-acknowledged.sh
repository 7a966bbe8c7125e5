# chat rpc: a resume point that moves by acknowledgement; kill -9 of the process loses nothing.

start_server
user alice
user bob
exits 0 alice python3 "$scripts/rpc_peer.py" acknowledging

exits 0 alice chat resume set worker
feed_jobs 150 bob alice
kills=0
while ! grep -qx 'job 150' "$SCRATCH/done" 2>/dev/null; do
    background worker alice python3 "$scripts/rpc_peer.py" worker "$SCRATCH/done" 150
    sleep "0.$((RANDOM % 50 + 30))"
    rpc=$(pgrep -P "$job" chat) && kill -KILL "$rpc"
    kill -KILL "$job" 2>/dev/null
    wait "$job" 2>/dev/null
    kills=$((kills + 1))
    [ "$kills" -lt 400 ] || fail "no progress: $(tail -1 "$SCRATCH/done") $(cat "$SCRATCH/worker.err")"
done
each_job 150 "$kills"
