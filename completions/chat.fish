# fish completion for chat(1)
#
# Names come from the local store. They were chosen by other people: they are data, and what is no name is left out.

# Options with a value, as COMMAND:OPTION; `*` is every command.
set -g __chat_valued \
    '*:--server' '*:--profile' '*:--config' '*:--trust' '*:--color' '*:--connect-timeout' '*:--proxy' '*:--keys' ':--linger' \
    register:--display-name register:--invite-file register:--device-name register:--password-file \
    login:--device-name login:--wait login:--identity login:--password-file passwd:--password-file passwd:--new-password-file \
    send:--to send:--room send:-m send:--message send:--id send:--reply-to send:--wait send:--timeout send:--expires \
    listen:--since listen:--after-cursor listen:--resume listen:--from listen:--room listen:--count listen:--timeout \
    listen:--idle listen:--command-timeout listen:--retry \
    ask:--to ask:--room ask:--choice ask:-m ask:--message ask:--id ask:--timeout \
    reply:--allow reply:--resume reply:--since reply:--after-cursor reply:--from reply:--room reply:--count reply:--timeout \
    reply:--idle reply:--command-timeout reply:--retry reply:--jobs \
    run:--to run:--room run:--tail run:--label run:--expires run:--timeout run:--id \
    'keys verify:--fingerprint' 'keys verify:--file' 'keys accept:--fingerprint' 'room set:--add' doctor:--accept-fork \
    history:--with history:--room history:--id history:--limit \
    history:--since history:--until history:--search who:--wait who:--timeout 'resume set:--since' \
    'resume set:--after-cursor' 'device add:--out' 'device add:--name' 'device add:--slots' 'device approve:--fingerprint' \
    'device revoke:--password-file'

# Commands, with a space where they have two words.
set -g __chat_known register login logout whoami passwd profile 'profile list' send listen ask reply run rpc history who unread outbox 'outbox list' 'outbox flush' 'outbox drop' resume 'resume list' 'resume set' 'resume rm' device 'device list' 'device add' 'device approve' 'device revoke' 'device rename' keys 'keys list' 'keys show' 'keys verify' 'keys export' 'keys accept' room 'room create' 'room list' 'room join' 'room leave' 'room forget' 'room members' 'room add' 'room remove' 'room admin' 'room member' 'room set' block unblock server 'server list' 'server trust' 'server forget' 'server move' schema doctor

function __chat_command --description 'The command that is being typed, and -- where it stands behind one'
    set -l command
    set -l value no
    for word in (commandline -opc)[2..]
        if test $value = yes
            set value no
        else if test "$word" = --
            echo "$command --"
            return
        else if string match -q -- '-*' "$word"
            if contains -- "$command:$word" $__chat_valued; or contains -- "*:$word" $__chat_valued
                set value yes
            end
        else if contains -- (string trim -- "$command $word") $__chat_known
            set command (string trim -- "$command $word")
        end
    end
    echo "$command"
end

function __chat_at --description 'Is this the command?'
    test (__chat_command) = "$argv"
end

function __chat_names --description 'What the local store knows, one name a line'
    # Whose names are meant.
    set -l from
    set -l option
    for word in (commandline -opc)[2..]
        if contains -- "$option" --profile --config
            set -a from $option $word
        else if string match -q -r -- '^--(profile|config)=' "$word"
            set -a from $word
        end
        set option $word
    end
    set -l form '^[a-z0-9][a-z0-9._-]{0,31}$'
    switch "$argv"
        case outbox
            set form '^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$'
        case servers
            set form '^(?:\[[0-9a-f:]+\]|[a-z0-9][a-z0-9._-]{0,252}):[0-9]{1,5}$'
    end
    command chat $from __complete $argv </dev/null 2>/dev/null | string match -r -- $form
end

