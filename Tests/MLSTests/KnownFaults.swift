@testable import MLS

/// Faults that MLS libraries have had, from advisories, audits and bug reports, and where each is tested here.
enum KnownFaults {
    private static let invited = "a Welcome is for whom it invites"
    private static let secret = "it takes a secret of the group to see"
    private static let encrypted = "private messages do not reach a follower"

    static let all = tree + schedule + framing + proposals + joining + paths + storage + codec

    private static let tree: [ProvenRule] = [
        .init(
            "unmerged-leaf", "an unmerged leaf decrypts with its own key", [],
            ["CommitRefusals.an unmerged member is reached through its own leaf, by committers on every side"],
            .nobody),
        .init(
            "joiners-excluded", "who joins by this commit is in no resolution", [.pathCiphertextCount],
            ["SupportRefusals.nobody encrypts a path to those who join by the same commit"]),
        .init(
            "parent-hash-null", "a null parent hash, a chain that ends early, a blank between", [.parentHashMismatch],
            [
                "JoinedTreeRefusals.parent hashes: wrong, null, over a blank, over another sibling",
                "TreeRefusals.each parent hash, changed, emptied or cut short, is found; so is each blank parent and changed key",
            ]),
        .init(
            "original-sibling", "the original sibling hash under a blank ancestor of new leaves", [],
            ["JoinedTreeRefusals.an added leaf under a blank ancestor does not change the sibling's original hash"],
            .nobody),
        .init(
            "empty-left", "an empty left half of the root", [.parentHashMismatch],
            ["TreeRefusals.an empty left half of the root does not make its parent hash valid"],
            .members("it is one function for both")),
        .init(
            "unmerged-list", "unmerged leaves: sorted, unique, members below, listed on the way",
            [.unmergedLeavesInvalid], ["JoinedTreeRefusals.unmerged leaves: elsewhere, blank, or not listed on the way"]
        ),
        .init(
            "trailing-blanks", "trailing blanks", [.treeTrailingBlank],
            ["JoinedTreeRefusals.no node, trailing blanks, and leaves and parents in each other's places (ValSem300)"]),
        .init(
            "truncate-last", "truncation after all proposals, the leftmost free leaf", [],
            ["TreeRefusals.the leftmost free leaf is taken, and the tree shrinks by halves after all removals"],
            .nobody),
        .init(
            "unique-keys", "encryption keys unique over leaves and path, signature keys unique",
            [.encryptionKeyNotUnique, .signatureKeyNotUnique],
            [
                "JoinedTreeRefusals.an encryption key or a signature key at two places",
                "ProposalRefusals.one client added twice, by signature key and by init key; a member added again (ValSem101 to 103)",
            ]),
        .init(
            "path-keys", "keys of a path unique", [.pathKeyNotUnique],
            ["CommitRefusals.keys of a path that stand in the tree, in the path, or are no keys (ValSem206, 207)"]),
        .init(
            "init-key", "the init key is another than the encryption key", [.initKeyIsEncryptionKey],
            ["ProposalRefusals.a key package that is not valid: init key, suite, version, signatures (ValSem104, 105)"]),
        .init(
            "stale-index", "an index that is stale after one's own update", [.encryptionKeyNotUnique],
            ["SupportRefusals.the index of keys follows one's own update: the old key is free, the new one is taken"]),
        .init(
            "leaf-limit", "more leaves than the limit", [.limitExceeded],
            ["TreeRefusals.a tree with more leaves than the limit is refused before it is built"],
            .members("it is one function for both")),
        .init(
            "join-tree-hash", "a join checks the tree hash", [.treeHashMismatch],
            [
                "JoinRefusals.context and tags: tree hash, confirmation tag (also cut and empty), version, extensions",
                "VerdictTests.a follower begins with a GroupInfo that it can verify, and with no other",
            ]),
        .init(
            "join-leaves", "a join checks every leaf for its group and place, lifetimes, parent hashes",
            [.leafSignature, .lifetimeInvalid],
            [
                "JoinedTreeRefusals.one bad leaf: signature, group, place, keys, capabilities, extensions, credential, lifetime"
            ]),
    ]

