# Every row of the table of exit statuses, and how signals end it. Other scenarios have 79 (trust), 81 (server-away).

start_server
user alice
user bob
knows alice bob
# code NAME: the error that was told as JSON has this code, and the exit status that the process had.
code() {
    same 1 "$(wc -l <"$SCRATCH/err")" "an error is one line"
    same "$1 $wanted" "$(jq -r '"\(.code) \(.exit)"' "$SCRATCH/err")" "code"
}
# says STATUS CODE COMMAND…: with this status, and this code as JSON on stderr; nothing on stdout.
says() {
    wanted=$1
    local code=$2
    shift 2
    exits "$wanted" "$@"
    same "" "$(cat "$SCRATCH/out")" "stdout of $*"
    code "$code"
}

exits 0 alice chat send --to bob hi
same "" "$(cat "$SCRATCH/out" "$SCRATCH/err")" "silent on success"
exits 1 alice chat history --with bob --search "no such text" --quiet
same "" "$(cat "$SCRATCH/out" "$SCRATCH/err")" "no match says nothing"
exits 1 alice chat history --id 00000000-0000-7000-8000-000000000000 --quiet
says 64 usage alice chat --json send --to bob --nonsense hi
says 64 usage alice chat --json send --to bob --wait
says 65 empty_message alice chat --json send --to bob ""
says 66 missing_file alice chat --json login alice --password-file "$SCRATCH/no-such-file"
says 66 missing_file alice chat --json --config "$SCRATCH/no-such-file" whoami
says 67 no_such_name alice chat --json resume rm nothing
says 67 no_such_name alice chat --json outbox drop 00000000-0000-7000-8000-000000000000
says 67 no_such_name alice chat --json server forget example.org
says 67 no_such_device alice chat --json device revoke 00000000000000000000000000000000
says 67 no_such_user alice chat --json who --wait nobody --timeout 60s
exits 67 alice chat --json send --to nobody hi
wanted=67 code no_such_user
same no "$(jq -r .sent "$SCRATCH/err")" "certainly not sent"
same "@nobody failed no_such_user" "$(jq -r '"\(.conv) \(.status) \(.code)"' "$SCRATCH/out")"
says 73 cannot_create alice chat --json device add --out "$SCRATCH/no/such/folder/identity"
exits 74 bash -c "$(declare -f as alice); SCRATCH=$SCRATCH bin=$bin; alice chat history >/dev/full"
background held alice chat listen --resume used --json --meta
eventually grep -q '"live"' "$SCRATCH/held"
says 75 resume_point_in_use alice chat --json listen --resume used --no-follow
has "$SCRATCH/err" "$job"
kill "$job"
person stranger
says 77 not_logged_in as stranger chat --json whoami
printf 'not the password\n' >"$SCRATCH/wrong"
says 77 login_refused as stranger chat --json login alice --server "$address" --trust "$pin" \
    --password-file "$SCRATCH/wrong"
says 77 login_refused as stranger chat --json login nobody --server "$address" --trust "$pin" \
    --password-file "$SCRATCH/wrong"
says 77 name_taken as stranger chat --json register alice --server "$address" --trust "$pin" \
    --password-file "$SCRATCH/password"
exits 78 alice chat --json --server 127.0.0.1:9 send --to bob hi
wanted=78 code wrong_server
printf 'nonsense\n' >"$SCRATCH/config"
says 78 bad_configuration alice chat --json --config "$SCRATCH/config" whoami
has "$SCRATCH/err" 'config:1'
exits 80 alice chat --json send --to bob --to nobody --to nobody2 hi
same 3 "$(wc -l <"$SCRATCH/out")" "each target is reported"
same 2 "$(wc -l <"$SCRATCH/err")" "each failure is told"
says 124 nothing_came alice chat --json listen --new --idle 300ms
runs_out 124 alice chat --json send --to bob --wait read --timeout TIME hi
wanted=124 code not_confirmed
same accepted "$(jq -r .status "$SCRATCH/out")" "accepted, but not confirmed"

# What speaks another protocol.
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$SCRATCH/key" -out "$SCRATCH/cert" \
    -days 2 -subj /CN=localhost 2>/dev/null
openssl s_server -accept 127.0.0.1:0 -key "$SCRATCH/key" -cert "$SCRATCH/cert" -tls1_3 >"$SCRATCH/other" 2>&1 < <(sleep 60) &
started+=($!)
within "$patience" grep -q '^ACCEPT' "$SCRATCH/other" || fail "openssl does not listen"
other=$(sed -n 's/^ACCEPT //p' "$SCRATCH/other")
says 76 unsupported_version as stranger chat --json register x --server "$other" --trust accept-new --connect-timeout 60s \
    --password-file "$SCRATCH/password"

# Signals.
# ended SIGNAL COMMAND…: the command must end by this signal, as the kernel has it.
ended() {
    python3 - "$@" <<'END'
import signal, subprocess, sys
number, command = getattr(signal, "SIG" + sys.argv[1]), sys.argv[2:]
process = subprocess.Popen(command, stdout=subprocess.PIPE)
assert b'"live"' in process.stdout.readline() + process.stdout.readline() + process.stdout.readline()
process.send_signal(number)
sys.exit(0 if process.wait(30) == -number else f"ended with {process.returncode}")
END
}
for signal in INT TERM HUP; do
    ended "$signal" env -i HOME="$SCRATCH/alice" "$bin/chat" listen --new --json --meta || fail "SIG$signal"
done

stop_server
exits 69 alice chat --json send --to bob --timeout 1s hi
wanted=69 code unreachable
has "$SCRATCH/err" '"sent":"no"'
says 69 unreachable alice chat --json listen
exits 69 alice chat listen --no-follow --since 1h --own --json
has "$SCRATCH/out" '"body":"hi"'
exits 0 alice chat history --with bob
has "$SCRATCH/err" 'as of 20'
exits 69 alice chat history --with bob --sync
has "$SCRATCH/out" 'me → bob: hi'
exits 69 alice chat doctor
