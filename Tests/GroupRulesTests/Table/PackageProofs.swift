/// Key packages and Welcomes.
extension RuleTable {
    static let packages: [Proof] = [
        Proof(
            "K1",
            [
                Sentence(
                    "each is handed out once, bound to (claimer, conversation, target), the same answer for an hour",
                    [
                        "K1: each is handed out once, and for an hour the same to who had it",
                        "K1: where the conversation stands elsewhere by now, it is another one, and counts",
                        "K1: what comes again is known, whatever became of it",
                        "K1: a package that a Welcome was made for is handed out no more",
                        "K1: a package whose use is not noted is not given once more",
                        "K1: members of a conversation take packages of its parties, and nobody else",
                    ]),
                Sentence(
                    "5 an hour a claimer and target, 2,000 in all; over it, and when there are none, the last resort",
                    ["K1: beyond five an hour of a device, and beyond the rate, it is the last resort"]),
                Sentence("expired ones never", ["K1: expired ones are never handed out"]),
            ]),
        Proof(
            "K2", "a restore deletes once-only packages",
            ["K2: a restored store has none that are handed out once"]),
        Proof(
            "K3",
            [
                Sentence(
                    "the server checks signature, suite, certificate against its chain; a bad one is named, the others stay",
                    [
                        "K3: a bad package is named, and the others stay",
                        "K3: the certificate and the key are those of the chain now",
                    ]),
                Sentence(
                    "uniqueness",
                    [
                        "K3: no two have the same key, and a device has so many",
                        "a key that another device has keeps nobody but its owner from being added",
                        "an encryption key or a signature key at two places",
                        "one key at two places is found, and the index of keys follows every change",
                    ]),
            ]),
        Proof(
            "K4",
            [
                Sentence(
                    "the private half dies in the transaction that stores the joined group",
                    ["K4: the private half of a package dies with the statement that makes the group, and not before"]),
                Sentence(
                    "where a Welcome fails it stays, and the device joins from outside",
                    ["K4: where a Welcome fails the private half stays, and the device joins from outside"]),
            ]),
        Proof(
            "K5",
            [
                Sentence(
                    "entered only if it was delivered for `policy.conversation`",
                    [
                        "K5: a Welcome is entered only for the conversation for which it was delivered",
                        "K5: a Welcome is entered where it was delivered for, and into nothing that is held or was left",
                        "K5: a Welcome of another server's group, or that cannot be read, is refused",
                    ]),
                Sentence(
                    "RFC 9420 12.4.3.1: into the epoch of the commit with which it came",
                    [
                        "K5: a Welcome that leads to another group than its commit is not entered, and what is written is read"
                    ]),
                Sentence(
                    "direct: the id derives from server and parties, the signer and we are they",
                    ["K5: a direct conversation is of the signer and of us, and its id is theirs and the server's"]),
                Sentence(
                    "room: the policy lets the signer add, who is not blocked; the name is pinned to no other conversation",
                    [
                        "K5: a room's policy lets the signer add, who is not blocked, and its name is no other room's",
                        "K5: a Welcome to a room is entered where the policy lets who signed it add, under its pinned name",
                        "who is blocked adds nobody who has blocked them, and commits all else",
                    ]),
                Sentence(
                    "no such or later incarnation is held; a tombstone stays for ever: coming back needs a higher epoch",
                    [
                        "K5: no such or later incarnation is held, and a tombstone asks for a higher epoch",
                        "K5: a tombstone stays, and its epoch only grows; of each life of the server's store it has its own",
                        "K5: a Welcome that comes again leads nowhere",
                    ]),
                Sentence("nobody is added to everyone", ["K5: nobody is added to everyone"]),
            ]),
    ]
}
