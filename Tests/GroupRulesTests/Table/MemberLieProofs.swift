/// What a member gains whose program does not keep to the rules.
extension RuleTable {
    static let memberLies: [Proof] = [
        Proof(
            "a false `seen`", "",
            [
                "M3: who has read another log stops a direct conversation until somebody accepts it",
                "M3: what lies behind a hole is compared with nothing",
            ]),
        Proof(
            "another's message ids first", "",
            ["M2: an id counts once an account, whatever is sealed under it later"]),
        Proof(
            "a policy or proposals that block", "",
            [
                "J4: the policy changes only by an admin, and alone in its commit",
                "J8: by reference only the server's Removes are taken, and at most 256 wait",
            ]),
        Proof(
            "Welcome spam", "",
            [
                "a Welcome is for the key packages that the commit adds",
                "K5: Welcomes without end are read eight at a time",
                "of one account's Welcomes a device keeps the newest, and all of others",
                "what a Welcome takes counts for whoever has made it, until it ends",
                "who is blocked adds nobody who has blocked them, and commits all else",
            ]),
        Proof(
            "a Welcome that leads elsewhere", "with another tree, or into another epoch than its commit's",
            [
                "K5: a Welcome that leads to another group than its commit is not entered, and what is written is read",
                "K5: a tree that is not the Welcome's is not entered, whoever gives it",
                "context and tags: tree hash, confirmation tag (also cut and empty), version, extensions",
                "external joins: a stale GroupInfo, without external_pub, with a weak one, a tree that is not its own",
            ]),
        Proof(
            "a description whose external_pub is another",
            "only who commits has described it, and neither the server nor whoever joins by it can tell",
            [
                "S3: a description with a key that is not the group's costs a coming back, and all go on",
                "S3: a description with another key that no member has signed is joined by nobody",
                "E6: a GroupInfo that another member has signed than the one who commits is refused",
            ],
            open: "the newcomer's commit is what members report, not the description that led to it: it proves nothing"),
        Proof(
            "a key that another leaf has", "",
            [
                "a key that another device has keeps nobody but its owner from being added",
                "an encryption key or a signature key at two places", "a signature key that a member has already",
            ]),
        Proof(
            "what acts on a terminal", "in texts, names, devices, wherever they stand",
            [
                "every control, format and separator character is shown and never sent",
                "a name that nobody can have is a malformed frame",
            ], scenarios: ["hostile-text"]),
        Proof(
            "handshakes without end", "",
            [
                "handshakes of one account wait in no more than its share of the memory",
                "who comes from outside does so once a second, also over a leaf of their own",
                "a commit adds at most 64 devices", "a line is bounded",
            ]),
        Proof(
            "what is no message", "",
            [
                "what a member sends that is no message is told as that, and what comes behind it is read",
                "what is larger than a payload may be is refused, and nothing of it comes",
                "E1: a message of an old epoch is never read, under whatever position it is sent",
            ]),
        Proof(
            "commits outside the rules, a thousand of them", "the server refuses them, and keeps nothing",
            ["of commits that are refused nothing stays in memory"]),
    ]
}
