# `make install` puts the programs, their manuals, completions and the service where each is looked for; what it installed
# works; `make uninstall` takes it all away again and nothing else.

root=$(cd "$scripts/../../.." && pwd)
# The programs are those that are tested, and not built again.
make_there() { env -u MAKEFLAGS make -s -C "$root" SWIFT=true BIN="$bin" PREFIX=/usr/local DESTDIR="$SCRATCH/root" "$@"; }

mkdir -p "$SCRATCH/root/usr/local/bin"
echo mine >"$SCRATCH/root/usr/local/bin/other"
exits 0 make_there install
(cd "$SCRATCH/root/usr/local" && find . -type f | sort) >"$SCRATCH/installed"
for file in bin/chat bin/chatd share/man/man1/chat.1 share/man/man5/chat.conf.5 share/man/man7/chat-protocol.7 \
    share/man/man8/chatd.8 share/bash-completion/completions/chat share/zsh/site-functions/_chat \
    share/fish/vendor_completions.d/chat.fish lib/systemd/system/chatd.service lib/sysusers.d/chatd.conf; do
    has "$SCRATCH/installed" "^./$file\$"
done
same "" "$(find "$SCRATCH/root/usr" -name 'chat*' -type f ! -path '*/bin/*' ! -perm 644)" "data is for everybody to read"
same "" "$(grep -rl @PREFIX@ "$SCRATCH/root/usr/local/lib" "$SCRATCH/root/usr/local/share")" "places are filled in"
has "$SCRATCH/root/usr/local/lib/systemd/system/chatd.service" '^ExecStart=/usr/local/bin/chatd run'
same "$("$bin/chat" --version)" "$("$SCRATCH/root/usr/local/bin/chat" --version)"
man_page() { MANPATH=$SCRATCH/root/usr/local/share/man man -w "$1"; }
if command -v man >/dev/null; then for page in chat chat.conf chat-protocol chatd; do exits 0 man_page "$page"; done; fi

exits 0 make_there install
(cd "$SCRATCH/root/usr/local" && find . -type f | sort) | cmp -s - "$SCRATCH/installed" || fail "a second install differs"
exits 0 make_there uninstall
same ./usr/local/bin/other "$(cd "$SCRATCH/root" && find . -type f)" "what uninstall leaves"