complete -c chat -f
complete -c chat -l server -x -d 'the server'
complete -c chat -l profile -x -a '(__chat_names profiles)' -d 'the profile to use'
complete -c chat -l config -r -F -d 'the configuration file'
complete -c chat -l trust -x -a 'ask accept-new strict' -d 'what to do with a server that is not known'
complete -c chat -l json -d 'print JSON, one object a line'
complete -c chat -l color -x -a 'auto always never' -d 'colour'
complete -c chat -l quiet -s q -d 'say nothing on stderr but errors'
complete -c chat -l verbose -s v -d 'log on stderr'
complete -c chat -l no-input -d 'never ask anything'
complete -c chat -l connect-timeout -x -d 'how long connecting and logging in may take'
complete -c chat -l proxy -x -d 'reach the server through a proxy'
complete -c chat -l keys -x -a 'tofu verified' -d 'who is written to directly'
complete -c chat -l version -d 'show the version'
complete -c chat -s h -l help -d 'show help information'
complete -c chat -n '__chat_at' -a register -d 'make an account and log this device in'
complete -c chat -n '__chat_at' -a login -d 'log this device in to an account that exists'
complete -c chat -n '__chat_at' -a logout -d 'revoke this device on the server'
complete -c chat -n '__chat_at' -a whoami -d 'print user, server, device and fingerprint'
complete -c chat -n '__chat_at' -a passwd -d 'change the password'
complete -c chat -n '__chat_at' -a profile -d 'the profiles of this user'
complete -c chat -n '__chat_at' -a send -d 'send a message'
complete -c chat -n '__chat_at' -a listen -d 'print messages, and follow'
complete -c chat -n '__chat_at' -a ask -d 'ask, wait for the answer, and print it'
complete -c chat -n '__chat_at' -a reply -d 'answer messages with what a command prints'
complete -c chat -n '__chat_at' -a run -d 'run a command, and report its end'
complete -c chat -n '__chat_at' -a rpc -d 'answer JSON-RPC on standard input and output'
complete -c chat -n '__chat_at' -a history -d 'print messages from this device’s own store, oldest first'
complete -c chat -n '__chat_at' -a who -d 'print who is online'
complete -c chat -n '__chat_at' -a unread -d 'print the conversations that have messages not shown yet'
complete -c chat -n '__chat_at' -a outbox -d 'the messages that wait to be sent'
complete -c chat -n '__chat_at' -a resume -d 'the resume points of listen'
complete -c chat -n '__chat_at' -a device -d 'this account’s devices'
complete -c chat -n '__chat_at' -a keys -d 'users’ keys'
complete -c chat -n '__chat_at' -a room -d 'rooms'
complete -c chat -n '__chat_at' -a block -d 'take no direct messages of a user any more'
complete -c chat -n '__chat_at' -a unblock -d 'take messages of a user again'
complete -c chat -n '__chat_at' -a server -d 'the servers that are known'
complete -c chat -n '__chat_at' -a schema -d 'print the JSON Schema of every line that --json prints'
complete -c chat -n '__chat_at' -a doctor -d 'check everything that chat needs, one line each, and say what to do'
complete -c chat -n '__chat_at' -s e -d 'stop at the first line that fails'
complete -c chat -n '__chat_at' -l linger -x -d 'go on printing for so long after its end'
complete -c chat -n '__chat_at register' -l display-name -x -d 'the name for people'
complete -c chat -n '__chat_at register' -l invite-file -r -F -d 'a file with the invite that the server wants'
complete -c chat -n '__chat_at register' -l device-name -x -d 'how this device is called'
complete -c chat -n '__chat_at register' -l password-stdin -d 'read the password from the first line of standard input'
complete -c chat -n '__chat_at register' -l password-file -r -F -d 'read the password from the first line of a file'
complete -c chat -n '__chat_at login' -l device-name -x -d 'how this device is called'
complete -c chat -n '__chat_at login' -l wait -x -d 'wait so long for another device to approve this one'
complete -c chat -n '__chat_at login' -l reset -d 'give up all other devices: revoke them and begin anew with this one'
complete -c chat -n '__chat_at login' -l identity -r -F -d 'an identity that device add made'
complete -c chat -n '__chat_at login' -l password-stdin -d 'read the password from the first line of standard input'
complete -c chat -n '__chat_at login' -l password-file -r -F -d 'read the password from the first line of a file'
complete -c chat -n '__chat_at logout' -l forget -d 'also erase its messages and keys on this machine'
complete -c chat -n '__chat_at logout' -l force -d 'also where it is the account’s last device'
complete -c chat -n '__chat_at passwd' -l revoke-others -d 'also revoke all other devices of the account'
complete -c chat -n '__chat_at passwd' -l password-stdin -d 'read the old, then the new password from the first two lines of standard input'
complete -c chat -n '__chat_at passwd' -l password-file -r -F -d 'read the old password from the first line of a file'
complete -c chat -n '__chat_at passwd' -l new-password-file -r -F -d 'read the new password from the first line of a file'
complete -c chat -n '__chat_at profile' -a list -d 'list the profiles'
complete -c chat -n '__chat_at send' -l to -x -a '(__chat_names users)' -d 'send to this user'
complete -c chat -n '__chat_at send' -l room -x -a '(__chat_names rooms)' -d 'send to this room'
complete -c chat -n '__chat_at send' -l everyone -d 'send to everybody'
complete -c chat -n '__chat_at send' -s m -l message -x -d 'the message'
complete -c chat -n '__chat_at send' -l lines -d 'each line of standard input is a message'
complete -c chat -n '__chat_at send' -l jsonl -d 'each line of standard input is a JSON object with target and body'
complete -c chat -n '__chat_at send' -l id -x -d 'idempotency key'
complete -c chat -n '__chat_at send' -l reply-to -x -d 'the message is a reply to this one'
complete -c chat -n '__chat_at send' -l wait -x -a 'accepted delivered read' -d 'wait until it is accepted, delivered or read'
complete -c chat -n '__chat_at send' -l timeout -x -d 'how long connecting, sending and waiting may take'
complete -c chat -n '__chat_at send' -l queue -d 'keep it in the outbox where the server cannot be reached'
complete -c chat -n '__chat_at send' -l expires -x -d 'give up a queued message that could not be sent for so long'
complete -c chat -n '__chat_at listen' -l new -d 'start with what comes from now on'
complete -c chat -n '__chat_at listen' -l since -x -d 'start with what the server took since then'
complete -c chat -n '__chat_at listen' -l after-cursor -x -d 'start behind the line that has this cursor'
complete -c chat -n '__chat_at listen' -l resume -x -a '(__chat_names resume-points)' -d 'start where this resume point stands, and move it along'
complete -c chat -n '__chat_at listen' -l from -x -a '(__chat_names users)' -d 'only messages of this user'
complete -c chat -n '__chat_at listen' -l to-me -d 'only direct messages'
complete -c chat -n '__chat_at listen' -l room -x -a '(__chat_names rooms)' -d 'only messages to this room'
complete -c chat -n '__chat_at listen' -l everyone -d 'only messages to everybody'
complete -c chat -n '__chat_at listen' -l own -d 'also messages of one’s own'
complete -c chat -n '__chat_at listen' -l meta -d 'also tell of logins, who is online, receipts, and who comes into rooms and goes'
complete -c chat -n '__chat_at listen' -l mark-read -d 'mark what is printed as shown'
complete -c chat -n '__chat_at listen' -l patient -d 'go on where the first connection fails, too'
complete -c chat -n '__chat_at listen' -l count -x -d 'end after so many messages'
complete -c chat -n '__chat_at listen' -l timeout -x -d 'end after this time'
complete -c chat -n '__chat_at listen' -l idle -x -d 'end when nothing came for this time'
complete -c chat -n '__chat_at listen' -l no-follow -d 'print what there is and end'
complete -c chat -n '__chat_at listen' -l command-timeout -x -d 'how long the command may take for a message'
complete -c chat -n '__chat_at listen' -l retry -x -d 'how often a command that failed is run again'
complete -c chat -n '__chat_at listen --' -F -a '(__fish_complete_command)'
complete -c chat -n '__chat_at ask' -l to -x -a '(__chat_names users)' -d 'ask this user'
complete -c chat -n '__chat_at ask' -l room -x -a '(__chat_names rooms)' -d 'ask who is in this room'
complete -c chat -n '__chat_at ask' -l choice -x -d 'take only this for an answer'
complete -c chat -n '__chat_at ask' -s m -l message -x -d 'the message'
complete -c chat -n '__chat_at ask' -l id -x -d 'key of the question'
complete -c chat -n '__chat_at ask' -l timeout -x -d 'how long to wait for the answer'
complete -c chat -n '__chat_at reply' -l allow -x -a '(__chat_names users)' -d 'answer this user'
complete -c chat -n '__chat_at reply' -l allow-anyone -d 'answer whoever writes'
complete -c chat -n '__chat_at reply' -l resume -x -a '(__chat_names resume-points)' -d 'start where this resume point stands, and move it along'
complete -c chat -n '__chat_at reply' -l new -d 'start with what comes from now on'
complete -c chat -n '__chat_at reply' -l since -x -d 'start with what the server took since then'
complete -c chat -n '__chat_at reply' -l after-cursor -x -d 'start behind the line that has this cursor'
complete -c chat -n '__chat_at reply' -l from -x -a '(__chat_names users)' -d 'only messages of this user'
complete -c chat -n '__chat_at reply' -l to-me -d 'only direct messages'
complete -c chat -n '__chat_at reply' -l room -x -a '(__chat_names rooms)' -d 'only messages to this room'
complete -c chat -n '__chat_at reply' -l everyone -d 'only messages to everybody'
complete -c chat -n '__chat_at reply' -l patient -d 'go on where the first connection fails, too'
complete -c chat -n '__chat_at reply' -l count -x -d 'end after so many messages'
complete -c chat -n '__chat_at reply' -l timeout -x -d 'end after this time'
complete -c chat -n '__chat_at reply' -l idle -x -d 'end when nothing came for this time'
complete -c chat -n '__chat_at reply' -l command-timeout -x -d 'how long the command may take for a message'
complete -c chat -n '__chat_at reply' -l retry -x -d 'how often a command that failed is run again'
complete -c chat -n '__chat_at reply' -l jobs -x -d 'how many commands may run at once'
complete -c chat -n '__chat_at reply --' -F -a '(__fish_complete_command)'
complete -c chat -n '__chat_at run' -l to -x -a '(__chat_names users)' -d 'send to this user'
complete -c chat -n '__chat_at run' -l room -x -a '(__chat_names rooms)' -d 'send to this room'
complete -c chat -n '__chat_at run' -l everyone -d 'send to everybody'
complete -c chat -n '__chat_at run' -l on-failure -d 'report only an end with another status than 0'
complete -c chat -n '__chat_at run' -l tail -x -d 'report the last lines of its output, so many'
complete -c chat -n '__chat_at run' -l label -x -d 'what the report calls it'
complete -c chat -n '__chat_at run' -l queue -d 'keep the report in the outbox where the server cannot be reached'
complete -c chat -n '__chat_at run' -l expires -x -d 'give up a queued report that could not be sent for so long'
complete -c chat -n '__chat_at run' -l timeout -x -d 'how long connecting and sending may take'
complete -c chat -n '__chat_at run' -l id -x -d 'idempotency key'
complete -c chat -n '__chat_at run --' -F -a '(__fish_complete_command)'
complete -c chat -n '__chat_at history' -l with -x -a '(__chat_names users)' -d 'only the conversation with this user'
complete -c chat -n '__chat_at history' -l room -x -a '(__chat_names rooms)' -d 'only messages to this room'
complete -c chat -n '__chat_at history' -l everyone -d 'only messages to everybody'
complete -c chat -n '__chat_at history' -l id -x -d 'this one message, with an acknowledgement a recipient'
complete -c chat -n '__chat_at history' -l limit -x -d 'so many messages, the newest ones'
complete -c chat -n '__chat_at history' -l since -x -d 'only what the server took since then'
complete -c chat -n '__chat_at history' -l until -x -d 'only what the server took until then'
complete -c chat -n '__chat_at history' -l search -x -d 'only messages with this text in their body'
complete -c chat -n '__chat_at history' -l sync -d 'fetch from the server first'
complete -c chat -n '__chat_at who' -l users -d 'print all users, with when they were last seen'
complete -c chat -n '__chat_at who' -l wait -x -a '(__chat_names users)' -d 'wait until this user is online'
complete -c chat -n '__chat_at who' -l timeout -x -d 'how long to wait'
complete -c chat -n '__chat_at who' -l watch -d 'follow who comes and goes'
complete -c chat -n '__chat_at unread' -l count -d 'print only how many messages'
complete -c chat -n '__chat_at unread' -l watch -d 'print it again whenever it changes'
complete -c chat -n '__chat_at outbox' -a list -d 'print the messages that wait to be sent, and those that were refused'
complete -c chat -n '__chat_at outbox' -a flush -d 'connect and send what waits, also what was refused before'
complete -c chat -n '__chat_at outbox' -a drop -d 'remove a message from the outbox'
complete -c chat -n '__chat_at outbox drop' -a '(__chat_names outbox)'
complete -c chat -n '__chat_at resume' -a list -d 'print the resume points'
complete -c chat -n '__chat_at resume' -a set -d 'set a resume point, or make one'
complete -c chat -n '__chat_at resume' -a rm -d 'remove a resume point'
complete -c chat -n '__chat_at resume set' -l new -d 'start with what comes from now on'
complete -c chat -n '__chat_at resume set' -l since -x -d 'start with what the server took since then'
complete -c chat -n '__chat_at resume set' -l after-cursor -x -d 'start behind the line that has this cursor'
complete -c chat -n '__chat_at resume set' -a '(__chat_names resume-points)'
complete -c chat -n '__chat_at resume rm' -a '(__chat_names resume-points)'
complete -c chat -n '__chat_at device' -a list -d 'print the devices of this account'
complete -c chat -n '__chat_at device' -a add -d 'make a device for another machine or a container, and an identity file for it'
complete -c chat -n '__chat_at device' -a approve -d 'let a device that waits use the account'
complete -c chat -n '__chat_at device' -a revoke -d 'revoke a device'
complete -c chat -n '__chat_at device' -a rename -d 'give a device another name'
complete -c chat -n '__chat_at device add' -l out -r -F -d 'where to write it'
complete -c chat -n '__chat_at device add' -l name -x -d 'how the device is called'
complete -c chat -n '__chat_at device add' -l certify -d 'it may approve and revoke others'
complete -c chat -n '__chat_at device add' -l reusable -d 'it logs in any number of times, and the newest use ends the one before'
complete -c chat -n '__chat_at device add' -l slots -x -d 'so many devices in the file, for as many jobs at once'
complete -c chat -n '__chat_at device approve' -l fingerprint -x -d 'the fingerprint that the device shows'
complete -c chat -n '__chat_at device approve' -l certify -d 'it may approve and revoke others, too'
complete -c chat -n '__chat_at device revoke' -l force -d 'also where it is the account’s last device'
complete -c chat -n '__chat_at device revoke' -l password-file -r -F -d 'read the password from the first line of a file, to have the server suspend the device'
complete -c chat -n '__chat_at keys' -a list -d 'print the keys that are known here'
complete -c chat -n '__chat_at keys' -a show -d 'print a user’s fingerprint, or one’s own'
complete -c chat -n '__chat_at keys' -a verify -d 'take fingerprints that were compared'
complete -c chat -n '__chat_at keys' -a export -d 'print the keys that were verified and one’s own'
complete -c chat -n '__chat_at keys' -a accept -d 'go on with the key that a user has now'
complete -c chat -n '__chat_at keys show' -l short -d 'print sixty digits to be read to each other'
complete -c chat -n '__chat_at keys show' -a '(__chat_names users)'
complete -c chat -n '__chat_at block' -a '(__chat_names users)'
complete -c chat -n '__chat_at unblock' -a '(__chat_names users)'
complete -c chat -n '__chat_at keys verify' -l fingerprint -x -d 'the user’s fingerprint'
complete -c chat -n '__chat_at keys verify' -l file -r -F -d 'a file of users and fingerprints'
complete -c chat -n '__chat_at keys verify' -a '(__chat_names users)'
complete -c chat -n '__chat_at keys accept' -l fingerprint -x -d 'the user’s fingerprint'
complete -c chat -n '__chat_at keys accept' -a '(__chat_names users)'
complete -c chat -n '__chat_at room' -a create -d 'make a room, and be its admin'
complete -c chat -n '__chat_at room' -a list -d 'print the rooms that this account is in'
complete -c chat -n '__chat_at room' -a join -d 'enter an open room'
complete -c chat -n '__chat_at room' -a leave -d 'leave a room, with all devices of this account'
complete -c chat -n '__chat_at room' -a forget -d 'forget whose a room’s name is'
complete -c chat -n '__chat_at room' -a members -d 'print who is in a room'
complete -c chat -n '__chat_at room create' -l open -d 'everybody may join'
complete -c chat -n '__chat_at room list' -l all -d 'also open rooms, which this account may join'
complete -c chat -n '__chat_at room join' -a '(__chat_names rooms)'
complete -c chat -n '__chat_at room leave' -a '(__chat_names rooms)'
complete -c chat -n '__chat_at room forget' -a '(__chat_names rooms)'
complete -c chat -n '__chat_at room members' -l devices -d 'print their devices, which read along'
complete -c chat -n '__chat_at room members' -a '(__chat_names rooms)'
complete -c chat -n '__chat_at room' -a add -d 'add users to a room'
complete -c chat -n '__chat_at room' -a remove -d 'remove users from a room'
complete -c chat -n '__chat_at room' -a admin -d 'make members admins'
complete -c chat -n '__chat_at room' -a member -d 'make admins members like others'
complete -c chat -n '__chat_at room' -a set -d 'say who may join a room, and who may add others'
complete -c chat -n '__chat_at room add' -a '(__chat_names rooms)'
complete -c chat -n '__chat_at room add' -a '(__chat_names users)'
complete -c chat -n '__chat_at room remove' -a '(__chat_names rooms)'
complete -c chat -n '__chat_at room remove' -a '(__chat_names users)'
complete -c chat -n '__chat_at room admin' -a '(__chat_names rooms)'
complete -c chat -n '__chat_at room admin' -a '(__chat_names users)'
complete -c chat -n '__chat_at room member' -a '(__chat_names rooms)'
complete -c chat -n '__chat_at room member' -a '(__chat_names users)'
complete -c chat -n '__chat_at room set' -l open -d 'everybody may join'
complete -c chat -n '__chat_at room set' -l closed -d 'who is to be there is added'
complete -c chat -n '__chat_at room set' -l add -x -a 'admins members' -d 'who may add others'
complete -c chat -n '__chat_at room set' -a '(__chat_names rooms)'
complete -c chat -n '__chat_at doctor' -l accept-fork -x -a '(__chat_names users)' -d 'forget what contradicts itself of this user’s key, or of a room'
complete -c chat -n '__chat_at server' -a list -d 'print the servers that are known'
complete -c chat -n '__chat_at server' -a trust -d 'make a server known'
complete -c chat -n '__chat_at server' -a forget -d 'forget a server'
complete -c chat -n '__chat_at server' -a move -d 'bind the profiles of a server to its new address'
complete -c chat -n '__chat_at server trust' -a '(__chat_names servers)'
complete -c chat -n '__chat_at server forget' -a '(__chat_names servers)'
complete -c chat -n '__chat_at server move' -a '(__chat_names servers)'
