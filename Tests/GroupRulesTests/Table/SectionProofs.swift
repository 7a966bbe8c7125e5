/// Sentences that bear no letter, by the chapter of the design.
extension RuleTable {
    static let sections: [Proof] = [
        Proof(
            "1 accounts",
            [
                Sentence(
                    "fingerprints: `acct1:`, `dev1:`, base32; `dev1:` survives renewals; compared whole",
                    [
                        "a fingerprint is one text, and a device's survives renewals",
                        "two people read the same sixty digits, and others read others",
                    ],
                    scenarios: ["keys", "device-approval"]),
                Sentence(
                    "a pending device: no packages, groups, entries; at most 4, for 7 days",
                    [
                        "four strangers wait for a week and no more",
                        "a flood of devices that wait keeps nobody out who was approved",
                    ]),
                Sentence(
                    "nothing ever offers the fingerprint for copying on the approving side",
                    scenarios: ["device-approval"]),
                Sentence(
                    "login takes the slot idle longest",
                    ["of reusable devices an unused one is taken, then the one that is idle longest"]),
                Sentence(
                    "`register` on a terminal and `doctor` suggest the recovery key",
                    ["one device alone that approves others is too few, and none is fewer"]),
                Sentence(
                    "an approver sends its pins to the approved device through the group of own devices",
                    [
                        "§1: an approver gives its pins to the approved device through the group of own devices",
                        "§1: pins are taken from a device of one's own that certifies, and from nobody else",
                    ]),
                Sentence(
                    "suspending proves nothing to peers",
                    ["who has the password suspends a device, which proves nothing"]),
                Sentence(
                    "losing the last device: 77 `last_device` without `--force`",
                    ["the last device is cut off only by force, and who leaves nobody to approve is told"]),
                Sentence(
                    "`login --reset`, once a day, lists what it revokes; a new root; peers see 79",
                    [
                        "a reset wants the password and comes once a day",
                        "a reset begins anew: another root, and every device before it is revoked",
                        "to a changed key nothing goes out until that very one is accepted",
                    ], scenarios: ["reset-killed"]),
            ]),
        Proof(
            "2 leaves",
            [
                Sentence(
                    "exactly one external sender, compared with the pin on entering",
                    ["J4: version, server, ids, type, name, incarnation, parties and external sender never change"]),
                Sentence(
                    "the judge sees the leaves before and after a commit, and the whole tree at every join, load and following",
                    [
                        "the judge is asked about the whole tree at every founding, join, load and following, and once",
                        "a judge that refuses a tree is obeyed wherever one begins with it",
                    ]),
            ]),
        Proof(
            "3 packages",
            [
                Sentence(
                    "20 and one last resort, refilled where fewer than 10 are left",
                    ["a new device leaves twenty and a last resort", "fewer than ten are refilled to twenty"]),
                Sentence(
                    "once-only ones live 90 days, the last resort is replaced after 30, its old half kept 30 more",
                    [
                        "the last resort is replaced after thirty days, and where this life of the store was given none",
                        "a former last resort is kept thirty days longer, and others until nobody may use them",
                    ]),
            ]),
        Proof(
            "4 kinds",
            [
                Sentence(
                    "a direct id is of server and the unordered pair",
                    ["a direct conversation's id follows from the server and the unordered pair"]),
                Sentence(
                    "one commit adds every active device of both accounts that has a package",
                    ["whoever writes first founds, and all active devices of both enter by its Welcome"]),
                Sentence(
                    "nobody certified there: 75 `no_device` (81 with `--queue`), never plain text",
                    [
                        "where nobody of the other party can be added nothing is founded",
                        "who has no device yet is queued where that is wanted, and else refused at once",
                        "a server that denies a group gets no plain text",
                    ]),
                Sentence("64 Adds a commit", ["a commit adds at most 64 devices"]),
                Sentence(
                    "a room's name is pinned: another under it is 79 `room_changed` until `room forget`",
                    ["another room under a name that was used is neither founded nor joined until it is forgotten"]),
                Sentence(
                    "no leaf of an active device left: a former admin may make the room anew",
                    ["I1, I2: a room that everybody has left is made anew by who was its admin, as it was"],
                    scenarios: ["room-anew"]),
                Sentence(
                    "`everyone_devices`, then 77 `too_large` for newcomers",
                    ["everyone takes newcomers as long as there is room"], scenarios: ["everyone-full"]),
                Sentence(
                    "later devices join lazily, newest conversation first, one a second",
                    [
                        "a device that was let in later comes into the rooms of its account, and is told as that",
                        "a device that was let in later comes into all conversations of its account, newest first",
                        "what was written to last is entered first, and else in the order given",
                        "members are told when something was written last, and nobody else",
                    ]),
            ]),
        Proof(
            "7 the gate",
            [
                Sentence(
                    "first use pins and says so once",
                    ["a first message pins the key and says so once, and a later one asks the server nothing"]),
                Sentence(
                    "a changed root is 79 `key_changed`, nothing sent, queued messages are held; only `keys accept` goes on",
                    [
                        "to a changed key nothing goes out until that very one is accepted",
                        "to whom may not be written nothing goes out, and what waits in the outbox is held there",
                    ], scenarios: ["keys"]),
                Sentence(
                    "`keys_file` counts whole or not at all", ["a list of keys counts whole or not at all"],
                    scenarios: ["keys"]),
                Sentence(
                    "`reply`, `ask` and hooks do not act on changed or revoked senders",
                    ["programs act on the devices that a user has, and on nobody else"], scenarios: ["keys-senders"]),
            ]),
        Proof(
            "8 padding", "multiples of 128 up to 1 KiB, Padmé above",
            [
                "messages are as long as multiples of 128 up to 1 KiB, and as Padmé says above",
                "a message says how far its sender had read the log, and hides its length",
            ]),
        Proof(
            "11 limits",
            [
                Sentence(
                    "handshake 256 KiB, Welcome 512 KiB, tree in parts of 512 KiB and at most 16 MiB, GroupInfo 8 KiB, links 1 KiB",
                    [
                        "what concerns groups is taken at its limit and refused beyond it",
                        "a link or grant is refused beyond its bound before anything is looked up",
                    ]),
                Sentence(
                    "1,000 devices a group", ["everyone takes newcomers as long as there is room"],
                    open: "the thousandth device of a room that is none of everyone's no test adds"),
                Sentence(
                    "commits 10 a second an account",
                    [
                        "a commit or a founding costs what ten messages do: an account makes ten a second",
                        "whoever has used up the rate is refused what reads and writes and not what must work",
                    ]),
                Sentence(
                    "external commits one a second a device",
                    ["who comes from outside does so once a second, also over a leaf of their own"]),
                Sentence(
                    "`MLS` and `GroupRules` pure; in `ChatServer` only `GroupFollower.swift` uses MLS",
                    [
                        "the pure targets have no clock, no randomness and no doors",
                        "the server does not open payloads", "each door to the world is used by one target",
                    ]),
            ]),
    ]
}
