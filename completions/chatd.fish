# fish completion for chatd(8)

# Options with a value, as COMMAND:OPTION; `*` is every command.
set -g __chatd_valued \
    '*:--data' run:--listen run:--config run:--tls-cert run:--tls-key run:--registration run:--broadcast \
    run:--max-store run:--log-format 'invite create:--uses' 'invite create:--expires'

# Commands, with a space where they have two words.
set -g __chatd_known run user 'user add' 'user list' 'user passwd' 'user disable' 'user enable' 'user delete' 'user admin' 'user import' invite 'invite create' 'invite list' 'invite revoke' fingerprint backup restore check status

function __chatd_command --description 'The command that is being typed, and -- where it stands behind one'
    set -l command
    set -l value no
    for word in (commandline -opc)[2..]
        if test $value = yes
            set value no
        else if test "$word" = --
            echo "$command --"
            return
        else if string match -q -- '-*' "$word"
            if contains -- "$command:$word" $__chatd_valued; or contains -- "*:$word" $__chatd_valued
                set value yes
            end
        else if contains -- (string trim -- "$command $word") $__chatd_known
            set command (string trim -- "$command $word")
        end
    end
    echo "$command"
end

function __chatd_at --description 'Is this the command?'
    test (__chatd_command) = "$argv"
end

complete -c chatd -f
complete -c chatd -l data -x -a '(__fish_complete_directories)' -d 'the data'
complete -c chatd -l json -d 'print JSON, one object a line'
complete -c chatd -l version -d 'print the version and end'
complete -c chatd -s h -l help -d 'print help and end'
complete -c chatd -n '__chatd_at' -a run -d 'runs the server until it gets a signal'
complete -c chatd -n '__chatd_at' -a user -d ''
complete -c chatd -n '__chatd_at' -a invite -d ''
complete -c chatd -n '__chatd_at' -a fingerprint -d 'prints the fingerprint of the server’s key, for'
complete -c chatd -n '__chatd_at' -a backup -d 'writes all that a restore needs into a file for its owner alone'
complete -c chatd -n '__chatd_at' -a restore -d 'replaces the data by a backup'
complete -c chatd -n '__chatd_at' -a check -d 'checks the data'
complete -c chatd -n '__chatd_at' -a status -d 'prints what the server does'
complete -c chatd -n '__chatd_at run' -l listen -x -d 'where to listen'
complete -c chatd -n '__chatd_at run' -l config -r -F -d 'the configuration'
complete -c chatd -n '__chatd_at run' -l tls-cert -r -F -d 'a certificate chain in PEM'
complete -c chatd -n '__chatd_at run' -l tls-key -r -F -d 'the private key of'
complete -c chatd -n '__chatd_at run' -l registration -x -a 'open invite closed' -d 'who can make an account'
complete -c chatd -n '__chatd_at run' -l broadcast -x -a 'all admins' -d 'who can write to everybody'
complete -c chatd -n '__chatd_at run' -l max-store -x -d 'how large the store can grow, such as'
complete -c chatd -n '__chatd_at run' -l log-format -x -a 'logfmt json' -d 'the form of the log on standard error'
complete -c chatd -n '__chatd_at user' -a add -d 'makes an account'
complete -c chatd -n '__chatd_at user' -a list -d 'lists the accounts'
complete -c chatd -n '__chatd_at user' -a passwd -d 'sets a password'
complete -c chatd -n '__chatd_at user' -a disable -d 'closes the account’s connections and refuses its logins, before the command returns'
complete -c chatd -n '__chatd_at user' -a enable -d 'undoes that'
complete -c chatd -n '__chatd_at user' -a delete -d 'deletes the account'
complete -c chatd -n '__chatd_at user' -a admin -d 'makes the account an administrator'
complete -c chatd -n '__chatd_at user' -a import -d 'takes accounts over from a table with a header line and the columns USER_NAME, PASSWORD'
complete -c chatd -n '__chatd_at user import' -l dry-run -d 'only check'
complete -c chatd -n '__chatd_at user import' -F
complete -c chatd -n '__chatd_at invite' -a create -d 'makes an invite and prints it'
complete -c chatd -n '__chatd_at invite' -a list -d 'lists the invites'
complete -c chatd -n '__chatd_at invite' -a revoke -d 'revokes an invite'
complete -c chatd -n '__chatd_at invite create' -l uses -x -d 'how many accounts can be made with it (1)'
complete -c chatd -n '__chatd_at invite create' -l expires -x -d 'how long it can be used'
complete -c chatd -n '__chatd_at backup' -F
complete -c chatd -n '__chatd_at restore' -F