    private static let schedule: [ProvenRule] = [
        .init(
            "tag-length", "tags of another length, empty ones", [.membershipTag, .confirmationTagMissing],
            [
                "FramingRefusals.a membership tag that is missing, cut, empty or wrong; the follower cannot see it (ValSem007, 008)",
                "FramingRefusals.a confirmation tag that is empty, cut or wrong (ValSem009, 205)",
            ]),
        .init("tag-compare", "tags compared in full", [], ["CryptoRefusals.tags are compared in full length"], .nobody),
        .init(
            "past-epoch", "a message of a past epoch", [.epochPast],
            [
                "FramingRefusals.another group, an earlier and a later epoch (ValSem002, 003)",
                "MixedFraming.a message of a past epoch is refused by name, and no key of one is kept",
            ]),
        .init(
            "psk-ids", "PSK nonces, doubled ids, usages", [.pskNonceLength, .duplicatePSK, .pskUsage],
            [
                "ProposalRefusals.PSKs: a nonce of another length, twice, with a usage of another purpose (ValSem401 to 403)"
            ]),
        .init(
            "deletion", "secrets are deleted when they were used", [],
            [
                "StateTests.no row holds a secret that should be gone",
                "SecretLifeTests.a join leaves neither the init key nor the joiner, welcome, path and encryption secrets",
                "SecretLifeTests.a commit of ours leaves its commit secret and the replaced keys only while it waits",
            ], .nobody),
        .init(
            "node-erasure", "a node is erased when its children are derived", [],
            [
                "BehaviourTests.deriving one sender's ratchets erases the path to it and keeps the others reachable",
                "SecretLifeTests.a chain of steps of the secret tree leaves no secret from which a used key could be made again",
            ], .nobody),
    ]

