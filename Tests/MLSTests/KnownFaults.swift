@testable import MLS

/// Faults that MLS libraries have had, from advisories, audits and bug reports, and where each is tested here.
enum KnownFaults {
    private static let invited = "a Welcome is for whom it invites"
    private static let secret = "it takes a secret of the group to see"
    private static let encrypted = "private messages do not reach a follower"

    static let all = tree + schedule + framing + proposals + joining + paths + storage + codec

    private static let tree: [ProvenRule] = [
        .init(
            "unmerged-leaf", "an unmerged leaf decrypts with its own key", [], ["CommitRefusals.unmergedLeaves"],
            .nobody),
        .init(
            "joiners-excluded", "who joins by this commit is in no resolution", [.pathCiphertextCount],
            ["SupportRefusals.joinersAreExcluded"]),
        .init(
            "parent-hash-null", "a null parent hash, a chain that ends early, a blank between", [.parentHashMismatch],
            ["JoinedTreeRefusals.parentHashes", "TreeRefusals.parentHashes"]),
        .init(
            "original-sibling", "the original sibling hash under a blank ancestor of new leaves", [],
            ["JoinedTreeRefusals.blankAncestorOverUnmerged"], .nobody),
        .init(
            "empty-left", "an empty left half of the root", [.parentHashMismatch], ["TreeRefusals.emptyLeft"],
            .members("it is one function for both")),
        .init(
            "unmerged-list", "unmerged leaves: sorted, unique, members below, listed on the way",
            [.unmergedLeavesInvalid], ["JoinedTreeRefusals.unmergedLeaves"]),
        .init("trailing-blanks", "trailing blanks", [.treeTrailingBlank], ["JoinedTreeRefusals.form"]),
        .init(
            "truncate-last", "truncation after all proposals, the leftmost free leaf", [], ["TreeRefusals.shape"],
            .nobody),
        .init(
            "unique-keys", "encryption keys unique over leaves and path, signature keys unique",
            [.encryptionKeyNotUnique, .signatureKeyNotUnique],
            ["JoinedTreeRefusals.uniqueKeys", "ProposalRefusals.duplicateAdds"]),
        .init(
            "path-keys", "keys of a path unique", [.pathKeyNotUnique], ["CommitRefusals.pathKeys"]),
        .init(
            "init-key", "the init key is another than the encryption key", [.initKeyIsEncryptionKey],
            ["ProposalRefusals.keyPackages"]),
        .init(
            "stale-index", "an index that is stale after one's own update", [.encryptionKeyNotUnique],
            ["SupportRefusals.indexAfterOwnUpdate"]),
        .init(
            "leaf-limit", "more leaves than the limit", [.limitExceeded], ["TreeRefusals.limits"],
            .members("it is one function for both")),
        .init(
            "join-tree-hash", "a join checks the tree hash", [.treeHashMismatch],
            ["JoinRefusals.context", "VerdictTests.followerBegins"]),
        .init(
            "join-leaves", "a join checks every leaf for its group and place, lifetimes, parent hashes",
            [.leafSignature, .lifetimeInvalid], ["JoinedTreeRefusals.leaves"]),
    ]

    private static let schedule: [ProvenRule] = [
        .init(
            "tag-length", "tags of another length, empty ones", [.membershipTag, .confirmationTagMissing],
            ["FramingRefusals.membershipTag", "FramingRefusals.confirmationTag"]),
        .init("tag-compare", "tags compared in full", [], ["CryptoRefusals.tags"], .nobody),
        .init(
            "past-epoch", "a message of a past epoch", [.epochPast],
            ["FramingRefusals.address", "MixedFraming.pastEpochs"]),
        .init(
            "psk-ids", "PSK nonces, doubled ids, usages", [.pskNonceLength, .duplicatePSK, .pskUsage],
            ["ProposalRefusals.preSharedKeys"]),
        .init(
            "deletion", "secrets are deleted when they were used", [],
            ["StateTests.deletion", "SecretLifeTests.join", "SecretLifeTests.pendingCommit"], .nobody),
        .init(
            "node-erasure", "a node is erased when its children are derived", [],
            ["BehaviourTests.secretTreeDeletion", "SecretLifeTests.secretTree"], .nobody),
    ]

