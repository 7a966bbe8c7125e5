/// What a message holds.
extension RuleTable {
    static let messages: [Proof] = [
        Proof(
            "M1",
            [
                Sentence(
                    "group id and conversation, account and device, id and associated data agree, else never shown",
                    [
                        "M1: what the server says of a message is what its sender has sealed, else it is never shown",
                        "M1: a message of another group does not open in this one",
                        "M1: the associated data of a message is its id and nothing else",
                    ]),
                Sentence(
                    "the sender shown is the leaf's",
                    [
                        "M1: what the server says of a message is what its sender has sealed, else it is never shown",
                        "C4: who has written is called as their own chain says, whatever the server calls them",
                    ]),
                Sentence(
                    "a content is bounded and typed",
                    [
                        "what a member sends that is no message is told as that, and what comes behind it is read",
                        "what is larger than a payload may be is refused, and nothing of it comes",
                    ], scenarios: ["hostile-text"]),
            ]),
        Proof(
            "M2",
            [
                Sentence(
                    "an id counts once an account",
                    [
                        "M2: an id counts once an account, whatever is sealed under it later",
                        "the same identifier from two senders is two messages",
                    ]),
                Sentence(
                    "one's own id with another text is 65 `id_reused`",
                    ["M2: one's own id with another text is refused, and with the same it is known"]),
            ]),
        Proof(
            "M3",
            [
                Sentence(
                    "H never restarts, and takes in every entry, in order, with all it says",
                    [
                        "M3: the log's hash takes in every entry, in order, with all that it says",
                        "M3: the hash of a log begins with a founding and takes in every entry",
                        "M3: who has read the same log says so, and nothing is found",
                        "M3: who enters behind a restore has the log that its founder has",
                    ]),
                Sentence(
                    "who joins, resyncs or crosses a hole takes H from the server, as a claim that the first `seen` confirms",
                    [
                        "M3: who comes in the middle of a log takes its hash from the server, and what others have seen confirms it",
                        "M3: a false claim of the server is found by what others have seen",
                        "M3: a claim of the server is kept with what it is compared with later",
                        "M3: what lies behind a hole is compared with nothing",
                    ]),
                Sentence(
                    "it stops sending only in a direct group or when one's own other device says so",
                    [
                        "M3: who has read another log stops a direct conversation until somebody accepts it",
                        "M3: in a room another log that one's own other device has read stops it",
                        "M3: messages in another order are seen by the next one that says what was read, and nothing is sent",
                    ]),
                Sentence(
                    "elsewhere it is one warning that names the claimant",
                    ["M3: in a room another log is a warning, told once, which names who says so"]),
                Sentence(
                    "evidence is kept until `doctor --accept-fork`",
                    [
                        "M3: a difference is kept with what both say until somebody goes on in spite of it",
                        "M3: evidence is on the disk with the message that brought it, and nothing is written there from then on",
                        "M3: a founding that was taken far beyond the log's end is told, and costs nothing for ever",
                    ],
                    open:
                        "a process that is killed between taking the warning of a room and printing it says it no more; `doctor` does"
                ),
            ]),
    ]
}