    private static let framing: [ProvenRule] = [
        .init(
            "public-application", "application data in the clear", [.applicationInPublic],
            ["FramingRefusals.application data in the clear (ValSem005)"]),
        .init(
            "padding", "padding that is not zero", [.paddingNotZero],
            ["FramingRefusals.padding that is not all zero (ValSem011)"], .members(encrypted)),
        .init(
            "reuse-guard", "a reuse guard for each message", [],
            ["BehaviourTests.two messages under one generation, from a copied state, still have nonces of their own"],
            .nobody),
        .init(
            "generation-bound", "a generation that would cost billions of hashes", [.generationTooFar],
            [
                "FramingRefusals.generations that are used, too far ahead or at the end of the number space",
                "OperationTests.a generation far ahead costs at most a thousand steps, one beyond that none",
            ], .members(encrypted)),
        .init(
            "kept-keys", "the kept keys of a sender are bounded", [.generationUsed],
            [
                "BehaviourTests.a generation that was passed over is kept, once, and the oldest go first beyond the limit"
            ],
            .members(encrypted)),
        .init(
            "open-first", "nothing advances before the ciphertext has opened; a doubled one changes nothing",
            [.generationUsed],
            [
                "MixedFraming.a message that was opened already changes nothing, nor does one that is refused",
                "FramingRefusals.a ciphertext that does not open, and sender data that does not (ValSem006)",
            ], .members(encrypted)),
        .init(
            "own-echo", "own messages and the own commit come back", [.ownMessage],
            [
                "CommitRefusals.a member's own commit that is not pending, and messages of our own",
                "GroupTests.a pending commit survives its echo, a lost answer, and somebody else's winning",
                "GroupTests.members of a new group agree, and each reads what another sends, once",
            ],
            .members("a follower has none")),
        .init(
            "pending-loses", "an external commit, or one that removes us, while ours waits", [],
            ["CommitRefusals.a commit that removes us while ours is pending, and an external one that wins"], .nobody),
        .init(
            "store-first", "the secret tree is stored before the plaintext is shown", [],
            [
                "StateTests.opening from rows reads its sender's only, and the plaintext comes with what must be stored",
                "CrashTests.a process that ends between any two writes goes on from its rows: nothing lost, sent or shown twice",
            ], .nobody),
        .init(
            "swapped-framing", "public and private swapped", [.messageSignature],
            ["MixedFraming.content that was signed for the other wire format"]),
        .init(
            "sender-content", "sender type, content type and wire format that do not go together",
            [.senderContent, .proposalSender, .applicationInPublic],
            [
                "FramingRefusals.sender type and content type that do not go together (ValSem112)",
                "FramingRefusals.application data in the clear (ValSem005)",
            ]),
        .init(
            "tags-in-place", "a tag missing on a member's message or present on an outsider's", [.malformed],
            [
                "MixedFraming.tags that are missing where they belong, or present where they do not: the codec has no place for them"
            ], .nobody),
        .init(
            "sender-leaf", "a blank, removed or out-of-range sender", [.senderNotMember],
            ["FramingRefusals.a sender whose leaf is blank, removed or outside the tree (ValSem004)"]),
        .init(
            "short-sample", "a ciphertext shorter than the sample", [],
            ["MixedFraming.a ciphertext shorter than the sample is its own sample"], .nobody),
        .init(
            "changed-header", "changed authenticated data, version, group id",
            [.wrongGroup, .decryptionFailed, .malformed],
            [
                "FramingRefusals.another group, an earlier and a later epoch (ValSem002, 003)",
                "FramingRefusals.a ciphertext that does not open, and sender data that does not (ValSem006)",
                "MixedFraming.another protocol version, in a message, a key package in it, or its wire format",
            ]),
        .init(
            "external-senders", "external senders: out of range, dropped, Updates",
            [.externalSenderUnknown, .proposalSender],
            [
                "FramingRefusals.an external sender outside the list, with another key, and dropped by GroupContextExtensions",
                "FramingRefusals.sender type and content type that do not go together (ValSem112)",
            ]),
        .init(
            "newcomer-key", "a newcomer's proposal signed by another key", [.messageSignature],
            ["FramingRefusals.a newcomer's proposal that is not signed by its key package's key"]),
    ]

