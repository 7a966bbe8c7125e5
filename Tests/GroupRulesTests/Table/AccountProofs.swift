/// Chains of accounts.
extension RuleTable {
    static let accounts: [Proof] = [
        Proof(
            "C1",
            [
                Sentence(
                    "only a device that is active at that point of the chain, with `certify`, adds and revokes others",
                    [
                        "C1: only who certifies, with its present key, adds and revokes others",
                        "C1: only an active device that certifies adds and revokes others",
                    ], scenarios: ["devices", "device-approval"]),
                Sentence(
                    "it signs with its present key; an enrol key signs renewals and nothing else",
                    ["C1: a device signs with its present key, and an enrol key signs renewals and nothing else"]),
                Sentence(
                    "a link is signed over all it says, by its device; the grant proves the key",
                    [
                        "C1: a link is signed over all it says, by the device that it names",
                        "C1: a grant proves that its key is the device's own, in this account",
                        "a grant is of the device that leaves it, and proven",
                    ]),
                Sentence("flags are the signer's to give", ["what an identity file holds is what its device may do"]),
            ]),
        Proof(
            "C2",
            [
                Sentence(
                    "one link at a time, compare-and-swap on (number, previous)",
                    [
                        "C2: links come one at a time, each behind the one before", "a link comes next or not at all",
                        "add and revoke are published once: a lost answer is no fault",
                    ])
            ]),
        Proof(
            "C3",
            [
                Sentence(
                    "a device id stands once in a chain", ["C3: a device id stands once in a chain, also after a reset"]
                )
            ]),
        Proof(
            "C4",
            [
                Sentence(
                    "pins are by name and by account id, both ways",
                    [
                        "C4: a name is one account and an account has one name, both ways",
                        "C4: another account under a pinned name, or one whose chain has another name, is not written to",
                        "C4: whoever was compared before being met is held to that, and to nothing else",
                        "a user who is known is not written to under another's name",
                    ]),
                Sentence(
                    "they never go back, and the link at a pinned number never changes",
                    [
                        "C4: pins never go back, and a chain that is shorter since the store began anew is behind",
                        "C4: a link at a pinned number never changes",
                        "C4: another root is not trusted until somebody has compared its fingerprint",
                    ], scenarios: ["keys-lies"]),
                Sentence(
                    "79 `chain_forked`, both kept as evidence",
                    [
                        "C4: what does not agree changes no pin, is kept as evidence, and nobody is written to",
                        "C4: a chain that cannot be believed closes the group, whoever's it is",
                        "C4: what contradicts a chain is evidence at once, and no pin has moved",
                        "C4: of two links that one profile publishes at once the first is no evidence against the second",
                    ], scenarios: ["keys-lies"]),
                Sentence(
                    "the name that is shown is the chain's",
                    [
                        "C4: who has written is called as their own chain says, whatever the server calls them",
                        "nobody who is known is passed off as somebody who is not",
                    ]),
                Sentence(
                    "merely shorter after a new store generation is `behind`: whoever knows the longer one publishes it",
                    [
                        "C4: a chain that lost links is a fork, and after a restore it is behind until whole again",
                        "C4: what was read of a chain before it was given back is no evidence against it",
                        "C4: a restored server takes what it has lost from whoever is active and knows it, but no beginning",
                        "what a store has lost of a chain is published again by who knows it",
                        "C4: a device that has cut off all others comes back with what it holds, and they stay cut off",
                        "C4: an account that was begun anew goes on with that key, once its device logs in by the password",
                        "C4: a device whose login a restore has lost comes back by its file",
                        "C4: a device whose file a restore has lost needs another one, and is told so",
                    ], scenarios: ["chain-cut"]),
            ]),
        Proof(
            "C5",
            [
                Sentence(
                    "compare-and-swap on the instance, one a minute",
                    [
                        "C5: a renewal is of this grant, signed by the granted and by the new key",
                        "C5: the newest use of a file counts, one at a time and one a minute",
                    ]),
                Sentence(
                    "`enrol_once` allows instance 1 only; a second use is 78 `identity_used`",
                    [
                        "C5: an enrol-once key makes one renewal, and a second use of the file is seen",
                        "C5: a file that is good for one use is used once", "an identity is good for one login",
                    ], scenarios: ["identities", "identity-damage"]),
                Sentence(
                    "with `enrol_often` the newest instance wins, the former gets 77 `replaced` and ends",
                    [
                        "C5: of an enrol-often key the newest instance wins, one at a time and one a minute",
                        "C5: a use of a file behind a restore has a number behind those that the restore may have lost",
                        "C5: who knew a use that a restore has lost writes to the next one, whenever they hear of the restore",
                        "the former connection of an identity is ended before the newer one is welcomed",
                        "C5: leaves with keys that were replaced are lost where the account has another one",
                    ], scenarios: ["identities"]),
                Sentence(
                    "the same transaction drops its packages and Welcomes",
                    [
                        "with a suspension, a reset and a renewal they go",
                        "C5: with a renewal the Welcomes go that wait for the former key",
                    ]),
            ]),
        Proof(
            "C6",
            [
                Sentence(
                    "at most 4,096 links; the last 64 are for revoke and reset",
                    ["C6: a chain has at most 4,096 links, and the last 64 are for revoke and reset"])
            ]),
    ]
}
