# Who comes into a room and who goes is told to whoever listens with --meta: by whom, with which devices, and whether these are known;
# the devices that an account has besides come along.

start_server
user alice
user bob
user carol
exits 0 bob chat who
exits 0 carol chat who

# lines NAME: what NAME was told of members, one a line: how, by, added, removed.
lines() {
    jq -c 'select(.head == "member") | [.conv, .how, .by, [.added[]?.user], [.removed[]?.user]]' "$SCRATCH/$1"
}
told() { within "$patience" eval "lines $1 | grep -qxF '$2'" || fail "$1 is not told: $2 -- $(cat "$SCRATCH/$1" "$SCRATCH/$1.err")"; }

background bob-hears bob chat listen --meta --json
background carol-hears carol chat listen --meta --json
background alice-hears alice chat listen --meta --json
for name in alice bob carol; do eventually grep -q '"head":"live"' "$SCRATCH/$name-hears"; done

exits 0 alice chat room create ops
exits 0 alice chat room add ops bob
told bob-hears '["#ops","add","alice",["bob"],[]]'
told alice-hears '["#ops","add","alice",["bob"],[]]'
exits 0 alice chat room add ops carol
told bob-hears '["#ops","add","alice",["carol"],[]]'
told carol-hears '["#ops","add","alice",["carol"],[]]'

# Whom bob has not met is not known to him; alice, who has added her, knows her.
known() { jq -c 'select(.head == "member").added[]? | select(.user == "carol") | .known' "$SCRATCH/$1"; }
same false "$(known bob-hears)"
same true "$(known alice-hears)"

exits 0 alice chat room remove ops carol
told bob-hears '["#ops","remove","alice",[],["carol"]]'
told carol-hears '["#ops","remove","alice",[],["carol"]]'

# A leaving member; the commit that makes it so is anybody's.
exits 0 bob chat room leave ops
told alice-hears '["#ops","leave","bob",[],["bob"]]'
told bob-hears '["#ops","leave","bob",[],["bob"]]'

# By themselves, into an open room.
exits 0 alice chat room create --open dev
exits 0 carol chat room join dev
told alice-hears '["#dev","join","carol",["carol"],[]]'
told carol-hears '["#dev","join","carol",["carol"],[]]'

# A direct conversation has members, too.
exits 0 carol chat send --to bob hi
told bob-hears '["@carol","add","carol",["bob"],[]]'

# Once each, whichever process of the profile has met it, and as the schema says.
for name in alice bob carol; do
    same "" "$(lines $name-hears | sort | uniq -d)" "$name is told twice"
done
exits 0 alice chat schema
cp "$SCRATCH/out" "$SCRATCH/schema"
cat "$SCRATCH"/*-hears | exits 0 python3 "$scripts/check_lines.py" "$SCRATCH/schema"

# Without --json they are lines for people; without --meta there are none.
background plain alice chat listen --meta
background bare alice chat listen
eventually grep -q 'everything missed' "$SCRATCH/plain"
exits 0 bob chat room join dev
eventually grep -qx '\* bob joined #dev' "$SCRATCH/plain"
exits 0 bob chat send --room dev "last"
eventually grep -q last "$SCRATCH/bare"
lacks "$SCRATCH/bare" joined

# A further device of carol comes into her rooms by itself when it stays connected.
further phone carol
background phone-hears as phone chat listen --meta --own --json
told phone-hears '["#dev","join","carol",["carol"],[]]'
eventually grep -qx '\* a device of carol joined #dev' "$SCRATCH/plain"
exits 0 bob chat send --room dev "for both"
eventually grep -q '"for both"' "$SCRATCH/phone-hears"
# And into those that it gets later, by another device.
exits 0 alice chat room create --open later
exits 0 carol chat room join later
told phone-hears '["#later","join","carol",["carol"],[]]'
# One goes with its user.
exits 0 carol chat room leave later
told phone-hears '["#later","leave","carol",[],["carol","carol"]]'

# One that only writes comes into the room that it writes to, and into no other.
further tablet carol
exits 0 as tablet chat send --room dev "from the tablet"
eventually grep -q '"from the tablet"' "$SCRATCH/phone-hears"
eventually grep -q 'from the tablet' "$SCRATCH/plain"
exits 0 bob chat room members dev --devices --json
same 3 "$(jq -c 'select(.user == "carol") | .device' "$SCRATCH/out" | sort -u | wc -l)" "devices of carol in #dev"