    private static let framing: [ProvenRule] = [
        .init(
            "public-application", "application data in the clear", [.applicationInPublic],
            ["FramingRefusals.applicationInPublic"]),
        .init(
            "padding", "padding that is not zero", [.paddingNotZero], ["FramingRefusals.padding"], .members(encrypted)),
        .init("reuse-guard", "a reuse guard for each message", [], ["BehaviourTests.reuseGuard"], .nobody),
        .init(
            "generation-bound", "a generation that would cost billions of hashes", [.generationTooFar],
            ["FramingRefusals.generations", "OperationTests.generations"], .members(encrypted)),
        .init(
            "kept-keys", "the kept keys of a sender are bounded", [.generationUsed], ["BehaviourTests.keptKeys"],
            .members(encrypted)),
        .init(
            "open-first", "nothing advances before the ciphertext has opened; a doubled one changes nothing",
            [.generationUsed], ["MixedFraming.duplicates", "FramingRefusals.ciphertext"], .members(encrypted)),
        .init(
            "own-echo", "own messages and the own commit come back", [.ownMessage],
            ["CommitRefusals.ownMessages", "GroupTests.pendingCommit", "GroupTests.creation"],
            .members("a follower has none")),
        .init(
            "pending-loses", "an external commit, or one that removes us, while ours waits", [],
            ["CommitRefusals.races"], .nobody),
        .init(
            "store-first", "the secret tree is stored before the plaintext is shown", [],
            ["StateTests.opening", "CrashTests.everyWrite"], .nobody),
        .init(
            "swapped-framing", "public and private swapped", [.messageSignature], ["MixedFraming.swapped"]),
        .init(
            "sender-content", "sender type, content type and wire format that do not go together",
            [.senderContent, .proposalSender, .applicationInPublic],
            ["FramingRefusals.senderContent", "FramingRefusals.applicationInPublic"]),
        .init(
            "tags-in-place", "a tag missing on a member's message or present on an outsider's", [.malformed],
            ["MixedFraming.tags"], .nobody),
        .init(
            "sender-leaf", "a blank, removed or out-of-range sender", [.senderNotMember], ["FramingRefusals.sender"]),
        .init("short-sample", "a ciphertext shorter than the sample", [], ["MixedFraming.shortSample"], .nobody),
        .init(
            "changed-header", "changed authenticated data, version, group id",
            [.wrongGroup, .decryptionFailed, .malformed],
            ["FramingRefusals.address", "FramingRefusals.ciphertext", "MixedFraming.version"]),
        .init(
            "external-senders", "external senders: out of range, dropped, Updates",
            [.externalSenderUnknown, .proposalSender],
            ["FramingRefusals.externalSenders", "FramingRefusals.senderContent"]),
        .init(
            "newcomer-key", "a newcomer's proposal signed by another key", [.messageSignature],
            ["FramingRefusals.newMemberProposal"]),
    ]

