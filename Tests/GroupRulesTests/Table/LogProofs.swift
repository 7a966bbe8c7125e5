/// The log of a conversation: founding, epochs, removals.
extension RuleTable {
    static let log: [Proof] = [
        Proof(
            "E1", "messages are of the present epoch",
            [
                "E1: a message is taken only in the present epoch of the present incarnation and generation",
                "E1: a message of an old epoch is never read, under whatever position it is sent",
                "members agree, and who was there reads each message once, whatever is lost or killed",
            ]),
        Proof(
            "E2", "entries are taken in order",
            [
                "E2: entries are taken in order, each once, with its text, its ratchet and its place together",
                "E2: a transaction takes sixty-four entries, or what eight milliseconds have room for",
            ]),
        Proof(
            "E3", "commits are merged at their place",
            [
                "E3: a process that ends before any statement goes on from its files, and nothing is half there",
                "E3: a commit is merged at its place, and what was written before it is opened before it",
                "E3: an acknowledgement right behind what was processed is the commit's place",
                "E3: whose commit lost drops it, and what it had sealed is sealed anew",
                "E3: who comes back from outside passes over what it cannot follow, up to its own commit",
                "E3: a founding waits as a whole group until the log has it",
                "E3: whatever answers are lost, all agree, and every message that was taken is read once by each",
                "E3: a commit that waits is never overwritten, and is sent byte for byte by any process",
                "E3: a staged group stands beside the former one until it takes its place",
                "members agree, and who was there reads each message once, whatever is lost or killed",
            ]),
        Proof(
            "E4", "one's own messages",
            [
                "E4: one's own entry is byte for byte what was sealed, else it is a mismatch",
                "E4: an answer that was lost loses and doubles nothing",
                "E4: what the server said it has taken, and left out of its log, is told",
                "E4: a text is on the disk with its ciphertext and the ratchet before anything is sent",
                "E4: a retry in the same epoch is the same ciphertext, after the gate was asked again",
                "E4: sixty-four share a transaction, and beyond five hundred under way a commit comes first",
                "members agree, and who was there reads each message once, whatever is lost or killed",
                "two processes on one file never send one generation twice",
            ]),
        Proof(
            "E5", "after a refusal",
            [
                "E5: after a stale refusal what is under way is answered first, then all is sealed anew in its order",
                "E5: a group that others change each time rests after eight rounds, and ends as busy with its time",
                "who commits behind the others reads what they did, and commits anew",
                "of two who found at once one is late, and takes its Welcome",
            ]),
        Proof(
            "E6", "commit, GroupInfo and Welcome are one",
            [
                "E6: a GroupInfo without external_pub or of another epoch is refused"
            ]),
        Proof(
            "E7", "how long handshakes are kept",
            [
                "E7: holes that handshakes alone part are told as one gap",
                "E7: handshakes outlive messages and end after 400 days",
                "E7: leaves of devices that were not seen for 400 days end",
                "E7: who was not seen for 400 days is removed before anybody writes",
            ]),
        Proof(
            "E8", "keys of leaves stay fresh",
            [
                "E8: what can wait comes behind the message of a command",
                "E8: all whom one commit has added give themselves keys one after the other",
                "E8: a leaf is given other keys after a week, by lasting connections at a time of their own",
                "E8: a lasting connection looks again when the first of its groups is due, and not too many at once",
                "E8: who came by a Welcome has no path of its own, and whoever founded has",
                "E8: a command gives its leaf keys behind its own message, and in no other conversation",
                "E8: a leaf that is a week old is given other keys, by a command and by a lasting connection",
                "E8: where the answer to such a commit is lost, the next process sends the same bytes",
            ]),
        Proof(
            "E9", "what a long log costs",
            [
                "E9: a log of a thousand commits costs one load of the group"
            ]),
        Proof(
            "I1", "who founds",
            [
                "I1: a direct conversation is founded by a party and everyone by any device",
                "I1: the parties are who their accounts' chains say they are",
                "I1: a room is founded by its admin, under its name",
            ]),
        Proof(
            "I2", "later incarnations",
            [
                "I2: where a party has nobody left the next incarnation is founded, and others enter that",
                "I2: who stays founds the next incarnation for a party that began anew",
                "I2: who is enabled again is written to and writes, in the next incarnation",
                "I2: who began anew founds it, and whoever held the former one follows it from its founding",
                "I2: a later incarnation that goes on from another history is not entered",
                "I2: a later incarnation goes on from what is held: policy, epoch and history",
                "I2: of a direct conversation one party may have another root, and the gate is told",
            ]),
        Proof(
            "R1", "removals go before messages",
            [
                "R1: who is revoked is removed before anything is written",
                "R1: whoever listens commits who must go, without writing anything",
                "R1: what must go is read in the log and committed, by whoever is first",
                "R1: messages to a direct group are refused until the removal is committed",
                "R1: who leaves gets nothing more and is removed before anybody writes",
                "members agree, and who was there reads each message once, whatever is lost or killed",
            ], scenarios: ["devices"]),
        Proof(
            "R2", "removals are not left out",
            [
                "R2: a member's commit takes waiting removals along and behind an external one they are made anew",
                "R2: who comes back to an open room is not removed for having left",
            ]),
        Proof(
            "R3", "who is revoked gets nothing more",
            [
                "R3: what was left out is found at the next start",
                "members agree, and who was there reads each message once, whatever is lost or killed",
            ]),
    ]
}
