/// What the judge says, and the gate.
extension RuleTable {
    static let judge: [Proof] = [
        Proof(
            "J1", "leaves prove themselves",
            [
                "J1: a leaf proves itself from its root to its key, by links and renewals that it carries",
                "J1: a leaf whose links do not lead to it is refused on every path",
                "J1: a leaf has a certificate, a credential of ours, and nothing beside them",
                "J1: what the leaf before had is not verified again",
                "J1: a certificate with any byte changed, or cut anywhere, proves nothing",
                "J1: a leaf costs a signature check a link, and two a renewal",
            ]),
        Proof(
            "J2", "one leaf a device, one root and one name an account",
            [
                "J2: a tree has one leaf a device, one root and one name an account, and one account a name"
            ]),
        Proof(
            "J3", "keys change with a higher instance",
            [
                "J3: under one credential the key changes only with a higher instance",
                "J3: a leaf of another device takes no leaf's place",
            ]),
        Proof(
            "J4", "the policy",
            [
                "J4: admins make others admins and take it back, and one remains",
                "J4: the policy changes only by an admin, and alone in its commit",
                "J4: waiting Removes are committed before the policy changes",
                "J4: version, server, ids, type, name, incarnation, parties and external sender never change",
                "J4: one admin remains among those named",
                "J4: a group that begins otherwise is not entered",
                "J4: a policy of a version that is not known is named as that",
            ], scenarios: ["room-changes"]),
        Proof(
            "J5", "who adds",
            [
                "J5: members add where the policy lets them, and else are told whom to ask",
                "J5: in rooms the policy says who adds; direct groups at their founding only; everyone never",
            ], scenarios: ["room-changes"]),
        Proof(
            "J6", "who removes",
            [
                "J6: who holds a revocation removes its leaf, also where nobody has proposed it",
                "J6: a revoked device is removed by anybody who shows it and reads nothing more",
                "J6: the server's Remove by reference is of any leaf, an admin's by value of anybody's",
                "J6: anyone removes a leaf whose revocation, with what proves its signer, comes with the commit",
            ]),
        Proof(
            "J7", "who joins from outside",
            [
                "J7: who began anew has lost their place in a closed room, and is told to be added",
                "J7: from outside joins who has a leaf, is a party or admin, or finds the room open",
                "J7: its only Remove is of its own former leaf, and must be there if it has one",
            ]),
        Proof(
            "J8", "proposals that wait",
            [
                "J8: by reference only the server's Removes are taken, and at most 256 wait",
                "J8: pre-shared keys and re-initialisations are refused",
            ]),
        Proof(
            "J9", "no lifetimes",
            [
                "J9: lifetimes are not judged"
            ]),
        Proof(
            "G1", "to whom may be encrypted",
            [
                "G1: the gate has a later device's chain read, and who is revoked removed",
                "G1: a group is open where all chains are held, and a steady send reads one row",
                "G1: a device that no chain has closes the gate once that was read",
                "G1: who is revoked is removed first",
                "G1: who comes while chains are read is no ghost",
                "G1: a leaf with a key that a renewal has replaced is none of its device",
                "G1: nothing is asked of an open group, and where all must be verified it is closed",
                "G1: nobody is added whom the pinned chain does not name, whatever the server gives",
                "G1: nothing is encrypted to a leaf that the account's own chain, as it is held, does not have",
                "G1: a revoked device is removed, a former root is not trusted, and neither is an older instance",
                "a revocation that was seen can neither be cut off nor replaced by what a stolen key has added",
            ], scenarios: ["keys-lies"]),
        Proof(
            "G2", "every message names a chain",
            [
                "G2: a chain that somebody says goes on is read before anything is sent there",
                "G2: a chain that goes on is read before anything is sent there, another one closes the gate",
                "G2: a message tells how far its sender's chain goes, and another link there is a fork",
            ]),
    ]
}