    private static let proposals: [ProvenRule] = [
        .init("path-required", "a path where it is required", [.pathMissing], ["CommitRefusals.pathRequired"]),
        .init(
            "committer-itself", "the committer updates or removes itself",
            [.committerUpdatesItself, .committerRemovesItself],
            ["ProposalRefusals.updates", "ProposalRefusals.removals", "SupportRefusals.ownRemovalByReference"]),
        .init(
            "one-a-leaf", "several Updates or Removes for a leaf", [.leafChangedTwice], ["ProposalRefusals.updates"]),
        .init(
            "external-init", "ExternalInit once, by value, in external commits only",
            [.externalInitCount, .externalInitFromMember, .externalInitByReference],
            ["CommitRefusals.externalCommits", "ProposalRefusals.externalInit", "FramingRefusals.senderContent"]),
        .init(
            "external-remove", "one removal of one's own former leaf", [.externalCommitRemoves, .identityChanged],
            ["CommitRefusals.externalCommits"]),
        .init(
            "capabilities", "required capabilities; default types are not listed; the removed do not count",
            [.requiredCapabilities, .extensionNotSupported],
            ["ProposalRefusals.requiredCapabilities", "SupportRefusals.removedMembersDoNotCount"]),
        .init(
            "proposal-types", "types of proposals that not all support", [.malformed], ["MixedFraming.unknownProposal"],
            .nobody),
        .init(
            "extensions-once", "one GroupContextExtensions, whose content is checked",
            [.multipleGroupContextExtensions, .extensionMalformed], ["ProposalRefusals.groupContextExtensions"]),
        .init("reinit-alone", "a ReInit alone", [.reInitNotAlone], ["ProposalRefusals.reInit"]),
        .init("grease", "unknown and GREASE values kept byte for byte", [], ["CodecRefusals.grease"], .nobody),
        .init(
            "every-leaf", "every new leaf is validated: Add, Update, path, join, external commit",
            [.leafSource, .leafSignature],
            [
                "ProposalRefusals.keyPackages", "ProposalRefusals.updatedLeaves", "CommitRefusals.pathLeaf",
                "JoinedTreeRefusals.leaves", "ExternalCommitRefusals.leaf",
            ]),
        .init(
            "identity", "an identity that changes under an update", [.identityChanged],
            ["ProposalRefusals.updatedLeaves", "CommitRefusals.pathLeaf"]),
        .init(
            "judged", "who may do what is asked on every inbound path, from the current state",
            [.leafRefused, .commitRefused],
            ["VerdictTests.everyPath", "VerdictTests.joins", "VerdictTests.refusals", "ProposalRefusals.judgement"]),
        .init(
            "two-verdicts", "what only members see they refuse, unchanged and with the committer named",
            [.membershipTag, .confirmationTag, .decryptionFailed, .pathSecretMismatch, .pskUnknown],
            ["VerdictTests.twoVerdicts"]),
        .init(
            "wrong-external-pub", "a wrong external_pub", [.confirmationTag], ["JoinRefusals.external"],
            .members(secret)),
    ]

    private static let joining: [ProvenRule] = [
        .init(
            "replayed-welcome", "a Welcome for a group that one is in", [.groupKnown], ["JoinRefusals.addressing"],
            .members(invited)),
        .init(
            "doubled-reference", "a Welcome with a doubled reference", [.welcomeDuplicate],
            ["JoinRefusals.addressing"], .members(invited)),
        .init(
            "three-suites", "a suite that differs in any of its three places", [.welcomeSuite],
            ["JoinRefusals.addressing"], .members(invited)),
        .init(
            "info-signer", "a signer that is blank or out of range", [.groupInfoSigner],
            ["JoinRefusals.signer", "JoinRefusals.publishing"]),
        .init(
            "welcome-path", "a path secret missing, superfluous or not matching",
            [.pathSecretMissing, .pathSecretUnexpected, .pathSecretMismatch], ["JoinRefusals.pathSecret"],
            .members(invited)),
        .init("welcome-psk", "an unknown PSK", [.pskUnknown], ["JoinRefusals.preSharedKeys"], .members(invited)),
        .init(
            "stale-info", "a stale GroupInfo, no external_pub", [.epochPast, .externalPubMissing],
            ["JoinRefusals.external", "JoinRefusals.publishing"]),
        .init(
            "external-shape", "no path, two removals, ExternalInit by reference, an Update",
            [.externalCommitPath, .externalCommitRemoves, .proposalSender], ["CommitRefusals.externalCommits"]),
    ]

