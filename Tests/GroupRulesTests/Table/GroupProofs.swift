/// Who founds, what goes on from what, and who must go.
extension RuleTable {
    static let groups: [Proof] = [
        Proof(
            "I1",
            [
                Sentence(
                    "founders: direct, a party; everyone, any device; a room, its admin",
                    [
                        "I1: a direct conversation is founded by a party and everyone by any device",
                        "I1: the parties are who their accounts' chains say they are",
                        "I1: a room is founded by its admin, under its name",
                    ]),
                Sentence(
                    "the founding GroupInfo (founder's leaf alone) is kept for the incarnation's life",
                    [
                        "the founding GroupInfo is kept with the tree in it",
                        "I1: a founding describes the founder's leaf alone",
                    ]),
                Sentence(
                    "0 to 1 is the compare-and-swap; the loser drops its own and joins",
                    [
                        "the loser of a founding takes its Welcome",
                        "whoever is late with a founding is told that there is a group",
                    ]),
            ]),
        Proof(
            "I2",
            [
                Sentence(
                    "who held incarnation n enters only a later one, following its handshakes from that GroupInfo",
                    [
                        "I2: where a party has nobody left the next incarnation is founded, and others enter that",
                        "I2: who stays founds the next incarnation for a party that began anew",
                        "I2: who is enabled again is written to and writes, in the next incarnation",
                        "I2: who began anew founds it, and whoever held the former one follows it from its founding",
                    ]),
                Sentence(
                    "if the policy is the last held but for incarnation, `previous` and, direct, a party's root",
                    [
                        "I2: of a direct conversation one party may have another root, and the gate is told",
                        "I2: a later incarnation of a room is entered by what it was founded as, whatever was changed since",
                    ]),
                Sentence(
                    "`previous.epoch` not below its own last, and where equal the same transcript; else `history_forked`",
                    [
                        "I2: a later incarnation that goes on from another history is not entered",
                        "I2: a later incarnation goes on from what is held: policy, epoch and history",
                    ]),
            ]),
        Proof(
            "R1",
            [
                Sentence(
                    "in direct and closed groups messages are refused until they are committed: the next sender commits first",
                    [
                        "R1: messages to a direct group are refused until the removal is committed",
                        "R1: who is revoked is removed before anything is written",
                        "R1: what must go is read in the log and committed, by whoever is first",
                        "R1: who leaves gets nothing more and is removed before anybody writes",
                        "R1: behind a commit that removes as many as may wait stand those that are left, before any message",
                        "R1: a room that is made closed is written to when whoever has gone was removed",
                    ], scenarios: ["devices", "user-disabled"]),
                Sentence(
                    "the server asks one connected member (5 s, then the next)",
                    [
                        "one is asked and after some seconds the next",
                        "who writes and does not stay is asked where nobody stays, also by a server that has begun anew",
                        "where nobody stays who writes and goes is asked, and after some seconds the next",
                        "R1: whoever listens commits who must go, without writing anything",
                    ]),
                Sentence(
                    "in open groups they are gathered for a minute and messages go on",
                    ["messages to an open group go on while removals are gathered"]),
            ]),
        Proof(
            "R2",
            [
                Sentence(
                    "the server refuses a member's commit that leaves a waiting Remove out, and proposes it again behind an external one",
                    [
                        "R2: a member's commit takes waiting removals along and behind an external one they are made anew",
                        "R2: who comes back to an open room is not removed for having left",
                    ])
            ]),
        Proof(
            "R3",
            [
                Sentence(
                    "a revoked device gets nothing more from the moment of the revocation",
                    [
                        "nothing of a revoked device is stored after the answer",
                        "a revoked device ends with its status and hears nothing more",
                        "R3: what was left out is found at the next start",
                        "R3: nobody of an account that is disabled gets a leaf",
                    ]),
                Sentence(
                    "`revoke`, `disable`, `delete` return when every conversation refuses",
                    [
                        "R3: a group refuses messages when it was looked at, however much waits for it",
                        "R3: a group that another server moves on meanwhile refuses messages all the same",
                        "R3: whoever cuts somebody off hears that a group does not refuse messages yet",
                        "R3: what could not be proposed is tried again without anybody's doing",
                        "a device is cut off before it is told to whom had it suspended",
                        "nothing of a disabled account is stored after its connections were closed",
                        "members agree, and who was there reads each message once, whatever is lost or killed",
                    ], scenarios: ["devices", "user-disabled"]),
            ]),
    ]
}
