/// What a server that lies gains: each lie of the design.
extension RuleTable {
    static let serverLies: [Proof] = [
        Proof(
            "ghost by a stolen key", "a device that a chain has which nobody was shown",
            [
                "a revocation that was seen can neither be cut off nor replaced by what a stolen key has added",
                "G1: a device that no chain has closes the gate once that was read",
                "G1: nobody is added whom the pinned chain does not name, whatever the server gives",
            ]),
        Proof(
            "ghost by a revoked key", "a device that a revoked one has added",
            ["a ghost that a revoked device has added closes the gate as long as it is told, and nothing of it is kept"]
        ),
        Proof(
            "forged reset", "another root under a name that is known",
            [
                "a changed root is told with both until it is accepted, and what was compared before counts no more",
                "to a changed key nothing goes out until that very one is accepted",
            ], scenarios: ["keys-lies"]),
        Proof(
            "another account under a name", "",
            [
                "C4: another account under a pinned name, or one whose chain has another name, is not written to",
                "nobody who is known is passed off as somebody who is not",
                "the conversation with a user is no other one, whatever the server says",
                "a user who is known is not written to under another's name",
                "a conversation is not another user's because the server says so of what comes",
                "everyone's conversation is the one that was told first",
                "what was called everyone's from the beginning is no user's",
            ], scenarios: ["keys-lies"]),
        Proof(
            "another room under a name", "",
            [
                "another room under a name that was used is neither founded nor joined until it is forgotten",
                "a room that was left may be forgotten, and its name used of another one",
            ]),
        Proof(
            "another's key package, or one twice", "",
            [
                "G1: nobody is added whom the pinned chain does not name, whatever the server gives",
                "where nobody of the other party can be added nothing is founded",
            ]),
        Proof(
            "a revocation or a Remove kept back", "",
            [
                "J6: who holds a revocation removes its leaf, also where nobody has proposed it",
                "a revocation that was seen can neither be cut off nor replaced by what a stolen key has added",
            ], open: "of a revocation that nobody has seen nobody can know"),
        Proof(
            "a chain cut or forked", "",
            [
                "C4: a chain that lost links is a fork, and after a restore it is behind until whole again",
                "a chain that contradicts the held one closes the gate, is shown, and the user is met anew if accepted",
                "G2: a chain that goes on is read before anything is sent there, another one closes the gate",
            ], scenarios: ["keys-lies", "chain-cut"]),
        Proof(
            "a Welcome to a foreign, former or wrong group", "",
            [
                "K5: a Welcome is entered where it was delivered for, and into nothing that is held or was left",
                "K5: a Welcome of another server's group, or that cannot be read, is refused",
                "K5: a Welcome that is not what was sent is not entered, and the device comes in from outside",
                "K5: a Welcome that is of another conversation than was asked for is a fault, and the real one is entered",
                "K5: a Welcome that comes again leads nowhere",
                "K5: a Welcome to a room is entered where the policy lets who signed it add, under its pinned name",
                "K5: nobody is added to everyone",
            ]),
        Proof(
            "a GroupInfo of another state", "",
            [
                "S3: a group that the log does not lead to is not entered",
                "a description of another state is not joined by it, and an honest one is",
                "who is told less than another process knows by now, or of more than it was given, does not come back",
            ]),
        Proof(
            "a fabricated group for a device without state", "",
            [
                "G1: a device that no chain has closes the gate once that was read",
                "J4: a group that begins otherwise is not entered",
            ]),
        Proof(
            "entries left out", "",
            [
                "M3: who has read another log stops a direct conversation until somebody accepts it",
                "E4: what the server said it has taken, and left out of its log, is told",
                "an entry that is left out is a fault that is told, and what comes behind it waits",
                "whoever listens goes on with the server as soon as it gives what it left out",
                "a text that is kept back behind its hash is told, and what follows it is read",
            ]),
        Proof(
            "a tail kept back", "nobody can see it; nothing of it is lost",
            ["a tail that is kept back is not seen, and read as soon as it is given"]),
        Proof(
            "numbers far beyond the end, and logs without one", "",
            [
                "a gap that never was is told, and what was said to be missing is read when the server has it",
                "a Welcome from far beyond the log's end costs what cannot be read, and it goes on",
                "M3: a founding that was taken far beyond the log's end is told, and costs nothing for ever",
                "a log that never ends is a fault of the server's",
                "gaps and entries at the ends of the numbers are stored, or refused as a leap",
            ]),
        Proof(
            "entries doubled, reordered or moved", "",
            [
                "M3: the log's hash takes in every entry, in order, with all that it says",
                "M1: a message of another group does not open in this one",
                "E2: entries are taken in order, each once, with its text, its ratchet and its place together",
                "of what the server meddles with nothing is shown as it is not, nothing twice, and all that it gives later",
                "M3: messages in another order are seen by the next one that says what was read, and nothing is sent",
                "gaps and entries at the ends of the numbers are stored, or refused as a leap",
            ]),
        Proof(
            "entries with another's id or device", "",
            [
                "M1: what the server says of a message is what its sender has sealed, else it is never shown",
                "E4: one's own entry is byte for byte what was sealed, else it is a mismatch",
            ]),
        Proof(
            "logs that differ for two members", "",
            ["M3: who has read another log stops a direct conversation until somebody accepts it"]),
        Proof(
            "a commit's tag changed for one member", "",
            [
                "S3: a commit whose tag is changed for one member costs it what it cannot read, and nothing else",
                "S3: who cannot process a commit comes back over its own leaf, having followed the log itself",
            ]),
        Proof(
            "a commit that members refuse", "",
            [
                "S3: commits of a device that two accounts report are refused for a day",
                "what the rules forbid is not even made",
            ]),
        Proof(
            "a Remove that nobody asked for", "a server can evict, and members are told whose doing it was",
            [
                "the server's Remove waits, the next commit takes it, and who is removed keeps a tombstone",
                "who is added and removed is told to all, once, with whose doing it was",
            ]),
        Proof(
            "an invented incarnation", "",
            [
                "I2: a later incarnation that goes on from another history is not entered",
                "I2: a later incarnation goes on from what is held: policy, epoch and history",
            ]),
        Proof(
            "an invented restore", "",
            [
                "S4: a restore that never was is told, and nothing is lost or comes twice",
                "S4: nobody goes on from an epoch in which they never were",
                "S4: behind a restore a later incarnation may go back to what was held before, and to nothing else",
            ]),
        Proof(
            "lists and wishes without end", "",
            [
                "a list of rooms without end is left", "members of a room without end, and in no order, are left",
                "a list is in order, ends in time, and has no more than there can be",
                "what a server wants done without end is done in a bounded line",
                "a line has so much room, and takes what came first in its order",
                "of who is online no more is kept than there can be", "a server that floods is left",
                "a chain that proves nothing, belongs to another or never ends is refused",
            ]),
        Proof(
            "everything plain", "",
            [
                "what the server delivers as plain text in a group is never shown",
                "a server that denies a group gets no plain text",
            ]),
    ]
}
