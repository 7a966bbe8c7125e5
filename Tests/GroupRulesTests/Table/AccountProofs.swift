/// Chains of accounts, and key packages.
extension RuleTable {
    static let accounts: [Proof] = [
        Proof(
            "C1", "who adds and revokes, with which key",
            [
                "C1: only who certifies, with its present key, adds and revokes others",
                "C1: only an active device that certifies adds and revokes others",
                "C1: a link is signed over all it says, by the device that it names",
                "C1: a device signs with its present key, and an enrol key signs renewals and nothing else",
                "C1: a grant proves that its key is the device's own, in this account",
                "what an identity file holds is what its device may do",
            ], scenarios: ["devices", "device-approval"]),
        Proof(
            "C2", "one link at a time",
            [
                "C2: links come one at a time, each behind the one before"
            ]),
        Proof(
            "C3", "a device id stands once",
            [
                "C3: a device id stands once in a chain, also after a reset"
            ]),
        Proof(
            "C4", "pins never go back",
            [
                "C4: a chain that cannot be believed closes the group, whoever's it is",
                "C4: what does not agree changes no pin, is kept as evidence, and nobody is written to",
                "C4: another account under a pinned name, or one whose chain has another name, is not written to",
                "C4: a chain that lost links is a fork, and after a restore it is behind until whole again",
                "C4: a restored server takes what it has lost from whoever is active and knows it, but no beginning",
                "C4: a link at a pinned number never changes",
                "C4: pins never go back, and a chain that is shorter since the store began anew is behind",
                "C4: a name is one account and an account has one name, both ways",
                "C4: another root is not trusted until somebody has compared its fingerprint",
                "C4: whoever was compared before being met is held to that, and to nothing else",
            ], scenarios: ["keys-lies", "chain-cut"]),
        Proof(
            "C5", "renewals",
            [
                "C5: the newest use of a file counts, one at a time and one a minute",
                "C5: a file that is good for one use is used once",
                "C5: an enrol-once key makes one renewal, and a second use of the file is seen",
                "C5: of an enrol-often key the newest instance wins, one at a time and one a minute",
                "C5: a renewal is of this grant, signed by the granted and by the new key",
                "C5: leaves with keys that were replaced are lost where the account has another one",
                "an identity is good for one login",
            ], scenarios: ["identities", "identity-damage"]),
        Proof(
            "C6", "how long a chain may be",
            [
                "C6: a chain has at most 4,096 links, and the last 64 are for revoke and reset"
            ]),
        Proof(
            "K1", "packages are handed out once",
            [
                "K1: members of a conversation take packages of its parties, and nobody else",
                "K1: a package that a Welcome was made for is handed out no more",
                "K1: each is handed out once, and for an hour the same to who had it",
                "K1: beyond five an hour of a device, and beyond the rate, it is the last resort",
                "K1: expired ones are never handed out",
                "K1: what comes again is known, whatever became of it",
            ]),
        Proof(
            "K2", "a restore ends packages",
            [
                "K2: a restored store has none that are handed out once"
            ]),
        Proof(
            "K3", "the server looks at packages",
            [
                "K3: a bad package is named, and the others stay",
                "K3: the certificate and the key are those of the chain now",
                "K3: no two have the same key, and a device has so many",
            ]),
        Proof(
            "K4", "private halves of packages",
            [
                "K4: where a Welcome fails the private half stays, and the device joins from outside"
            ]),
        Proof(
            "K5", "which Welcome is entered",
            [
                "K5: a Welcome is entered where it was delivered for, and into nothing that is held or was left",
                "K5: a Welcome of another server's group, or that cannot be read, is refused",
                "K5: a Welcome to a room is entered where the policy lets who signed it add, under its pinned name",
                "K5: nobody is added to everyone",
                "K5: a Welcome is entered only for the conversation for which it was delivered",
                "K5: a direct conversation is of the signer and of us, and its id is theirs and the server's",
                "K5: a room's policy lets the signer add, who is not blocked, and its name is no other room's",
                "K5: no such or later incarnation is held, and a tombstone asks for a higher epoch",
            ]),
    ]
}
