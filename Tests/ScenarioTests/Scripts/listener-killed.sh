# kill -9 of a listener with a resume point and a command: nothing is lost, and at most the message in hand comes again.

start_server
user alice
user bob
cat >"$SCRATCH/handler" <<'END'
#!/bin/sh
read -r line
echo "$line" >>"$1"
END
chmod +x "$SCRATCH/handler"

exits 0 bob chat resume set worker
feed_jobs 200 alice bob
kills=0
while ! grep -qx 'job 200' "$SCRATCH/done" 2>/dev/null; do
    background listen bob chat listen --resume worker -- "$SCRATCH/handler" "$SCRATCH/done"
    sleep "0.$((RANDOM % 50 + 20))"
    kill -KILL "$job"
    wait "$job" 2>/dev/null
    kills=$((kills + 1))
    [ "$kills" -lt 400 ] || fail "no progress: $(tail -1 "$SCRATCH/done")"
done
each_job 200 "$kills"
