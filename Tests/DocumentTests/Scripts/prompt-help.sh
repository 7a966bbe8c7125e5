# The commands of the prompt, as its own /help lists them, stand in chat(1), and no other.

start_server
user alice
printf '/help\n' | exits 0 alice chat
sed 's/  .*//; s/ .*//; s/TEXT$//' "$SCRATCH/out" | sort -u >"$SCRATCH/real"
awk '/^\.Sh /{ inside = $0 == ".Sh THE PROMPT" } inside && /^\.It Ic /{ print $3 }' "$VECTORS_ROOT/man/chat.1" |
    sort -u >"$SCRATCH/told"
same "$(cat "$SCRATCH/told")" "$(cat "$SCRATCH/real")" "commands of the prompt"
