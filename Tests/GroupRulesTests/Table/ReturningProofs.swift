/// Copies, crashes, coming back.
extension RuleTable {
    static let returning: [Proof] = [
        Proof(
            "S1",
            [
                Sentence(
                    "used only while its head row's version, read in this transaction, is unchanged",
                    [
                        "S1: a group that is held is used only while nobody else has stored it",
                        "S1: what a transaction that came to nothing has made is not held",
                        "S1: a group that was entered anew is loaded, although its rows have come to the same version",
                    ]),
                Sentence(
                    "large joins are computed before the lock",
                    open:
                        "by the way the code is cut (`WelcomedGroup`, `StagedGroup` are made outside of a transaction); no test times it"
                ),
            ]),
        Proof(
            "S2", "a refused login carries out nothing behind it",
            [
                "S2: of what comes in one flight with a login that is refused nothing is carried out",
                "what was sent behind a refused login fails for the reason of the login",
            ]),
        Proof(
            "S3",
            [
                Sentence(
                    "comes back by external commit over its own leaf, after reading the entry once more",
                    [
                        "S3: who cannot process a commit comes back over its own leaf, having followed the log itself",
                        "S3: a commit whose tag is changed for one member costs it what it cannot read, and nothing else",
                        "S3: a commit that cannot be processed is reported, and coming back is told as a gap",
                    ]),
                Sentence(
                    "in turns, with jitter",
                    [
                        "S3: all whom one commit has thrown out come back in turns, and none gets in another's way",
                        "turns to commit come one after the other", "a turn ends with the commit or with its time",
                        "nobody stands in line twice and who is gone waits no more",
                    ]),
                Sentence(
                    "at most once an hour a group",
                    [
                        "who lost its way comes back once an hour",
                        "S3: who lost the race for coming back has not come back, and tries again",
                        "S3: a return that a restore has lost is not the one of the hour",
                        "S3: a commit that waits in what a restore has lost keeps nobody from coming back",
                        "S3: a coming back that never came to the server is gone on with by whoever reads",
                    ]),
                Sentence(
                    "its own `PublicGroup` follows from its last good epoch; the result equals it in context and tag",
                    [
                        "S3: a group that the log does not lead to is not entered",
                        "a description of another state is not joined by it, and an honest one is",
                    ]),
                Sentence(
                    "without a good epoch: closed room, signed by another active device of one's own, else first use; 79 under `verified`",
                    ["S3: who has no epoch to follow enters by the word of a device of their own, else by first use"]),
                Sentence(
                    "by two accounts or an admin, that device's commits are refused for a day",
                    [
                        "S3: commits of a device that two accounts report are refused for a day",
                        "one report of an admin is enough",
                        "nobody reports what is not there or what they were not there for",
                    ]),
            ]),
        Proof(
            "S4",
            [
                Sentence(
                    "every group takes no message before a commit of the new generation",
                    [
                        "S4: after a restore no group takes a message before a commit of the new generation",
                        "S4: after a restore members commit in the new generation before anything is written",
                        "S4: a proposal does not lift what a restore holds, in open groups either",
                    ], scenarios: ["restore", "restore-devices"]),
                Sentence(
                    "a member goes back only to an epoch whose transcript hash it kept, with the policy last held",
                    [
                        "S4: nobody goes on from an epoch in which they never were",
                        "S4: a lost epoch is not taken for the one that has its number now",
                        "S4: an admin whose own change a restore has lost reads on when the fork is accepted",
                        "S4: the policy that was held last counts, also where the room had begun with it",
                        "S4: into an earlier incarnation of a room that a restore has brought back one goes with the policy last held",
                        "S4: a room whose policy was changed long before goes on where a restore has lost something else",
                        "S4: nobody comes back to what no epoch leads to in which they were, until they go on in spite of it",
                        "S4: who was further comes back to what others have made of an epoch in which they were",
                        "S4: where a restore has lost an incarnation and others go on in the one before, one goes back to that",
                        "S4: whom a device that knows nothing has overtaken goes on only in spite of it",
                    ]),
                Sentence(
                    "a leaf that its later tree no longer had is 79 `restored_member` until removed",
                    [
                        "S4: a device that a restore has brought back closes the gate until it is removed",
                        "S4: whom a restore brings back into a closed room nobody writes to before they are removed again",
                        "S4: who has come in behind a restore is nobody whom it has brought back, and nobody is reported",
                        "S4: a device that a restore has brought back stops nobody once it is suspended again",
                        "S4: whom a restore has brought back is let in to what is founded anew as anybody is",
                    ]),
                Sentence(
                    "a restored server has lost a group: it goes on from what its members have",
                    [
                        "S4: behind a restore the next incarnation is founded, and without others that is said",
                        "S4: behind a restore the next incarnation may be founded, until somebody has committed",
                        "S4: behind a restore a later incarnation may go back to what was held before, and to nothing else",
                        "S4: who was further founds the next incarnation, and the others read what is written there",
                        "S4: of two who found it at once one is late, and nothing is lost to it",
                        "S4: a group that a restore has lost goes on from what its members have",
                        "S4: a conversation that a restore has lost goes on, and what is written there first is read",
                        "S4: where a restore has lost the group it goes on from what its members know",
                        "S4: who holds nothing any more of a group that is lost founds the next one, as who holds it does",
                        "S4: a device that came from outside is in what goes on from before it came",
                        "S4: who was only in a lost incarnation goes on from where that had begun",
                        "S4: a restore that never was is told, and nothing is lost or comes twice",
                        "S4: to somebody who is disabled nothing is tried for ever behind a restore",
                        "S4: who has left, and was brought back by a restore, leaves or joins again",
                        "S4: who has made a room hears at once that a restore has lost its founding, and makes it anew",
                        "what is written to a room before it is founded goes out when it is, and asks once a second until then",
                        "S4: a removal that a restore has lost is committed by nobody, and one that it has left is",
                        "S4: by removals that a restore has lost no group is deserted, whatever is committed first",
                        "S4: what waits is taken from the log only where nobody has read on since it was asked for",
                        "S4: who has left, and was brought back by a restore, is not in it again by that",
                        "S4: who has left, and listens first behind a restore, is not in it again by that",
                        "S4: who has left takes out nobody behind a restore who came in since by another device",
                        "S4: who has left, and came in again by another device, is not taken out behind a restore",
                        "S4: who has joined again by another device behind a restore is not taken out by the one that left",
                        "S4: a Welcome that a restore has brought back does not hide the one behind it",
                        "S4: who knows of a removal that a restore has lost comes in again when they are added again",
                        "members agree, and who was there reads each message once, whatever is lost or killed",
                    ]),
            ]),
        Proof(
            "S5",
            [
                Sentence(
                    "`secure_delete`",
                    [
                        "S5: a text that is due is nowhere in the files, and the others are",
                        "nothing of an epoch's secrets is in the files when it has ended",
                        "S5: a process that ends before any statement of it has erased all or nothing of a page",
                    ]),
                Sentence(
                    "bindings of secrets are cleared",
                    ["S5: no statement keeps a secret bound that it has written"]),
                Sentence(
                    "lasting processes truncate the WAL when idle, one-shots where it is over 1 MiB or an hour old",
                    ["S5: a command looks now and then, and empties a log that is large, old, or has what was erased"]),
                Sentence(
                    "`keep`: none, until every resume point has passed, at most 7 days; the default of identity files",
                    [
                        "S5: what is due follows from the policy, the readers and the time",
                        "S5: none: a text stays until every resume point has passed it, and a week at most",
                        "S5: a reader that comes after a week is told that something is missing",
                        "S5: what this device has sent goes too, though it reads nothing",
                        "S5: a profile whose device came in a file for programs keeps nothing where nothing is configured",
                    ], scenarios: ["texts-kept"]),
            ]),
    ]
}
