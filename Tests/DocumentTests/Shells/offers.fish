# What fish offers for each line of standard input, and behind it the line.
source $COMPLETIONS/chat.fish
source $COMPLETIONS/chatd.fish
echo "== ready"
while read -l line
    complete -C "$line" | string replace -r '\t.*' ''
    echo "== $line"
end
