# bash completion for chatd(8)
#
# Options, commands and files; nothing is asked of a server.

# _chatd_options COMMAND: its own options; for * those that go with every command.
_chatd_options() {
    case $1 in
        '*') echo '--data --config --json --no-input --quiet -q --verbose -v --version -h --help' ;;
        'run') echo '--listen --metrics --tls-cert --tls-key --registration --broadcast --max-store --log-format' ;;
        'user add') echo '--display-name --admin --enrol --password-stdin --password-file' ;;
        'user passwd') echo '--password-stdin --password-file' ;;
        'user set') echo '--display-name' ;;
        'user delete') echo '--erase' ;;
        'user admin') echo '--revoke' ;;
        'user import') echo '--dry-run' ;;
        'user export') echo '--out' ;;
        'invite create') echo '--uses --expires' ;;
        'restore') echo '--force' ;;
    esac
}

# _chatd_commands [COMMAND]: the commands, or those below one.
_chatd_commands() {
    case $1 in
        '') echo 'run user invite room fingerprint backup restore retention check status' ;;
        user) echo 'add list passwd disable enable set delete admin import export' ;;
        invite) echo 'create list revoke' ;;
        room) echo 'list remove' ;;
        retention) echo 'resume' ;;
    esac
}

# _chatd_value COMMAND OPTION: what its value is; nothing where it takes none.
_chatd_value() {
    case $1:$2 in
        *:--data) echo 'directory' ;;
        *:--config | run:--tls-cert | run:--tls-key | 'user add':--password-file | \
            'user passwd':--password-file | 'user export':--out | 'user add':--enrol) echo 'file' ;;
        run:--listen | run:--metrics | run:--max-store | 'user add':--display-name | 'user set':--display-name | 'invite create':--uses | \
            'invite create':--expires) echo 'text' ;;
        run:--registration) echo 'one:open invite closed' ;;
        run:--broadcast) echo 'one:all admins' ;;
        run:--log-format) echo 'one:logfmt json' ;;
    esac
}

# _chatd_argument COMMAND: what stands behind it.
_chatd_argument() {
    case $1 in
        'user import' | backup | restore) echo 'file' ;;
    esac
}

# _chatd_offer WORD…: those that begin with what is typed.
_chatd_offer() {
    local word
    for word; do [[ $word == "$current"* ]] && COMPREPLY+=("$word"); done
}

# _chatd_files [OPTION]: files, or with -d directories.
_chatd_files() {
    compopt -o filenames 2>/dev/null
    mapfile -t COMPREPLY < <(compgen "${1:--f}" -- "$current")
}

# _chatd_offer_value KIND
_chatd_offer_value() {
    case $1 in
        file) _chatd_files ;;
        directory) _chatd_files -d ;;
        # shellcheck disable=SC2086 # words of this file, apart on purpose
        one:*) _chatd_offer ${1#one:} ;;
    esac
}

_chatd() {
    local LC_ALL=C current=${COMP_WORDS[COMP_CWORD]} command='' option='' word index
    COMPREPLY=()
    for ((index = 1; index < COMP_CWORD; index++)); do
        word=${COMP_WORDS[index]}
        if [[ -n $option ]]; then
            # `--to=bob` is three words here.
            [[ $word == = ]] && continue
            option=''
            continue
        fi
        case $word in
            --) return 0 ;;
            -*) [[ -n $(_chatd_value "$command" "$word") ]] && option=$word ;;
            *) [[ " $(_chatd_commands "$command") " == *" $word "* ]] && command=${command:+$command }$word ;;
        esac
    done
    if [[ -n $option ]]; then
        [[ $current == = ]] && current=''
        _chatd_offer_value "$(_chatd_value "$command" "$option")"
    elif [[ $current == -* ]]; then
        # shellcheck disable=SC2046 # words of this file, apart on purpose
        _chatd_offer $(_chatd_options "$command") $(_chatd_options '*')
    else
        # shellcheck disable=SC2046 # words of this file, apart on purpose
        _chatd_offer $(_chatd_commands "$command")
        _chatd_offer_value "$(_chatd_argument "$command")"
    fi
    return 0
}

complete -F _chatd chatd
