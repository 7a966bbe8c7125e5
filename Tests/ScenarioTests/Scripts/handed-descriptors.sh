# A program that chat starts gets the descriptors that chat's caller gave, and none of chat's own: no connection, no store.

start_server
user alice
user bob

# with_more COMMAND [ARG…]: the caller has opened 3 and 9 for it.
echo "the caller's" >"$SCRATCH/more"
with_more() { "$@" 3<"$SCRATCH/more" 9<"$SCRATCH/more"; }

# What a program prints that tells which descriptors its shell was given. given FILE: their numbers, without the standard ones.
show='for one in /proc/$$/fd/*; do echo "$one $(readlink "$one")"; done'
given() { sed -En 's,^/proc/.*/fd/([0-9]+) .*,\1,p' "$1" | grep -v '^[012]$' | sort -n | tr '\n' ' '; }

# Without us.
exits 0 with_more alice sh -c "$show"
wanted=$(given "$SCRATCH/out")
case " $wanted" in
    *" 3 "*) ;;
    *) fail "the caller's descriptor 3 is not there: $wanted" ;;
esac

exits 0 with_more alice chat run --to bob -- sh -c "$show; cat <&3"
same "$wanted" "$(given "$SCRATCH/out")" "run: $(cat "$SCRATCH/out")"
has "$SCRATCH/out" "^the caller's$"
exits 0 with_more alice chat run --to bob --tail 3 -- sh -c "exec >\"$SCRATCH/tail\"; $show"
same "$wanted" "$(given "$SCRATCH/tail")" "run --tail: $(cat "$SCRATCH/tail")"

exits 0 alice chat send --to bob "go"
exits 0 with_more bob chat listen --from alice --count 1 -- sh -c "cat <&9; exec >\"$SCRATCH/listen\"; $show"
same "$wanted" "$(given "$SCRATCH/listen")" "listen: $(cat "$SCRATCH/listen")"
has "$SCRATCH/out" "^the caller's$"

# Beside a connection that lasts.
background replies bob chat reply --allow alice -- sh -c "echo done; exec >\"$SCRATCH/reply\"; $show"
eventually online
exits 0 alice chat ask --to bob --timeout 60s "which?"
has "$SCRATCH/out" "done"
lacks "$SCRATCH/reply" 'socket:|anon_inode|chat/|\.db'
