# A room that everybody has left is dead: whoever was its admin makes it anew, without those who were in it; they see it when they
# are added, and their history of it goes on.

start_server
user alice
user bob
user carol
further phone alice
for name in alice bob carol phone; do exits 0 as $name chat who; done
exits 0 alice chat room create ops
exits 0 alice chat room add ops bob carol
exits 0 alice chat send --room ops "in the first"
exits 0 bob chat listen --no-follow --json
exits 0 carol chat listen --no-follow --json
exits 0 alice chat room members ops
has "$SCRATCH/err" "alice is the only admin of #ops; make another member one: chat room admin ops USER"
exits 0 bob chat doctor --json
same '["one_admin","warning"]' "$(jq -c 'select(.name == "rooms") | [.code, .status]' "$SCRATCH/out")"

# As long as somebody is in it its name is theirs.
exits 0 alice chat room leave ops
has "$SCRATCH/err" "you were the last admin of #ops"
exits 77 alice chat room create ops
exits 0 carol chat room leave ops
lacks "$SCRATCH/err" admin
exits 0 bob chat send --room ops "alone here"
exits 0 bob chat room leave ops
exits 77 bob chat --json send --room ops "nobody"
same '["not_a_member","#ops"]' "$(jq -c '[.code, .conv]' "$SCRATCH/err")"
exits 77 bob chat --json room create ops
same name_taken "$(jq -r .code "$SCRATCH/err")"

background phone-hears as phone chat listen --meta --own --json
eventually grep -q '"head":"live"' "$SCRATCH/phone-hears"
exits 0 alice chat room create --open ops
has "$SCRATCH/err" "everybody had left #ops; it is made anew"
exits 0 alice chat room list --json
same '["ops","open",true]' "$(jq -c '[.room, .access, .member]' "$SCRATCH/out")"
exits 0 alice chat room members ops
lacks "$SCRATCH/out" bob

# The account's other device goes on from the first one by itself.
exits 0 alice chat send --room ops "in the second"
within "$patience" grep -q '"in the second"' "$SCRATCH/phone-hears" || fail "the phone does not go on: $(cat "$SCRATCH"/phone-hears*)"
exits 0 alice chat room add ops bob
exits 0 bob chat send --room ops "again"
exits 0 carol chat room join ops
exits 0 carol chat send --room ops "by myself"
within "$patience" grep -q '"by myself"' "$SCRATCH/phone-hears" || fail "the phone does not go on"
exits 0 bob chat history --sync --room ops --json
same '["in the first","alone here","again","by myself"]' "$(jq -sc 'map(select(.body) | .body)' "$SCRATCH/out")" "bob's history"
