# bash completion for chat(1)
#
# Names come from the local store. They were chosen by other people: they are compared and stored as data, never
# given to `compgen -W`, which evaluates what stands in them; and what is no name is left out.

# _chat_options COMMAND: its own options; for * those that go with every command.
_chat_options() {
    case $1 in
        '*') echo '--server --profile --config --trust --json --color --quiet -q --verbose -v --no-input --connect-timeout --proxy --keys --version -h --help' ;;
        '') echo '-e --linger' ;;
        'register') echo '--display-name --invite-file --device-name --password-stdin --password-file' ;;
        'login') echo '--device-name --wait --reset --identity --password-stdin --password-file' ;;
        'logout') echo '--forget --force' ;;
        'passwd') echo '--revoke-others --password-stdin --password-file --new-password-file' ;;
        'send') echo '--to --room --everyone -m --message --lines --jsonl --id --reply-to --wait --timeout --queue --expires' ;;
        'listen') echo '--new --since --after-cursor --resume --from --to-me --room --everyone --own --meta --mark-read --patient --count --timeout --idle --no-follow --command-timeout --retry' ;;
        'ask') echo '--to --room --choice -m --message --id --timeout' ;;
        'reply') echo '--allow --allow-anyone --resume --new --since --after-cursor --from --to-me --room --everyone --patient --count --timeout --idle --command-timeout --retry --jobs' ;;
        'run') echo '--to --room --everyone --on-failure --tail --label --queue --expires --timeout --id' ;;
        'history') echo '--with --room --everyone --id --limit --since --until --search --sync' ;;
        'who') echo '--users --wait --timeout --watch' ;;
        'unread') echo '--count --watch' ;;
        'resume set') echo '--new --since --after-cursor' ;;
        'device add') echo '--out --name --certify --reusable --slots' ;;
        'device approve') echo '--fingerprint --certify' ;;
        'device revoke') echo '--force --password-file' ;;
        'keys show') echo '--short' ;;
        'keys verify') echo '--fingerprint --file' ;;
        'keys accept') echo '--fingerprint' ;;
        'room create') echo '--open' ;;
        'room list') echo '--all' ;;
        'room members') echo '--devices' ;;
        'room set') echo '--open --closed --add' ;;
        'doctor') echo '--accept-fork' ;;
    esac
}

# _chat_commands [COMMAND]: the commands, or those below one.
_chat_commands() {
    case $1 in
        '') echo 'register login logout whoami passwd profile send listen ask reply run rpc history who unread outbox resume device keys room block unblock server schema doctor' ;;
        profile) echo 'list' ;;
        outbox) echo 'list flush drop' ;;
        resume) echo 'list set rm' ;;
        device) echo 'list add approve revoke rename' ;;
        keys) echo 'list show verify export accept' ;;
        room) echo 'create list join leave forget members add remove admin member set' ;;
        server) echo 'list trust forget move' ;;
    esac
}

# _chat_value COMMAND OPTION: what its value is; nothing where it takes none.
_chat_value() {
    case $1:$2 in
        *:--server | *:--connect-timeout | *:--proxy | '':--linger | register:--display-name | register:--device-name | \
            login:--device-name | login:--wait | send:-m | send:--message | send:--id | send:--reply-to | send:--timeout | \
            send:--expires | listen:--since | listen:--after-cursor | listen:--count | listen:--timeout | \
            listen:--idle | listen:--command-timeout | listen:--retry | history:--id | history:--limit | \
            history:--since | history:--until | history:--search | who:--timeout | 'resume set':--since | \
            'resume set':--after-cursor | 'device add':--name | 'device add':--slots | 'device approve':--fingerprint) echo 'text' ;;
        ask:--choice | ask:-m | ask:--message | ask:--id | ask:--timeout) echo 'text' ;;
        reply:--since | reply:--after-cursor | reply:--count | reply:--timeout | reply:--idle | \
            reply:--command-timeout | reply:--retry | reply:--jobs) echo 'text' ;;
        'keys verify':--fingerprint | 'keys accept':--fingerprint) echo 'text' ;;
        'keys verify':--file) echo 'file' ;;
        'room set':--add) echo 'one:admins members' ;;
        doctor:--accept-fork) echo 'user' ;;
        run:--tail | run:--label | run:--expires | run:--timeout | run:--id) echo 'text' ;;
        *:--profile) echo 'profile' ;;
        *:--config | register:--invite-file | register:--password-file | login:--identity | \
            login:--password-file | passwd:--password-file | passwd:--new-password-file | 'device add':--out | \
            'device revoke':--password-file) echo 'file' ;;
        *:--trust) echo 'one:ask accept-new strict' ;;
        *:--color) echo 'one:auto always never' ;;
        *:--keys) echo 'one:tofu verified' ;;
        send:--to | listen:--from | ask:--to | reply:--allow | reply:--from | run:--to | history:--with | \
            who:--wait) echo 'user' ;;
        send:--room | ask:--room | listen:--room | reply:--room | run:--room | history:--room) echo 'room' ;;
        send:--wait) echo 'one:accepted delivered read' ;;
        listen:--resume | reply:--resume) echo 'resume-point' ;;
    esac
}

