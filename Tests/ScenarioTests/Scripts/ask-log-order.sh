# Only what comes after a question in the log answers it, on every device of who asks and however it is asked.

start_server
user alice
user bob
further laptop alice --device-name laptop

# came NAME TEXT: alice has sent NAME this.
came() { as "$1" chat history --sync --json --with alice --search "$2" | jq -e . ; }
# answer_after QUESTION: bob says no as soon as he has it.
answer_after() {
    eventually came bob "$1" || fail "bob is not asked: $1"
    exits 0 bob chat send --to alice "no"
}

# Bob says yes, and more, while no device of alice is there; whatever asks next waits for what comes after it.
exits 0 alice chat send --to bob "good morning"
exits 0 bob chat send --to alice "let us meet"
exits 0 bob chat send --to alice "yes"
(eventually grep -q "good morning" "$SCRATCH/prompt"; echo "/reply yes") | as bob chat >"$SCRATCH/prompt" 2>&1 ||
    fail "the prompt: $(cat "$SCRATCH/prompt")"
background first alice chat ask --to bob --choice yes --choice no "drop the database?"
asking=$job
answer_after "drop the database"
wait "$asking"; same 1 $? "the answer is what came after the question"
same no "$(cat "$SCRATCH/first")"

# The account's other device gets the same log, and asks later.
exits 0 bob chat send --to alice "yes"
background second as laptop chat ask --to bob --choice yes --choice no "delete the backups?"
asking=$job
answer_after "delete the backups"
wait "$asking"; same 1 $? "on the other device"
same no "$(cat "$SCRATCH/second")"

# Another process of the profile takes everything in while the question is being asked.
background listening alice chat listen
exits 0 bob chat send --to alice "yes"
background third alice chat ask --to bob --choice yes --choice no "restart everything?"
asking=$job
answer_after "restart everything"
wait "$asking"; same 1 $? "beside a listener"

# As a request.
exits 0 bob chat send --to alice "yes"
printf '%s\n' '{"jsonrpc":"2.0","id":1,"method":"ask","params":{"to":["bob"],"question":"remove it?","choices":["yes","no"]}}' \
    >"$SCRATCH/request"
(cat "$SCRATCH/request"; eventually lines "$SCRATCH/rpc" 1) | as laptop chat rpc >"$SCRATCH/rpc" 2>"$SCRATCH/rpc.err" &
asking=$!
started+=("$asking")
answer_after "remove it"
wait "$asking" || fail "rpc ends with $?: $(cat "$SCRATCH/rpc.err")"
same no "$(jq -r .result.choice "$SCRATCH/rpc")" "as a request"

# What was meant for a question that lapsed, and comes before the next one, does not answer that.
runs_out 124 as laptop chat ask --to bob --timeout TIME --choice yes --choice no "at once?"
exits 0 bob chat send --to alice "yes"
background fifth as laptop chat ask --to bob --choice yes --choice no "then shall I stop it?"
asking=$job
answer_after "then shall I stop it"
wait "$asking"; same 1 $? "after a question that lapsed"

# A marked answer needs a question that was asked, though its key can be guessed; asked again by another device it is
# the same question, and its answer counts there, too.
background sixth alice chat ask --to bob --id deploy-9 "deploy 9?"
asking=$job
eventually came bob "deploy 9" || fail "bob is not asked"
kill -KILL "$asking"
wait "$asking" 2>/dev/null
question=$(bob chat history --json --search "deploy 9?" | jq -r .id)
exits 0 bob chat send --to alice --reply-to "$question" "do it"
exits 0 as laptop chat ask --to bob --id deploy-9 "deploy 9?"
same "do it" "$(cat "$SCRATCH/out")" "the other device takes the question up"
