/// What the judge says.
extension RuleTable {
    static let judge: [Proof] = [
        Proof(
            "J1",
            [
                Sentence(
                    "links verify from the root, every `by` certifies, the last grants this device",
                    [
                        "J1: a leaf proves itself from its root to its key, by links and renewals that it carries",
                        "J1: whom one has granted who may not certify proves nothing by that",
                        "J1: a leaf whose links do not lead to it is refused on every path",
                        "J1: a certificate with any byte changed, or cut anywhere, proves nothing",
                    ]),
                Sentence(
                    "the leaf's key is the granted one or the renewal's, never an enrol key; server and account are right",
                    [
                        "J1: a leaf whose links do not lead to it is refused on every path",
                        "J1: a leaf has a certificate, a credential of ours, and nothing beside them",
                    ]),
                Sentence(
                    "what the replaced leaf had is not verified again",
                    [
                        "J1: what the leaf before had is not verified again",
                        "J1: a leaf costs a signature check a link, and two a renewal",
                    ]),
                Sentence(
                    "at most 6 links, 2 KiB; a deeper `add` is refused when it is made",
                    ["a certificate has at most 6 links and 2 KiB, and an add that would need more is refused"]),
            ]),
        Proof(
            "J2", "one leaf a device, one root and one name an account, one account a name; the certificate's name",
            ["J2: a tree has one leaf a device, one root and one name an account, and one account a name"]),
        Proof(
            "J3", "under one credential the key changes only with a higher instance",
            [
                "J3: under one credential the key changes only with a higher instance",
                "J3: a leaf of another device takes no leaf's place",
            ]),
        Proof(
            "J4",
            [
                Sentence(
                    "the policy changes only by an admin, alone in its commit",
                    [
                        "J4: the policy changes only by an admin, and alone in its commit",
                        "J4: admins make others admins and take it back, and one remains",
                    ], scenarios: ["room-changes"]),
                Sentence(
                    "waiting Removes are committed first",
                    ["J4: waiting Removes are committed before the policy changes"]),
                Sentence(
                    "version, server, ids, type, name, incarnation, parties, external sender never change",
                    [
                        "J4: version, server, ids, type, name, incarnation, parties and external sender never change",
                        "J4: a group that begins otherwise is not entered",
                    ]),
                Sentence("one admin remains among those named", ["J4: one admin remains among those named"]),
                Sentence("an unknown version is 76", ["J4: a policy of a version that is not known is named as that"]),
            ]),
        Proof(
            "J5", "Add: rooms, by who may; direct groups at founding only; `everyone` never",
            [
                "J5: in rooms the policy says who adds; direct groups at their founding only; everyone never",
                "J5: members add where the policy lets them, and else are told whom to ask",
            ], scenarios: ["room-changes"]),
        Proof(
            "J6",
            [
                Sentence(
                    "by reference the server's, of any leaf; by value an admin's, of anybody",
                    ["J6: the server's Remove by reference is of any leaf, an admin's by value of anybody's"]),
                Sentence(
                    "anyone's, of a leaf whose `revoke`, with what proves its signer, stands in the associated data",
                    [
                        "J6: anyone removes a leaf whose revocation, with what proves its signer, comes with the commit",
                        "J6: who holds a revocation removes its leaf, also where nobody has proposed it",
                        "J6: a revoked device is removed by anybody who shows it and reads nothing more",
                    ]),
            ]),
        Proof(
            "J7",
            [
                Sentence(
                    "an (account, root) that has a leaf, or stands in `parties` or `admins`, or the room is open",
                    [
                        "J7: from outside joins who has a leaf, is a party or admin, or finds the room open",
                        "J7: who began anew has lost their place in a closed room, and is told to be added",
                        "to a closed room nobody comes by themselves",
                    ]),
                Sentence(
                    "its only Remove is of its own device, and must be there if that has a leaf",
                    ["J7: its only Remove is of its own former leaf, and must be there if it has one"]),
            ]),
        Proof(
            "J8",
            [
                Sentence(
                    "by reference only the server's Removes; at most 256 wait in an epoch",
                    ["J8: by reference only the server's Removes are taken, and at most 256 wait"]),
                Sentence(
                    "other proposal messages are refused by the server and never cached",
                    ["J8: neither proposals nor commits are taken by way of messages, nor what is plain"]),
                Sentence(
                    "PSK, ReInit, branch, unknown: refused", ["J8: pre-shared keys and re-initialisations are refused"]),
            ]),
        Proof("J9", "no lifetimes in judging", ["J9: lifetimes are not judged"]),
    ]
}