# _chat_argument COMMAND: what stands behind it.
_chat_argument() {
    case $1 in
        'resume set' | 'resume rm') echo 'resume-point' ;;
        'outbox drop') echo 'queued' ;;
        block | unblock | 'keys show' | 'keys verify' | 'keys accept') echo 'user' ;;
        'room join' | 'room leave' | 'room forget' | 'room members' | 'room set') echo 'room' ;;
        'room add' | 'room remove' | 'room admin' | 'room member') echo 'room-user' ;;
        'server trust' | 'server forget' | 'server move') echo 'server' ;;
    esac
}

# _chat_names KIND: what the local store knows, one name a line.
_chat_names() {
    local name form='^[a-z0-9][a-z0-9._-]{0,31}$' typed=$current before='' last=$COMP_CWORD
    case $1 in
        outbox) form='^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' ;;
        servers)
            form='^(\[[0-9a-f:]+\]|[a-z0-9][a-z0-9._-]{0,252}):[0-9]{1,5}$'
            # Bash breaks words at a colon; what stands before the last one stays as it is.
            [[ $current == : ]] && typed=''
            [[ $current != : && ${COMP_WORDS[last - 1]} == : ]] && ((last--))
            [[ ${COMP_WORDS[last]} == : ]] && before=${COMP_WORDS[last - 1]}:
            ;;
    esac
    while IFS= read -r name; do
        [[ $name =~ $form && $name == "$before$typed"* ]] && COMPREPLY+=("${name#"$before"}")
    done < <(command chat "${from[@]}" __complete "$1" </dev/null 2>/dev/null)
}

# _chat_offer WORD…: those that begin with what is typed.
_chat_offer() {
    local word
    for word; do [[ $word == "$current"* ]] && COMPREPLY+=("$word"); done
}

# _chat_files [OPTION]: files, or with -d directories.
_chat_files() {
    compopt -o filenames 2>/dev/null
    mapfile -t COMPREPLY < <(compgen "${1:--f}" -- "$current")
}

# _chat_offer_value KIND
_chat_offer_value() {
    case $1 in
        file) _chat_files ;;
        directory) _chat_files -d ;;
        user) _chat_names users ;;
        room) _chat_names rooms ;;
        room-user)
            _chat_names rooms
            _chat_names users
            ;;
        profile) _chat_names profiles ;;
        resume-point) _chat_names resume-points ;;
        queued) _chat_names outbox ;;
        server) _chat_names servers ;;
        # shellcheck disable=SC2086 # words of this file, apart on purpose
        one:*) _chat_offer ${1#one:} ;;
    esac
}

_chat() {
    local LC_ALL=C current=${COMP_WORDS[COMP_CWORD]} command='' option='' word index
    local -a from=()
    COMPREPLY=()
    for ((index = 1; index < COMP_CWORD; index++)); do
        word=${COMP_WORDS[index]}
        if [[ -n $option ]]; then
            # `--to=bob` is three words here.
            [[ $word == = ]] && continue
            # Whose names are meant.
            case $option in --profile | --config) from+=("$option" "${word/#\~\//$HOME/}") ;; esac
            option=''
            continue
        fi
        case $word in
            --)
                # Behind it stands a command of the user's own.
                [[ $command == listen || $command == reply || $command == run ]] || return 0
                if ((index + 1 == COMP_CWORD)); then
                    mapfile -t COMPREPLY < <(compgen -c -- "$current")
                else
                    _chat_files
                fi
                return 0
                ;;
            -*) [[ -n $(_chat_value "$command" "$word") ]] && option=$word ;;
            *) [[ " $(_chat_commands "$command") " == *" $word "* ]] && command=${command:+$command }$word ;;
        esac
    done
    if [[ -n $option ]]; then
        [[ $current == = ]] && current=''
        _chat_offer_value "$(_chat_value "$command" "$option")"
    elif [[ $current == -* ]]; then
        # shellcheck disable=SC2046 # words of this file, apart on purpose
        _chat_offer $(_chat_options "$command") $(_chat_options '*')
    else
        # shellcheck disable=SC2046 # words of this file, apart on purpose
        _chat_offer $(_chat_commands "$command")
        _chat_offer_value "$(_chat_argument "$command")"
    fi
    return 0
}

complete -F _chat chat