    private static let proposals: [ProvenRule] = [
        .init(
            "path-required", "a path where it is required", [.pathMissing],
            ["CommitRefusals.a path is demanded of every commit but those of Add, PSK and ReInit alone (ValSem201)"]),
        .init(
            "committer-itself", "the committer updates or removes itself",
            [.committerUpdatesItself, .committerRemovesItself],
            [
                "ProposalRefusals.updates: by the committer, by value, twice, beside a removal (ValSem111)",
                "ProposalRefusals.removals: twice, of a blank leaf, of one outside the tree, of the committer (ValSem107, 108, 200)",
                "SupportRefusals.the committer's removal that somebody else proposed; an honest committer leaves it out",
            ]),
        .init(
            "one-a-leaf", "several Updates or Removes for a leaf", [.leafChangedTwice],
            ["ProposalRefusals.updates: by the committer, by value, twice, beside a removal (ValSem111)"]),
        .init(
            "external-init", "ExternalInit once, by value, in external commits only",
            [.externalInitCount, .externalInitFromMember, .externalInitByReference],
            [
                "CommitRefusals.external commits: what their list must and must not hold (ValSem240 to 245)",
                "ProposalRefusals.an ExternalInit in a member's commit",
                "FramingRefusals.sender type and content type that do not go together (ValSem112)",
            ]),
        .init(
            "external-remove", "one removal of one's own former leaf", [.externalCommitRemoves, .identityChanged],
            ["CommitRefusals.external commits: what their list must and must not hold (ValSem240 to 245)"]),
        .init(
            "capabilities", "required capabilities; default types are not listed; the removed do not count",
            [.requiredCapabilities, .extensionNotSupported],
            [
                "ProposalRefusals.required capabilities, for those who are added, update or commit (ValSem106, 109)",
                "SupportRefusals.a new list of extensions is judged without those whom the commit removes, and with those whom it adds",
            ]),
        .init(
            "proposal-types", "types of proposals that not all support", [.malformed],
            ["MixedFraming.a proposal of a type that this document does not have, alone and in a commit"],
            .nobody),
        .init(
            "extensions-once", "one GroupContextExtensions, whose content is checked",
            [.multipleGroupContextExtensions, .extensionMalformed],
            ["ProposalRefusals.GroupContextExtensions: twice, unsupported by a member, malformed, misplaced"]),
        .init(
            "reinit-alone", "a ReInit alone", [.reInitNotAlone],
            ["ProposalRefusals.a ReInit beside another proposal, twice, or of an older version"]),
        .init(
            "grease", "unknown and GREASE values kept byte for byte", [],
            ["CodecRefusals.GREASE and unknown values are kept byte for byte"], .nobody),
        .init(
            "every-leaf", "every new leaf is validated: Add, Update, path, join, external commit",
            [.leafSource, .leafSignature],
            [
                "ProposalRefusals.a key package that is not valid: init key, suite, version, signatures (ValSem104, 105)",
                "ProposalRefusals.an update with the old key, another's key, another identity, a wrong source or place (ValSem110)",
                "CommitRefusals.the leaf of a path: source, signature, signature key of another, identity",
                "JoinedTreeRefusals.one bad leaf: signature, group, place, keys, capabilities, extensions, credential, lifetime",
                "ExternalCommitRefusals.its leaf: source, signature, place, keys, capabilities, extensions, credential",
            ]),
        .init(
            "identity", "an identity that changes under an update", [.identityChanged],
            [
                "ProposalRefusals.an update with the old key, another's key, another identity, a wrong source or place (ValSem110)",
                "CommitRefusals.the leaf of a path: source, signature, signature key of another, identity",
            ]),
        .init(
            "judged", "who may do what is asked on every inbound path, from the current state",
            [.leafRefused, .commitRefused],
            [
                "VerdictTests.the judge is asked on every inbound path, once a leaf and once a commit, by members and followers",
                "VerdictTests.the judge is asked about every member by whoever joins by a Welcome, also of a branch",
                "VerdictTests.a judge that refuses is obeyed on each path, and nothing has changed",
                "ProposalRefusals.the application refuses a leaf or a commit, and is asked on every inbound path",
            ]),
        .init(
            "two-verdicts", "what only members see they refuse, unchanged and with the committer named",
            [.membershipTag, .confirmationTag, .decryptionFailed, .pathSecretMismatch, .pskUnknown],
            [
                "VerdictTests.what a follower cannot see it accepts and a member refuses, unchanged and with the committer named"
            ]),
        .init(
            "wrong-external-pub", "a wrong external_pub", [.confirmationTag],
            [
                "JoinRefusals.external joins: a stale GroupInfo, without external_pub, with a weak one, a tree that is not its own"
            ],
            .members(secret)),
    ]

