# For drive.py: the completions as zsh loads them, and a probe around the builtin that takes what is offered.
PS1=''
fpath=($COMPLETIONS $fpath)
autoload -Uz compinit
compinit -u -D
unsetopt beep list_beep always_last_prompt
setopt no_list_ambiguous
LISTMAX=100000
zstyle ':completion:*' verbose no
compadd() {
    # Not what is offered, but questions of the completion system to itself.
    if [[ ${@[1,(i)(-|--)]} == *-(O|A|D)\ * ]]; then
        builtin compadd "$@"
        return
    fi
    typeset -a offered
    builtin compadd -A offered "$@"
    print -rl -- $offered >>$OFFERS
    builtin compadd "$@"
}
finish() {
    print -r -- "== $BUFFER" >>$OFFERS
    BUFFER=''
}
zle -N finish
bindkey '^X^F' finish
print -r -- '== ready' >>$OFFERS