    private static let paths: [ProvenRule] = [
        .init(
            "references", "an unknown, doubled or earlier reference, one that was cached unverified",
            [.proposalReferenceUnknown, .proposalReferenceTwice, .messageSignature], ["ProposalRefusals.references"]),
        .init(
            "added-twice", "a client added twice; removed and added", [.clientAddedTwice],
            ["ProposalRefusals.duplicateAdds", "ProposalRefusals.replaceMember"]),
        .init(
            "leaf-sources", "a wrong source in each position", [.leafSource],
            ["ProposalRefusals.keyPackages", "ProposalRefusals.updatedLeaves", "CommitRefusals.pathLeaf"]),
        .init(
            "same-key", "an encryption key that did not change", [.encryptionKeyUnchanged],
            ["ProposalRefusals.updatedLeaves", "CommitRefusals.pathKeys", "ExternalCommitRefusals.resync"]),
        .init(
            "path-counts", "a wrong count of path nodes or ciphertexts", [.pathLength, .pathCiphertextCount],
            ["CommitRefusals.pathShape"]),
        .init(
            "wrong-path-secret", "a path secret that gives another key", [.pathSecretMismatch],
            ["CommitRefusals.pathSecrets"], .members(secret)),
        .init("node-kinds", "a parent where a leaf belongs", [.treeNodeKind], ["JoinedTreeRefusals.form"]),
        .init("eddsa", "S ≥ L, points that are not canonical", [], ["CryptoRefusals.ed25519"], .nobody),
        .init("der", "variants of DER", [], ["CryptoRefusals.der"], .nobody),
        .init(
            "points", "off-curve, infinite and compressed points", [.invalidPublicKey], ["CryptoRefusals.nistPoints"],
            .members("it is one function for both")),
        .init(
            "zero-secret", "a zero shared secret at every entry of HPKE", [.invalidPublicKey],
            ["CryptoRefusals.smallOrder", "CommitRefusals.pathKeys"]),
        .init(
            "bounded-work", "bad signatures by the thousand, a maximal resolution",
            [.leafSignature, .initKeyNotUnique],
            ["OperationTests.badAdds", "OperationTests.maximalResolution", "OperationTests.unmergedEverywhere"]),
    ]

    private static let storage: [ProvenRule] = [
        .init(
            "two-senders", "two handles never send one generation twice", [.storeConflict],
            ["StateTests.twoSenders"], .members("a follower sends nothing")),
        .init(
            "stale-row", "a merge from a stale row is a conflict", [.storeConflict],
            ["StateTests.staleMerge", "StateTests.follower"]),
        .init(
            "stale-stage", "a stage or merge of another state", [.staleStage, .verifiedElsewhere],
            ["GroupTests.stagingIsPure"]),
        .init(
            "rollback", "a restored snapshot", [.stateRolledBack], ["StateTests.rollback"],
            .members("a follower sends nothing")),
        .init(
            "last-generation", "the last generation when sending", [.generationExhausted],
            ["MixedFraming.exhausted", "FramingRefusals.generations"], .members("a follower sends nothing")),
        .init("crash", "a crash between any two writes", [], ["CrashTests.everyWrite"], .nobody),
    ]

    private static let codec: [ProvenRule] = [
        .init(
            "lengths", "minimal lengths, bytes behind the end, lengths beyond the input", [.malformed],
            ["CodecRefusals.lengths", "CodecRefusals.extensions", "CodecRefusals.truncation"], .nobody),
        .init(
            "extensions-twice", "an extension type twice", [.duplicateExtension, .malformed],
            ["CodecRefusals.extensions"], .nobody),
        .init("descriptions", "secrets that show themselves", [], ["CryptoRefusals.description"], .nobody),
        .init("init-key-life", "init keys are not kept", [], ["SecretLifeTests.join"], .nobody),
        .init(
            "not-after", "not_after, with some skew of clocks", [.lifetimeInvalid], ["ProposalRefusals.lifetimes"]),
        .init(
            "caps", "the caps", [.limitExceeded],
            [
                "CodecRefusals.lengths", "CodecRefusals.extensions", "TreeRefusals.limits",
                "SupportRefusals.tooManyProposals", "FramingRefusals.proposalFlood", "MixedFraming.pastEpochs",
            ]),
    ]
}
