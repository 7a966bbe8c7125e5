# Through a proxy a server is the same: its key counts, the proxy sees names and sizes, and a bad proxy harms nobody.

cd "$SCRATCH" || fail "no scratch directory"
start_server
# serve_proxy KIND [USER:PASSWORD]: a proxy, by its address in $proxy; what it was asked is in $asked.
serve_proxy() {
    asked=asked.$((++proxies))
    background "$asked" python3 -B "$scripts/proxy.py" "$1" "$address" "${@:2}"
    eventually grep -q . "$asked"
    proxy=127.0.0.1:$(head -n 1 "$asked")
}
proxies=0
# through VARIABLE=VALUE… COMMAND: as alice, in an environment that has more.
through() { as alice env "$@"; }
person alice
printf '%s\n' "$password" >password
there=chat.test:7420

# The name is the proxy's to look up, and the server is known by its key under it.
serve_proxy socks
exits 79 alice chat register alice --server "$there" --proxy "socks5h://$proxy" --password-file password \
    --trust SHA256:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA
exits 0 alice chat register alice --server "$there" --proxy "socks5h://$proxy" --password-file password --trust "$pin"
exits 0 through "ALL_PROXY=socks5h://$proxy" chat send --to alice "by SOCKS"
has "$asked" '^asked chat.test 7420$'
exits 0 through "ALL_PROXY=socks5h://$proxy" chat doctor
has out "through the proxy socks5h://$proxy"
# An address is told as one. Here it is only an address: what answers has the right key.
exits 0 alice chat server move "$there" 192.0.2.7 --proxy "socks5://$proxy"
has "$asked" '^asked 192.0.2.7 7420$'
exits 0 alice chat server move 192.0.2.7 "$there" --proxy "socks5h://$proxy"

# With a password, which others cannot read.
serve_proxy http ann:open+sesame
mkdir -p alice/.config/chat
printf 'proxy = "http://ann:open%%2Bsesame@%s"\n' "$proxy" >alice/.config/chat/config.toml
chmod 644 alice/.config/chat/config.toml
exits 78 alice chat send --to alice "not sent"
lacks err sesame
chmod 600 alice/.config/chat/config.toml
exits 0 alice chat -vv send --to alice "by HTTP"
lacks err sesame
has "$asked" '^asked chat.test 7420$'
exits 69 through "ALL_PROXY=http://ann:wrong+one@$proxy" chat send --to alice "not sent"
has err "proxy http://$proxy refuses the user or the password"
lacks err wrong
exits 69 through "ALL_PROXY=http://$proxy" chat --json send --to alice "not sent"
same "unreachable no" "$(jq -r '"\(.code) \(.sent)"' err)"
exits 64 alice chat --proxy "http://ann:open+sesame@$proxy" whoami
lacks err sesame
# NO_PROXY and none: the server is looked for here, where nobody has that name.
exits 69 through "NO_PROXY=.test" chat send --to alice "not sent"
has err 'no address is known for chat.test'
exits 69 alice chat --proxy none send --to alice "not sent"
rm alice/.config/chat/config.toml
exits 78 through "ALL_PROXY=https://ann:sesame@$proxy" chat send --to alice "not sent"
lacks err sesame
exits 0 through "ALL_PROXY=https://ann:sesame@$proxy" chat history --with alice

# Bad proxies: bounded, and named.
for kind in endless garbage talkative; do
    serve_proxy "$kind"
    exits 69 through "ALL_PROXY=http://$proxy" chat send --to alice "not sent"
    has err "the proxy http://$proxy (answers with more|does not speak HTTP|says more than)"
    exits 69 through "ALL_PROXY=socks5h://$proxy" chat send --to alice "not sent"
done
serve_proxy silent
exits 69 through "ALL_PROXY=socks5h://$proxy" chat --connect-timeout 300ms send --to alice "not sent"
has err "the proxy socks5h://$proxy gives no answer in time"
exits 69 through ALL_PROXY=socks5h://127.0.0.1:9 chat send --to alice "not sent"
has err 'the proxy socks5h://127.0.0.1:9 cannot be reached: Connection refused'
has err 'does the proxy socks5h://127.0.0.1:9 work'
lacks err 'is chatd running'

# A listener goes through it too, and on when the server comes back.
serve_proxy socks
background listener through "ALL_PROXY=socks5h://$proxy" chat listen --json --new --meta
eventually grep -q '"head":"live"' listener
exits 0 through "ALL_PROXY=socks5h://$proxy" chat send --to alice "heard"
exits 0 alice chat history --with alice --json
same "by SOCKS|by HTTP|heard" "$(jq -r .body out | paste -sd '|')" "what was sent"
