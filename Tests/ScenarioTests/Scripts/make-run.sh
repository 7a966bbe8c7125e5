# `make run`: a server on loopback, an echo bot and a prompt, in the user's own directories; a second one joins the first;
# everything ends with the prompt that started it, and what was said is still there the next time.

root=$(cd "$scripts/../../.." && pwd)
place=127.0.0.1:$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
person me
# The programs are those that are tested, and not built again.
make_run() { as me CHAT_RUN_ADDRESS="$place" make -s -C "$root" SWIFT=true BIN="$bin" run; }
make_run_fed() { as me CHAT_RUN_ADDRESS="$place" sh -c 'exec make -s -C "$1" SWIFT=true BIN="$2" run <"$3"' sh "$root" "$bin" "$1"; }
# runs: does the server of this user run?
runs() { me chatd status --data "$SCRATCH/me/.local/share/chatd"; }
stopped() { ! runs; }

mkfifo "$SCRATCH/keys"
background first make_run_fed "$SCRATCH/keys"
first=$job
exec 3>"$SCRATCH/keys"
within "$patience" runs || fail "no server: $(cat "$SCRATCH/first.err")"
echo "/dm echo hello" >&3
within "$patience" grep -q 'echo → me: hello' "$SCRATCH/first" || fail "no echo: $(cat "$SCRATCH/first" "$SCRATCH/first.err")"

printf '/dm echo and again\n' | exits 0 make_run
has "$SCRATCH/out" 'echo → me: and again'
exits 0 runs

exec 3>&-
within "$patience" gone "$first" || fail "the first does not end"
wait "$first"
same 0 $? "the status of the first"
within "$patience" stopped || fail "the server outlives its prompt"

printf '/dm echo the next day\n' | exits 0 make_run
has "$SCRATCH/out" 'echo → me: the next day'
exits 0 me chat --profile local history --with echo
same "hello and again the next day" "$(grep -o 'echo → me: .*' "$SCRATCH/out" | sed 's/.*: //' | paste -sd ' ')"
within "$patience" stopped || fail "the second server outlives its prompt"
same "" "$(find "$SCRATCH/me" -type f ! -perm 600)" "all of it is the owner's alone"
