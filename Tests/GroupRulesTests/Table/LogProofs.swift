/// The log of a conversation: order, epochs, catching up.
extension RuleTable {
    /// Stands for many: whatever is lost, killed, restored, by seeds.
    private static let simulator =
        "members agree, and who was there reads each message once, whatever is lost or killed"

    static let log: [Proof] = [
        Proof(
            "E1",
            [
                Sentence(
                    "only in the present epoch of the present incarnation and generation; a refusal says where it stands",
                    [
                        "E1: a message is taken only in the present epoch of the present incarnation and generation",
                        "a precondition that does not hold refuses and says what is current",
                    ]),
                Sentence(
                    "past epochs stay 0",
                    [
                        "E1: a message of an old epoch is never read, under whatever position it is sent",
                        "a message of a past epoch is refused by name, and no key of one is kept",
                    ]),
            ]),
        Proof(
            "E2",
            [
                Sentence(
                    "strictly in order, a savepoint each, with everything that an entry changes",
                    [
                        "E2: entries are taken in order, each once, with its text, its ratchet and its place together",
                        "E2: an entry that cannot be stored leaves nothing of it, and those before it are there",
                    ]),
                Sentence(
                    "up to 64 or 8 ms of work in one transaction",
                    ["E2: a transaction takes sixty-four entries, or what eight milliseconds have room for"]),
            ]),
        Proof(
            "E3",
            [
                Sentence(
                    "merged at its place in the log, not at its acknowledgement",
                    [
                        "E3: a commit is merged at its place, and what was written before it is opened before it",
                        "E3: an acknowledgement right behind what was processed is the commit's place",
                        "E3: whose commit lost drops it, and what it had sealed is sealed anew", simulator,
                    ]),
                Sentence(
                    "the waiting commit is sent again byte for byte by any process, and never overwritten",
                    [
                        "E3: a commit that waits is never overwritten, and is sent byte for byte by any process",
                        "E3: whatever answers are lost, all agree, and every message that was taken is read once by each",
                    ]),
                Sentence(
                    "foundings and external joins wait as whole groups in staging rows until their entry is read",
                    [
                        "E3: a founding waits as a whole group until the log has it",
                        "E3: what waited and is nothing any more is made anew once",
                        "E3: a founding that waits while a party begins anew is made anew",
                        "E3: a staged group stands beside the former one until it takes its place",
                        "E3: who comes back from outside passes over what it cannot follow, up to its own commit",
                        "E3: a process that ends before any statement goes on from its files, and nothing is half there",
                    ]),
            ]),
        Proof(
            "E4",
            [
                Sentence(
                    "its text is stored with its ciphertext before it is sent",
                    [
                        "E4: a text is on the disk with its ciphertext and the ratchet before anything is sent",
                        "two processes on one file never send one generation twice", simulator,
                    ]),
                Sentence(
                    "a retry in the same epoch sends the same ciphertext, after asking the gate again",
                    ["E4: a retry in the same epoch is the same ciphertext, after the gate was asked again"]),
                Sentence(
                    "one's own entry must be byte-equal to what was stored, else `mismatch`",
                    [
                        "E4: one's own entry is byte for byte what was sealed, else it is a mismatch",
                        "E4: an answer that was lost loses and doubles nothing",
                        "E4: what the server said it has taken, and left out of its log, is told",
                    ]),
                Sentence(
                    "gate, epoch and generation are read in the sealing transaction",
                    ["nothing is sealed without a group, in another life of the server, or while proposals wait"]),
                Sentence(
                    "up to 64 in one synced transaction; beyond 500 sealed and untaken, commit first",
                    ["E4: sixty-four share a transaction, and beyond five hundred under way a commit comes first"]),
            ]),
        Proof(
            "E5",
            [
                Sentence(
                    "a conversation rests until what is under way is answered, reads its log, seals anew in the same order",
                    [
                        "E5: after a stale refusal what is under way is answered first, then all is sealed anew in its order",
                        "who commits behind the others reads what they did, and commits anew",
                        "of two who found at once one is late, and takes its Welcome",
                    ]),
                Sentence(
                    "after 8 rounds `busy`, within `--timeout`",
                    [
                        "E5: a group that others change each time rests after eight rounds, and ends as busy with its time",
                        "it ends after eight rounds, and at once where nothing helps",
                    ]),
                Sentence(
                    "a 79 after anything was transmitted says `sent: unknown`",
                    [
                        "E5: where a key has changed, what may have gone out before is unknown, and what has not is not sent"
                    ]
                ),
            ]),
        Proof(
            "E6",
            [
                Sentence(
                    "commit, GroupInfo and Welcome are one request and one transaction",
                    [
                        "of a bundle that is refused nothing changes",
                        "before whatever statement one is killed, nothing is lost, doubled or unreadable",
                    ]),
                Sentence(
                    "a GroupInfo without external_pub is refused",
                    [
                        "E6: a GroupInfo without external_pub or of another epoch is refused",
                        "E6: a GroupInfo that another member has signed than the one who commits is refused",
                    ]),
            ]),
        Proof(
            "E7",
            [
                Sentence(
                    "handshakes are kept 400 days, messages as before",
                    ["E7: handshakes outlive messages and end after 400 days"]),
                Sentence(
                    "holes parted only by handshakes are one `gap`",
                    [
                        "E7: holes that handshakes alone part are told as one gap",
                        "E7: a gap that spans commits hides none of them",
                    ]),
                Sentence(
                    "leaves not seen for 400 days are removed",
                    [
                        "E7: leaves of devices that were not seen for 400 days end",
                        "E7: who was not seen for 400 days is removed before anybody writes",
                    ]),
            ]),
        Proof(
            "E8",
            [
                Sentence(
                    "a one-shot commits only where it must, else after its own message",
                    [
                        "E8: what can wait comes behind the message of a command",
                        "E8: a command gives its leaf keys behind its own message, and in no other conversation",
                        "R1, E8: a command commits behind its message where the server asks it to, and nowhere else",
                        "E8: where the answer to such a commit is lost, the next process sends the same bytes",
                    ]),
                Sentence(
                    "a path of one's own after joining by Welcome (up to 64 leaves)",
                    [
                        "E8: who came by a Welcome has no path of its own, and whoever founded has",
                        "E8: all whom one commit has added give themselves keys one after the other",
                    ]),
                Sentence(
                    "when the leaf is 7 days old, after a renewal",
                    [
                        "E8: a leaf is given other keys after a week, by lasting connections at a time of their own",
                        "E8: a leaf that is a week old is given other keys, by a command and by a lasting connection",
                        "E8: behind a restore a lasting connection goes on with the keys of its leaves, also of who only reads",
                        "E8: a lasting connection looks again when the first of its groups is due, and not too many at once",
                        "E8: since when a leaf has its keys is known, or begins again, and is never later than now",
                    ]),
            ]),
        Proof(
            "E9", "a log of 1,000 commits costs one load of the group",
            ["E9: a log of a thousand commits costs one load of the group"]),
    ]
}