    private static let joining: [ProvenRule] = [
        .init(
            "replayed-welcome", "a Welcome for a group that one is in", [.groupKnown],
            ["JoinRefusals.Welcomes for somebody else, for one key package twice, of another suite"],
            .members(invited)),
        .init(
            "doubled-reference", "a Welcome with a doubled reference", [.welcomeDuplicate],
            ["JoinRefusals.Welcomes for somebody else, for one key package twice, of another suite"], .members(invited)),
        .init(
            "three-suites", "a suite that differs in any of its three places", [.welcomeSuite],
            ["JoinRefusals.Welcomes for somebody else, for one key package twice, of another suite"], .members(invited)),
        .init(
            "info-signer", "a signer that is blank or out of range", [.groupInfoSigner],
            [
                "JoinRefusals.a GroupInfo signed by another, by a blank leaf, by nobody, by ourselves",
                "JoinRefusals.a GroupInfo that a follower is given: of another epoch, another state, by a stranger",
            ]),
        .init(
            "welcome-path", "a path secret missing, superfluous or not matching",
            [.pathSecretMissing, .pathSecretUnexpected, .pathSecretMismatch],
            ["JoinRefusals.a path secret that is missing, superfluous, of another length or not matching"],
            .members(invited)),
        .init(
            "welcome-psk", "an unknown PSK", [.pskUnknown],
            ["JoinRefusals.PSKs of a Welcome: unknown, twice, a short nonce, a usage without its group"],
            .members(invited)),
        .init(
            "stale-info", "a stale GroupInfo, no external_pub", [.epochPast, .externalPubMissing],
            [
                "JoinRefusals.external joins: a stale GroupInfo, without external_pub, with a weak one, a tree that is not its own",
                "JoinRefusals.a GroupInfo that a follower is given: of another epoch, another state, by a stranger",
            ]),
        .init(
            "external-shape", "no path, two removals, ExternalInit by reference, an Update",
            [.externalCommitPath, .externalCommitRemoves, .proposalSender],
            ["CommitRefusals.external commits: what their list must and must not hold (ValSem240 to 245)"]),
    ]

    private static let paths: [ProvenRule] = [
        .init(
            "references", "an unknown, doubled or earlier reference, one that was cached unverified",
            [.proposalReferenceUnknown, .proposalReferenceTwice, .messageSignature],
            ["ProposalRefusals.a reference that is unknown, doubled, of an earlier epoch, or not verified"]),
        .init(
            "added-twice", "a client added twice; removed and added", [.clientAddedTwice],
            [
                "ProposalRefusals.one client added twice, by signature key and by init key; a member added again (ValSem101 to 103)",
                "ProposalRefusals.a member is removed and added again in one commit",
            ]),
        .init(
            "leaf-sources", "a wrong source in each position", [.leafSource],
            [
                "ProposalRefusals.a key package that is not valid: init key, suite, version, signatures (ValSem104, 105)",
                "ProposalRefusals.an update with the old key, another's key, another identity, a wrong source or place (ValSem110)",
                "CommitRefusals.the leaf of a path: source, signature, signature key of another, identity",
            ]),
        .init(
            "same-key", "an encryption key that did not change", [.encryptionKeyUnchanged],
            [
                "ProposalRefusals.an update with the old key, another's key, another identity, a wrong source or place (ValSem110)",
                "CommitRefusals.keys of a path that stand in the tree, in the path, or are no keys (ValSem206, 207)",
                "ExternalCommitRefusals.a resync is judged as an Update of the removed leaf would be: another encryption key, the same identity",
            ]),
        .init(
            "path-counts", "a wrong count of path nodes or ciphertexts", [.pathLength, .pathCiphertextCount],
            ["CommitRefusals.a path that is too long or too short, or has too many or too few ciphertexts (ValSem202)"]),
        .init(
            "wrong-path-secret", "a path secret that gives another key", [.pathSecretMismatch],
            [
                "CommitRefusals.ciphertexts that do not open, or give another key; only who decrypts them sees it (ValSem203, 204)"
            ], .members(secret)),
        .init(
            "node-kinds", "a parent where a leaf belongs", [.treeNodeKind],
            ["JoinedTreeRefusals.no node, trailing blanks, and leaves and parents in each other's places (ValSem300)"]),
        .init(
            "eddsa", "S ≥ L, points that are not canonical", [],
            ["CryptoRefusals.Ed25519 keys that are not canonical or of small order verify nothing; S must be below L"],
            .nobody),
        .init("der", "variants of DER", [], ["CryptoRefusals.ECDSA signatures have one DER encoding"], .nobody),
        .init(
            "points", "off-curve, infinite and compressed points", [.invalidPublicKey],
            ["CryptoRefusals.P-256, P-384 and P-521 points off the curve, at infinity or compressed are refused"],
            .members("it is one function for both")),
        .init(
            "zero-secret", "a zero shared secret at every entry of HPKE", [.invalidPublicKey],
            [
                "CryptoRefusals.X25519 points of small order are refused at every entry of HPKE",
                "CommitRefusals.keys of a path that stand in the tree, in the path, or are no keys (ValSem206, 207)",
            ]),
        .init(
            "bounded-work", "bad signatures by the thousand, a maximal resolution",
            [.leafSignature, .initKeyNotUnique],
            [
                "OperationTests.4,096 Adds with bad signatures cost one verification each way, and doubled ones none",
                "OperationTests.a maximal resolution costs its reader one decryption, and its maker one encryption a member",
                "OperationTests.a tree in which every leaf is unmerged everywhere is judged in n log n steps",
            ]),
    ]

