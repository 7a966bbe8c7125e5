# fish completion for chatd(8)

# Options with a value, as COMMAND:OPTION; `*` is every command.
set -g __chatd_valued \
    '*:--data' '*:--config' run:--listen run:--metrics run:--tls-cert run:--tls-key run:--registration run:--broadcast \
    run:--max-store run:--log-format 'user add:--display-name' 'user set:--display-name' 'user add:--password-file' 'user add:--enrol' \
    'user passwd:--password-file' 'user export:--out' 'invite create:--uses' 'invite create:--expires'

# Commands, with a space where they have two words.
set -g __chatd_known run user 'user add' 'user list' 'user passwd' 'user disable' 'user enable' 'user set' 'user delete' 'user admin' 'user import' 'user export' invite 'invite create' 'invite list' 'invite revoke' room 'room list' 'room remove' fingerprint backup restore retention 'retention resume' check status

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
complete -c chatd -l data -x -a '(__fish_complete_directories)' -d 'the data directory'
complete -c chatd -l config -r -F -d 'the configuration'
complete -c chatd -l json -d 'print JSON, one object a line'
complete -c chatd -l no-input -d 'never ask anything'
complete -c chatd -l quiet -s q -d 'say nothing on stderr but errors'
complete -c chatd -l verbose -s v -d 'log more on stderr'
complete -c chatd -l version -d 'show the version'
complete -c chatd -s h -l help -d 'show help information'
complete -c chatd -n '__chatd_at' -a run -d 'run the server'
complete -c chatd -n '__chatd_at' -a user -d 'the accounts'
complete -c chatd -n '__chatd_at' -a invite -d 'invites, by which accounts can be made'
complete -c chatd -n '__chatd_at' -a room -d 'the rooms'
complete -c chatd -n '__chatd_at' -a fingerprint -d 'print the fingerprint of the server’s key'
complete -c chatd -n '__chatd_at' -a backup -d 'write all that a restore needs into a file for its owner alone'
complete -c chatd -n '__chatd_at' -a restore -d 'make a backup the data'
complete -c chatd -n '__chatd_at' -a retention -d 'deleting what is too old'
complete -c chatd -n '__chatd_at' -a check -d 'check the data'
complete -c chatd -n '__chatd_at' -a status -d 'print what the server does'
complete -c chatd -n '__chatd_at run' -l listen -x -d 'where to listen'
complete -c chatd -n '__chatd_at run' -l metrics -x -d 'where to tell metrics, of this machine alone'
complete -c chatd -n '__chatd_at run' -l tls-cert -r -F -d 'a certificate and its chain, PEM'
complete -c chatd -n '__chatd_at run' -l tls-key -r -F -d 'the certificate’s private key, PEM'
complete -c chatd -n '__chatd_at run' -l registration -x -a 'open invite closed' -d 'who can make an account'
complete -c chatd -n '__chatd_at run' -l broadcast -x -a 'all admins' -d 'who can write to everyone'
complete -c chatd -n '__chatd_at run' -l max-store -x -d 'how large the store can grow, such as 10G'
complete -c chatd -n '__chatd_at run' -l log-format -x -a 'logfmt json' -d 'the form of the log on stderr'
complete -c chatd -n '__chatd_at user' -a add -d 'make an account'
complete -c chatd -n '__chatd_at user' -a list -d 'list the accounts'
complete -c chatd -n '__chatd_at user' -a passwd -d 'set a password'
complete -c chatd -n '__chatd_at user' -a disable -d 'close an account’s connections and refuse its logins'
complete -c chatd -n '__chatd_at user' -a enable -d 'undo disable'
complete -c chatd -n '__chatd_at user' -a set -d 'change what people see of a user'
complete -c chatd -n '__chatd_at user' -a delete -d 'delete an account'
complete -c chatd -n '__chatd_at user' -a admin -d 'make an account an administrator, who may write to everyone'
complete -c chatd -n '__chatd_at user' -a export -d 'write what an account holds and what it wrote, a JSON object a line'
complete -c chatd -n '__chatd_at user' -a import -d 'take accounts over with their bcrypt hashes, from CSV or tab-separated text'
complete -c chatd -n '__chatd_at user add' -l display-name -x -d 'what people see beside the name'
complete -c chatd -n '__chatd_at user add' -l admin -d 'make the account an administrator'
complete -c chatd -n '__chatd_at user add' -l enrol -r -F -d 'write an identity by which its first device logs in'
complete -c chatd -n '__chatd_at user add' -l password-stdin -d 'read the password from the first line of standard input'
complete -c chatd -n '__chatd_at user add' -l password-file -r -F -d 'read the password from the first line of a file'
complete -c chatd -n '__chatd_at user passwd' -l password-stdin -d 'read the password from the first line of standard input'
complete -c chatd -n '__chatd_at user passwd' -l password-file -r -F -d 'read the password from the first line of a file'
complete -c chatd -n '__chatd_at user set' -l display-name -x -d 'what people see beside the name'
complete -c chatd -n '__chatd_at user delete' -l erase -d 'erase what the user wrote, too'
complete -c chatd -n '__chatd_at user admin' -l revoke -d 'take it back'
complete -c chatd -n '__chatd_at user import' -l dry-run -d 'only check'
complete -c chatd -n '__chatd_at user import' -F
complete -c chatd -n '__chatd_at user export' -l out -r -F -d 'where to write it, for its owner alone'
complete -c chatd -n '__chatd_at invite' -a create -d 'make an invite and print it'
complete -c chatd -n '__chatd_at invite' -a list -d 'list the invites that can still be used'
complete -c chatd -n '__chatd_at invite' -a revoke -d 'revoke an invite'
complete -c chatd -n '__chatd_at invite create' -l uses -x -d 'how many accounts can be made with it'
complete -c chatd -n '__chatd_at invite create' -l expires -x -d 'how long it can be used'
complete -c chatd -n '__chatd_at room' -a list -d 'list the rooms'
complete -c chatd -n '__chatd_at room' -a remove -d 'end a room for everybody; its name is free for another one'
complete -c chatd -n '__chatd_at backup' -F
complete -c chatd -n '__chatd_at restore' -l force -d 'replace the data that are there'
complete -c chatd -n '__chatd_at restore' -F
complete -c chatd -n '__chatd_at retention' -a resume -d 'delete what is too old again, after the clock has leapt and is right'
