# For drive.py: the completions as bash loads them, and a probe around each.
PS1=''
bind 'set completion-query-items 0' 'set page-completions off' 'set enable-bracketed-paste off' 2>/dev/null
for program in chat chatd; do
    # shellcheck source=/dev/null
    . "$COMPLETIONS/$program.bash"
    eval "probe_$program() { _$program; printf '%s\n' \"\${COMPREPLY[@]}\" >>\"\$OFFERS\"; }"
    complete -F "probe_$program" "$program"
done
finish() {
    printf '== %s\n' "$READLINE_LINE" >>"$OFFERS"
    READLINE_LINE='' READLINE_POINT=0
}
bind -x '"\C-x\C-f": finish'
printf '== ready\n' >>"$OFFERS"