    private static let storage: [ProvenRule] = [
        .init(
            "two-senders", "two handles never send one generation twice", [.storeConflict],
            ["StateTests.two processes never send one generation twice"], .members("a follower sends nothing")),
        .init(
            "stale-row", "a merge from a stale row is a conflict", [.storeConflict],
            [
                "StateTests.merging from a state that somebody else has changed is a conflict",
                "StateTests.a follower that lives in rows goes on after each step, and writes what a commit changed",
            ]),
        .init(
            "stale-stage", "a stage or merge of another state", [.staleStage, .verifiedElsewhere],
            ["GroupTests.staging changes nothing, and what was staged elsewhere or before is not merged"]),
        .init(
            "rollback", "a restored snapshot", [.stateRolledBack],
            ["StateTests.a restored snapshot is noticed when a message comes back that it has not sent"],
            .members("a follower sends nothing")),
        .init(
            "last-generation", "the last generation when sending", [.generationExhausted],
            [
                "MixedFraming.the last generation is never sent, from memory or from rows",
                "FramingRefusals.generations that are used, too far ahead or at the end of the number space",
            ], .members("a follower sends nothing")),
        .init(
            "crash", "a crash between any two writes", [],
            [
                "CrashTests.a process that ends between any two writes goes on from its rows: nothing lost, sent or shown twice"
            ], .nobody),
    ]

    private static let codec: [ProvenRule] = [
        .init(
            "lengths", "minimal lengths, bytes behind the end, lengths beyond the input", [.malformed],
            [
                "CodecRefusals.lengths that are not minimal, reserved, or beyond the input are refused before anything is allocated",
                "CodecRefusals.one extension type twice, too many extensions, and bytes behind an extension's content",
                "CodecRefusals.every message decodes to what it was, and no truncation or extension of it decodes",
            ], .nobody),
        .init(
            "extensions-twice", "an extension type twice", [.duplicateExtension, .malformed],
            ["CodecRefusals.one extension type twice, too many extensions, and bytes behind an extension's content"],
            .nobody),
        .init(
            "descriptions", "secrets that show themselves", [], ["CryptoRefusals.secrets do not show themselves"],
            .nobody),
        .init(
            "init-key-life", "init keys are not kept", [],
            ["SecretLifeTests.a join leaves neither the init key nor the joiner, welcome, path and encryption secrets"],
            .nobody),
        .init(
            "not-after", "not_after, with some skew of clocks", [.lifetimeInvalid],
            ["ProposalRefusals.lifetimes: over, not begun, too long; with some skew of clocks"]),
        .init(
            "caps", "the caps", [.limitExceeded],
            [
                "CodecRefusals.lengths that are not minimal, reserved, or beyond the input are refused before anything is allocated",
                "CodecRefusals.one extension type twice, too many extensions, and bytes behind an extension's content",
                "TreeRefusals.a tree with more leaves than the limit is refused before it is built",
                "SupportRefusals.more proposals than the limit, in a commit that arrives and in one that is made",
                "FramingRefusals.too many proposals of one sender in an epoch",
                "MixedFraming.a message of a past epoch is refused by name, and no key of one is kept",
            ]),
    ]
}
