# The keys of both configuration files, as the programs themselves list them, stand in chat.conf(5), and no other.

# told SECTION: the keys in the page.
told() {
    awk -v section="$1" '
        /^\.Sh /{ inside = $2 == section; prefix = "" }
        inside && /\[limits\]/{ prefix = "limits." }
        inside && /^\.It Cm /{ print prefix $3 }' "$VECTORS_ROOT/man/chat.conf.5" | sort
}
# real ERROR: the keys that an error lists.
real() { sed -n 's/.*known are //p' "$1" | sed 's/; .*//' | tr -d ' ' | tr ',' '\n' | sort; }

person alice
printf 'nonsense = 1\n' >"$SCRATCH/wrong.toml"
exits 78 alice chat --config "$SCRATCH/wrong.toml" whoami
same "$(told CHAT)" "$(real "$SCRATCH/err")" "keys of chat"
exits 78 daemon run --config "$SCRATCH/wrong.toml"
same "$(told CHATD)" "$(real "$SCRATCH/err")" "keys of chatd"

# The examples of the page are taken.
example() {
    awk -v wanted="$1" '/^\.Sh EXAMPLES/{ inside = 1 } /^\.Ed/{ block = 0 } block && number == wanted
        inside && /^\.Bd/{ number++; block = 1 }' "$VECTORS_ROOT/man/chat.conf.5"
}
example 1 >"$SCRATCH/one.toml"
grep -q . "$SCRATCH/one.toml" || fail "no example"
exits 77 alice chat --config "$SCRATCH/one.toml" whoami
# The certificate is not there, which is seen when all has been understood.
example 2 >"$SCRATCH/two.toml"
grep -q . "$SCRATCH/two.toml" || fail "no second example"
exits 78 daemon run --config "$SCRATCH/two.toml"
has "$SCRATCH/err" 'cannot read /var/lib/chatd/chat.example.org.pem'
