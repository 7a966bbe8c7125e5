/// Messages, copies, and coming back.
extension RuleTable {
    static let messages: [Proof] = [
        Proof(
            "M1", "what a message says it is",
            [
                "M1: what the server says of a message is what its sender has sealed, else it is never shown",
                "M1: a message of another group does not open in this one",
                "M1: the associated data of a message is its id and nothing else",
            ]),
        Proof(
            "M2", "an id counts once an account",
            [
                "M2: an id counts once an account, whatever is sealed under it later",
                "M2: one's own id with another text is refused, and with the same it is known",
            ]),
        Proof(
            "M3", "members check the log",
            [
                "M3: who has read the same log says so, and nothing is found",
                "M3: who enters behind a restore has the log that its founder has",
                "M3: who has read another log stops a direct conversation until somebody accepts it",
                "M3: what lies behind a hole is compared with nothing",
                "M3: the log's hash takes in every entry, in order, with all that it says",
                "M3: who comes in the middle of a log takes its hash from the server, and what others have seen confirms it",
                "M3: a false claim of the server is found by what others have seen",
                "M3: a difference is kept with what both say until somebody goes on in spite of it",
                "M3: the hash of a log begins with a founding and takes in every entry",
            ]),
        Proof(
            "S1", "a loaded group is used while it is the newest",
            [
                "S1: a group that is held is used only while nobody else has stored it",
                "S1: what a transaction that came to nothing has made is not held",
            ]),
        Proof(
            "S2", "a refused login carries out nothing",
            [
                "S2: of what comes in one flight with a login that is refused nothing is carried out",
                "what was sent behind a refused login fails for the logins reason",
            ]),
        Proof(
            "S3", "who lost the group",
            [
                "S3: who cannot process a commit comes back over its own leaf, having followed the log itself",
                "S3: a group that the log does not lead to is not entered",
                "S3: commits of a device that two accounts report are refused for a day",
                "S3: a commit that cannot be processed is reported, and coming back is told as a gap",
                "S3: a commit whose tag is changed for one member costs it what it cannot read, and nothing else",
            ],
            open: "turns and jitter of many who come back at once are not tested"),
        Proof(
            "S4", "after a restore",
            [
                "S4: behind a restore the next incarnation is founded, and without others the restored one goes on",
                "S4: after a restore members commit in the new generation before anything is written",
                "S4: who was further founds the next incarnation, and the others read what is written there",
                "S4: of two who found it at once one is late, and nothing is lost to it",
                "S4: a group that a restore has lost goes on from what its members have",
                "S4: nobody goes on from an epoch in which they never were",
                "S4: after a restore no group takes a message before a commit of the new generation",
                "S4: a proposal does not lift what a restore holds, in open groups either",
                "S4: behind a restore the next incarnation may be founded, until somebody has committed",
                "S4: where a restore has lost the group it goes on from what its members know",
                "S4: behind a restore a later incarnation may go back to what was held before, and to nothing else",
                "members agree, and who was there reads each message once, whatever is lost or killed",
                "S4: a device that a restore has brought back closes the gate until it is removed",
                "S4: who was further comes back to what others have made of an epoch in which they were",
                "S4: nobody comes back to what no epoch leads to in which they were, until they go on in spite of it",
                "S4: who holds nothing any more of a group that is lost founds the next one, as who holds it does",
                "S4: whom a device that knows nothing has overtaken goes on only in spite of it",
                "S4: a device that came from outside is in what goes on from before it came",
                "S4: a lost epoch is not taken for the one that has its number now",
                "S4: who was only in a lost incarnation goes on from where that had begun",
                "S4: a restore that never was is told, and nothing is lost or comes twice",
            ], scenarios: ["restore", "restore-devices"]),
        Proof(
            "S5", "what is erased",
            [
                "S5: what is due follows from the policy, the readers and the time",
                "S5: a command looks now and then, and empties a log that is large, old, or has what was erased",
                "S5: a text that is due is nowhere in the files, and the others are",
                "S5: none: a text stays until every resume point has passed it, and a week at most",
                "S5: a reader that comes after a week is told that something is missing",
                "S5: what this device has sent goes too, though it reads nothing",
                "S5: a process that ends before any statement of it has erased all or nothing of a page",
                "S5: a profile whose device came in a file for programs keeps nothing where nothing is configured",
            ]),
    ]
}
