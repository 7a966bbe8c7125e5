/// The gate: whether we encrypt to a group.
extension RuleTable {
    static let gate: [Proof] = [
        Proof(
            "G1",
            [
                Sentence(
                    "for every leaf the chain is held, verified, and agrees with the pin, link by link",
                    [
                        "G1: a group is open where all chains are held, and a steady send reads one row",
                        "G1: the gate has a later device's chain read, and who is revoked removed",
                        "G1: who comes while chains are read is no ghost",
                    ]),
                Sentence(
                    "own account's too",
                    ["G1: nothing is encrypted to a leaf that the account's own chain, as it is held, does not have"]),
                Sentence(
                    "every package before its Add",
                    ["G1: nobody is added whom the pinned chain does not name, whatever the server gives"]),
                Sentence(
                    "the device is not revoked at our head; its instance is the highest known",
                    [
                        "G1: a revoked device is removed, a former root is not trusted, and neither is an older instance",
                        "G1: a leaf with a key that a renewal has replaced is none of its device",
                    ]),
                Sentence(
                    "else nothing is sent: revoked, remove it; else 79 `ghost_device`",
                    [
                        "G1: who is revoked is removed first",
                        "G1: a device that no chain has closes the gate once that was read",
                        "a revocation that was seen can neither be cut off nor replaced by what a stolen key has added",
                    ], scenarios: ["keys-lies"]),
                Sentence(
                    "open rooms never stop; with `keys = verified` they are 79",
                    ["G1: nothing is asked of an open group, and where all must be verified it is closed"]),
            ]),
        Proof(
            "G2",
            [
                Sentence(
                    "every content carries its sender's chain: another link at that number is `chain_forked`",
                    ["G2: a message tells how far its sender's chain goes, and another link there is a fork"]),
                Sentence(
                    "a higher number means reading that chain before sending there again",
                    [
                        "G2: a chain that somebody says goes on is read before anything is sent there",
                        "G2: a chain that goes on is read before anything is sent there, another one closes the gate",
                    ]),
            ]),
    ]
}
