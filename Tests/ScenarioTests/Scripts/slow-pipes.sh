# A password and a configuration may come from a pipe whose writer takes his time.

start_server
user alice
# piped COMMAND…: in a shell of alice's own, which has <(…).
piped() { alice env ADDRESS="$address" PIN="$pin" PASSWORD="$password" bash -c "$1"; }

exits 0 piped 'chat login alice --password-file <(sleep 0.5; printf "%s\n" "$PASSWORD")'
exits 0 piped 'chat whoami --config <(sleep 0.5; printf "color = \"never\"\n"; sleep 0.2; echo "receipts = true")'
exits 78 piped 'chat whoami --config <(sleep 0.5; echo nonsense)'
# A FIFO that is opened for writing later.
mkfifo "$SCRATCH/fifo"
exits 0 piped "(sleep 0.5; printf '%s\\n' \"\$PASSWORD\" >'$SCRATCH/fifo') & chat login alice --password-file '$SCRATCH/fifo'"
exits 0 piped "(sleep 0.5; echo 'color = \"never\"' >'$SCRATCH/fifo') & chat whoami --config '$SCRATCH/fifo'"
# An endless one is not read to its end.
exits 66 alice timeout 30 chat login alice --password-file /dev/zero
# Where nobody named it, a FIFO is waited for by nobody.
mkdir -p "$SCRATCH/alice/.config/chat"
mkfifo -m 600 "$SCRATCH/alice/.config/chat/config.toml"
exits 0 alice timeout 30 chat whoami
