@testable import MLS

/// A rule, the checks of ours that enforce it, and the tests that prove it ("Suite.function").
struct ProvenRule {
    /// Who meets a breach of it.
    enum Reach {
        /// Members and followers: a test refuses it as both.
        case both
        /// Members only, for a reason.
        case members(String)
        /// Nobody: what is allowed, or what the types make impossible.
        case nobody
    }

    let id: String
    let rule: String
    let checks: [Check]
    let tests: [String]
    let reach: Reach

    init(_ id: String, _ rule: String, _ checks: [Check], _ tests: [String], _ reach: Reach = .both) {
        self.id = id
        self.rule = rule
        self.checks = checks
        self.tests = tests
        self.reach = reach
    }
}

/// The checks that OpenMLS publishes, one by one and in our words: "valn" are those of validation.openmls.tech (its source is
/// github.com/openmls/validation.dhall; the number is the set's and the check's), "ValSem" those of the OpenMLS book (message
/// validation). The union of what their versions list.
enum PublishedChecks {
    /// How many checks each set has.
    static let sets = [13, 5, 12, 10, 2, 2, 1, 3, 1, 2, 1, 10, 7, 18, 6, 4]

    private static let encrypted = "private messages do not reach a follower"
    private static let secret = "it takes a secret of the group to see"
    private static let invited = "a Welcome is for whom it invites"

    static let all =
        leaves + keyPackages + lists + externalLists + proposals + commits + framing + welcomes + external
        + extensions + book

    private static let leaves: [ProvenRule] = [
        .init("valn0101", "the application judges a leaf's credential", [.leafRefused], ["VerdictTests.refusals"]),
        .init(
            "valn0102", "a leaf is signed by its signature key", [.leafSignature],
            ["ProposalRefusals.keyPackages", "ExternalCommitRefusals.leaf", "JoinedTreeRefusals.leaves"]),
        .init(
            "valn0103", "a leaf has the required capabilities", [.requiredCapabilities],
            ["ProposalRefusals.requiredCapabilities", "JoinedTreeRefusals.context"]),
        .init(
            "valn0104", "all members support each other's types of credential", [.credentialNotSupported],
            ["ExternalCommitRefusals.leaf", "JoinedTreeRefusals.leaves", "BehaviourTests.ownLimits"]),
        .init(
            "valn0105", "who sends a leaf of somebody else checks its lifetime", [.lifetimeInvalid],
            ["SupportRefusals.proposing", "ProposalRefusals.lifetimes"]),
        .init(
            "valn0106", "who receives a leaf should check its lifetime", [.lifetimeInvalid],
            ["ProposalRefusals.lifetimes", "JoinedTreeRefusals.leaves"]),
        .init(
            "valn0107", "a leaf lists its extensions in its capabilities", [.extensionNotListed],
            ["ProposalRefusals.keyPackages", "ExternalCommitRefusals.leaf", "JoinedTreeRefusals.leaves"]),
        .init(
            "valn0108", "the leaf of a key package says so", [.leafSource], ["ProposalRefusals.keyPackages"]),
        .init(
            "valn0109", "the leaf of an Update says so and has another encryption key",
            [.leafSource, .encryptionKeyUnchanged], ["ProposalRefusals.updatedLeaves"]),
        .init(
            "valn0110", "the leaf of a path says that it comes from a commit", [.leafSource],
            ["CommitRefusals.pathLeaf", "ExternalCommitRefusals.leaf"]),
        .init(
            "valn0111", "signature keys are unique among members", [.signatureKeyNotUnique],
            [
                "ProposalRefusals.duplicateAdds", "ExternalCommitRefusals.stolenSignatureKey",
                "JoinedTreeRefusals.uniqueKeys",
            ]),
        .init(
            "valn0112", "encryption keys are unique among members", [.encryptionKeyNotUnique],
            ["ProposalRefusals.duplicateAdds", "ProposalRefusals.updatedLeaves", "JoinedTreeRefusals.uniqueKeys"]),
        .init(
            "valn0113", "a leaf supports its own type of credential", [.credentialNotSupported],
            ["ProposalRefusals.keyPackages", "ProposalRefusals.updatedLeaves", "ExternalCommitRefusals.leaf"]),
    ]

    private static let keyPackages: [ProvenRule] = [
        .init(
            "valn0201", "a key package is of the group's suite and version", [.keyPackageSuite],
            ["ProposalRefusals.keyPackages"]),
        .init(
            "valn0202", "the leaf of a key package is valid", [.leafSignature, .suiteNotSupported, .leafSource],
            ["ProposalRefusals.keyPackages"]),
        .init(
            "valn0203", "a key package is signed by its leaf's key", [.keyPackageSignature],
            ["ProposalRefusals.keyPackages"]),
        .init(
            "valn0204", "the init key is not the encryption key", [.initKeyIsEncryptionKey],
            ["ProposalRefusals.keyPackages", "ProposalRefusals.crossedKeys"]),
        .init(
            "valn0205", "a key package has the version of the message that carries it", [.malformed],
            ["MixedFraming.version"], .nobody),
    ]

    private static let lists: [ProvenRule] = [
        .init(
            "valn0301", "no proposal of the list is invalid by itself", [.removedNotMember, .pskNonceLength],
            ["ProposalRefusals.removals", "ProposalRefusals.preSharedKeys"]),
        .init(
            "valn0302", "no Update of the committer", [.committerUpdatesItself], ["ProposalRefusals.updates"]),
        .init(
            "valn0303", "no removal of the committer", [.committerRemovesItself],
            ["ProposalRefusals.removals", "SupportRefusals.ownRemovalByReference"]),
        .init(
            "valn0304", "one Update or Remove a leaf; a committer prefers removals and the latest Update",
            [.leafChangedTwice], ["ProposalRefusals.updates", "ProposalRefusals.removals"]),
        .init(
            "valn0305", "nobody is added twice", [.clientAddedTwice, .initKeyNotUnique],
            ["ProposalRefusals.duplicateAdds"]),
        .init(
            "valn0306", "nobody is added who is a member, unless the commit removes them", [.signatureKeyNotUnique],
            ["ProposalRefusals.duplicateAdds", "ProposalRefusals.replaceMember"]),
        .init("valn0307", "no PSK twice", [.duplicatePSK], ["ProposalRefusals.preSharedKeys"]),
        .init(
            "valn0308", "one GroupContextExtensions", [.multipleGroupContextExtensions],
            ["ProposalRefusals.groupContextExtensions"]),
        .init("valn0309", "a ReInit stands alone", [.reInitNotAlone], ["ProposalRefusals.reInit"]),
        .init(
            "valn0310", "no ExternalInit in a member's commit", [.externalInitFromMember],
            ["ProposalRefusals.externalInit"]),
        .init(
            "valn0311", "all who process a proposal support its type: unknown types do not decode", [.malformed],
            ["MixedFraming.unknownProposal"], .nobody),
        .init(
            "valn0312", "the tree is valid after the commit", [.parentHashMismatch, .signatureKeyNotUnique],
            ["CommitRefusals.parentHash", "CommitRefusals.pathLeaf"]),
    ]

    private static let externalLists: [ProvenRule] = [
        .init("valn0401", "exactly one ExternalInit", [.externalInitCount], ["CommitRefusals.externalCommits"]),
        .init(
            "valn0402", "at most one Remove, whose leaf the new one may succeed as by an Update",
            [.externalCommitRemoves, .identityChanged, .encryptionKeyUnchanged],
            ["CommitRefusals.externalCommits", "ExternalCommitRefusals.resync"]),
        .init("valn0403", "PSKs as many as one likes", [], ["VerdictTests.externalPSK"], .nobody),
        .init(
            "valn0404", "no other proposals", [.externalCommitProposal, .proposalSender],
            ["CommitRefusals.externalCommits"]),
        .init(
            "valn0405", "a path, from the leftmost free leaf", [.externalCommitPath, .leafSignature],
            ["CommitRefusals.externalCommits", "ExternalCommitRefusals.leaf"]),
        .init(
            "valn0406", "no proposal by reference", [.externalCommitReference], ["CommitRefusals.externalCommits"]),
        .init(
            "valn0407", "signed by the key of the path's leaf", [.messageSignature],
            ["CommitRefusals.externalCommits"]),
        .init(
            "valn0408", "the sender is new_member_commit", [.externalInitFromMember],
            ["ProposalRefusals.externalInit"]),
        .init(
            "valn0409", "all use the external init secret", [.confirmationTag], ["CommitRefusals.externalCommits"],
            .members(secret)),
        .init(
            "valn0410", "a new_member_commit sender sends commits", [.senderContent],
            ["FramingRefusals.senderContent"]),
    ]

    private static let proposals: [ProvenRule] = [
        .init(
            "valn0501", "an Add's key package is valid", [.keyPackageSuite, .keyPackageSignature],
            ["ProposalRefusals.keyPackages"]),
        .init(
            "valn0502", "who is added supports the group's extensions", [.extensionNotSupported],
            ["SupportRefusals.groupExtension"]),
        .init(
            "valn0601", "an Update's leaf is valid", [.leafSource, .leafSignature, .identityChanged],
            ["ProposalRefusals.updatedLeaves"]),
        .init(
            "valn0602", "an Update's leaf supports the group's extensions", [.extensionNotSupported],
            ["SupportRefusals.groupExtension"]),
        .init("valn0701", "who is removed is a member", [.removedNotMember], ["ProposalRefusals.removals"]),
        .init(
            "valn0801", "no PSK for a re-initialisation outside one", [.pskUsage], ["ProposalRefusals.preSharedKeys"]),
        .init("valn0802", "no PSK for a branch outside one", [.pskUsage], ["ProposalRefusals.preSharedKeys"]),
        .init("valn0803", "a PSK nonce as long as a hash", [.pskNonceLength], ["ProposalRefusals.preSharedKeys"]),
        .init("valn0901", "no older version by a ReInit", [.reInitVersion], ["ProposalRefusals.reInit"]),
        .init(
            "valn1001", "new required capabilities are those of all, with the added and without the removed",
            [.requiredCapabilities], ["SupportRefusals.removedMembersDoNotCount"]),
        .init(
            "valn1002", "new required capabilities are those of all members", [.requiredCapabilities],
            ["ProposalRefusals.groupContextExtensions"]),
        .init(
            "valn1101", "a ciphertext for each node of a resolution without the added leaves", [.pathCiphertextCount],
            ["CommitRefusals.pathShape", "SupportRefusals.joinersAreExcluded"]),
    ]

    private static let commits: [ProvenRule] = [
        .init("valn1201", "a commit is of the current epoch", [.epochPast, .epochFuture], ["FramingRefusals.address"]),
        .init(
            "valn1202", "a public commit has the right membership tag", [.membershipTag],
            ["FramingRefusals.membershipTag", "VerdictTests.twoVerdicts"], .members(secret)),
        .init("valn1203", "a commit is signed", [.messageSignature], ["FramingRefusals.signature"]),
        .init(
            "valn1204", "its list of proposals is valid", [.leafChangedTwice, .committerRemovesItself],
            ["ProposalRefusals.updates", "ProposalRefusals.removals"]),
        .init(
            "valn1205", "its PSKs are known", [.pskUnknown], ["ProposalRefusals.preSharedKeys"], .members(secret)),
        .init("valn1206", "it has a path where it must", [.pathMissing], ["CommitRefusals.pathRequired"]),
        .init(
            "valn1207", "its path's leaf is valid", [.leafSource, .leafSignature], ["CommitRefusals.pathLeaf"]),
        .init(
            "valn1208", "its path's leaf has another encryption key", [.encryptionKeyUnchanged],
            ["CommitRefusals.pathKeys"]),
        .init(
            "valn1209", "no key of its path stands in the new tree", [.pathKeyNotUnique],
            ["CommitRefusals.pathKeys", "ExternalCommitRefusals.leaf"]),
        .init(
            "valn1210", "its path's leaf supports the group's extensions", [.extensionNotSupported],
            ["SupportRefusals.groupExtension", "ExternalCommitRefusals.groupExtensions"]),
    ]

    private static let framing: [ProvenRule] = [
        .init(
            "valn1301", "the sender type says whose key has signed", [.messageSignature, .externalSenderUnknown],
            ["FramingRefusals.externalSenders", "FramingRefusals.newMemberProposal", "FramingRefusals.signature"]),
        .init(
            "valn1302", "membership tag and signature of a public message", [.membershipTag],
            ["FramingRefusals.membershipTag", "OperationTests.badMessages"], .members(secret)),
        .init("valn1303", "padding is zero", [.paddingNotZero], ["FramingRefusals.padding"], .members(encrypted)),
        .init(
            "valn1304", "the signature of a private message", [.messageSignature], ["FramingRefusals.signature"],
            .members(encrypted)),
        .init(
            "valn1305", "only members send private messages: only they have a place in sender data", [],
            ["FramingRefusals.wireFormats"], .nobody),
        .init(
            "valn1306", "the leaf of sender data is a member", [.senderNotMember], ["FramingRefusals.sender"],
            .members(encrypted)),
        .init(
            "valn1307", "handshakes are of the current epoch", [.epochPast, .epochFuture],
            ["FramingRefusals.address"]),
    ]

    private static let welcomes: [ProvenRule] = [
        .init(
            "valn1401", "PSKs of a Welcome are known, and one at most for a re-initialisation or branch",
            [.pskUnknown, .pskUsage], ["JoinRefusals.preSharedKeys", "SupportRefusals.twoSpecialPSKs"],
            .members(invited)),
        .init(
            "valn1402", "a GroupInfo is signed by a member", [.groupInfoSigner, .groupInfoSignature],
            ["JoinRefusals.signer", "JoinRefusals.publishing"]),
        .init(
            "valn1403", "nobody joins a group of an id that they are in", [.groupKnown],
            ["JoinRefusals.addressing"], .members(invited)),
        .init(
            "valn1404", "the suites of GroupInfo, Welcome and key package are one", [.welcomeSuite],
            ["JoinRefusals.addressing"], .members(invited)),
        .init(
            "valn1405", "the tree hash is the context's", [.treeHashMismatch],
            ["JoinRefusals.context", "VerdictTests.followerBegins"]),
        .init("valn1406", "parent hashes are valid", [.parentHashMismatch], ["JoinedTreeRefusals.parentHashes"]),
        .init(
            "valn1407", "each leaf of the tree is valid", [.leafSignature, .suiteNotSupported, .invalidPublicKey],
            ["JoinedTreeRefusals.leaves"]),
        .init(
            "valn1408", "unmerged leaves are members below their node", [.unmergedLeavesInvalid],
            ["JoinedTreeRefusals.unmergedLeaves"]),
        .init(
            "valn1409", "unmerged leaves are unmerged at each node between", [.unmergedLeavesInvalid],
            ["JoinedTreeRefusals.unmergedLeaves"]),
        .init(
            "valn1410", "a parent's encryption key stands nowhere else", [.encryptionKeyNotUnique],
            ["JoinedTreeRefusals.uniqueKeys"]),
        .init(
            "valn1411", "the confirmation tag of the GroupInfo", [.confirmationTag], ["JoinRefusals.context"],
            .members(secret)),
        .init(
            "valn1412", "a group that comes from another is joined in epoch 1", [.predecessorEpoch],
            ["SuccessionRefusals.epoch"], .members(invited)),
        .init(
            "valn1413", "a re-initialised group is what the ReInit said, with all members",
            [.predecessorMismatch, .predecessorMembers],
            ["SuccessionRefusals.parameters", "SuccessionRefusals.members"], .members(invited)),
        .init(
            "valn1414", "a branch has version, suite and members of the old group", [.predecessorMembers],
            ["SuccessionRefusals.stranger"], .members(invited)),
        .init(
            "valn1415", "who joins supports each extension of the group", [.extensionNotSupported],
            ["JoinRefusals.context", "ExternalCommitRefusals.groupExtensions"]),
        .init(
            "valn1416", "unmerged leaves are in increasing order", [.malformed, .unmergedLeavesInvalid],
            ["JoinedTreeRefusals.unmergedLeaves", "TreeRefusals.unmergedLeaves"]),
        .init(
            "valn1417", "the tree has the joiner's leaf", [.ownLeafMissing], ["JoinRefusals.ownLeaf"],
            .members(invited)),
        .init(
            "valn1418", "the tree does not end with a blank node", [.treeTrailingBlank],
            ["JoinedTreeRefusals.form"]),
    ]

    private static let external: [ProvenRule] = [
        .init("valn1501", "external senders send proposals", [.senderContent], ["FramingRefusals.senderContent"]),
        .init(
            "valn1502", "external senders propose what they may", [.proposalSender],
            ["FramingRefusals.senderContent"]),
        .init(
            "valn1503", "a new_member_proposal sender sends proposals", [.senderContent],
            ["FramingRefusals.senderContent"]),
        .init(
            "valn1504", "a new_member_proposal sender proposes an Add", [.proposalSender],
            ["FramingRefusals.senderContent"]),
        .init(
            "valn1505", "external proposals are public: private ones have members as senders", [],
            ["FramingRefusals.wireFormats"], .nobody),
        .init(
            "valn1506", "external senders are listed in the group", [.externalSenderUnknown],
            ["FramingRefusals.externalSenders", "FramingRefusals.senderContent"]),
    ]

    private static let extensions: [ProvenRule] = [
        .init(
            "valn1601", "a leaf may have application_id and GREASE", [.extensionMisplaced],
            ["ProposalRefusals.misplacedExtensions", "ExternalCommitRefusals.leaf", "JoinedTreeRefusals.leaves"]),
        .init(
            "valn1602", "a GroupInfo may have ratchet_tree, external_pub and GREASE", [.extensionMisplaced],
            ["JoinedTreeRefusals.groupInfoExtensions"]),
        .init(
            "valn1603", "a group context may have required_capabilities and external_senders", [.extensionMisplaced],
            ["ProposalRefusals.groupContextExtensions", "JoinedTreeRefusals.context"]),
        .init(
            "valn1604", "a key package may have GREASE", [.extensionMisplaced],
            ["SupportRefusals.keyPackageExtensions"]),
    ]

    private static let book: [ProvenRule] = [
        .init("ValSem002", "group id", [.wrongGroup], ["FramingRefusals.address"]),
        .init("ValSem003", "epoch", [.epochPast, .epochFuture], ["FramingRefusals.address"]),
        .init("ValSem004", "the sender's leaf is not blank", [.senderNotMember], ["FramingRefusals.sender"]),
        .init(
            "ValSem005", "application data is encrypted", [.applicationInPublic],
            ["FramingRefusals.applicationInPublic"]),
        .init(
            "ValSem006", "a ciphertext opens", [.decryptionFailed, .senderDataInvalid],
            ["FramingRefusals.ciphertext"], .members(encrypted)),
        .init(
            "ValSem007", "a membership tag is there", [.membershipTag, .malformed],
            ["FramingRefusals.membershipTag", "MixedFraming.tags"], .members(secret)),
        .init(
            "ValSem008", "the membership tag is right", [.membershipTag], ["FramingRefusals.membershipTag"],
            .members(secret)),
        .init(
            "ValSem009", "a confirmation tag is there", [.confirmationTagMissing],
            ["FramingRefusals.confirmationTag"]),
        .init("ValSem010", "signature", [.messageSignature], ["FramingRefusals.signature"]),
        .init("ValSem011", "padding is zero", [.paddingNotZero], ["FramingRefusals.padding"], .members(encrypted)),
        .init(
            "ValSem101", "signature keys are unique among Adds and members",
            [.clientAddedTwice, .signatureKeyNotUnique], ["ProposalRefusals.duplicateAdds"]),
        .init("ValSem102", "init keys are unique among Adds", [.initKeyNotUnique], ["ProposalRefusals.duplicateAdds"]),
        .init(
            "ValSem103", "encryption keys are unique among Adds and members", [.encryptionKeyNotUnique],
            ["ProposalRefusals.duplicateAdds"]),
        .init(
            "ValSem104", "an init key is no encryption key", [.initKeyIsEncryptionKey],
            ["ProposalRefusals.keyPackages", "ProposalRefusals.crossedKeys"]),
        .init("ValSem105", "suite and version of an Add", [.keyPackageSuite], ["ProposalRefusals.keyPackages"]),
        .init(
            "ValSem106", "required capabilities of an Add", [.requiredCapabilities],
            ["ProposalRefusals.requiredCapabilities"]),
        .init("ValSem107", "nobody is removed twice", [.leafChangedTwice], ["ProposalRefusals.removals"]),
        .init("ValSem108", "who is removed is a member", [.removedNotMember], ["ProposalRefusals.removals"]),
        .init(
            "ValSem109", "required capabilities of an Update", [.requiredCapabilities],
            ["ProposalRefusals.requiredCapabilities"]),
        .init(
            "ValSem110", "an Update's encryption key is unique", [.encryptionKeyNotUnique],
            ["ProposalRefusals.updatedLeaves"]),
        .init(
            "ValSem111", "no Update of the committer", [.committerUpdatesItself], ["ProposalRefusals.updates"]),
        .init("ValSem112", "members send Updates", [.proposalSender], ["FramingRefusals.senderContent"]),
        .init("ValSem200", "no removal of the committer", [.committerRemovesItself], ["ProposalRefusals.removals"]),
        .init("ValSem201", "a path where it must be", [.pathMissing], ["CommitRefusals.pathRequired"]),
        .init("ValSem202", "the length of a path", [.pathLength], ["CommitRefusals.pathShape"]),
        .init(
            "ValSem203", "path secrets open", [.decryptionFailed], ["CommitRefusals.pathSecrets"], .members(secret)),
        .init(
            "ValSem204", "path secrets give the published keys", [.pathSecretMismatch],
            ["CommitRefusals.pathSecrets"], .members(secret)),
        .init(
            "ValSem205", "the confirmation tag is right", [.confirmationTag], ["FramingRefusals.confirmationTag"],
            .members(secret)),
        .init("ValSem206", "a path leaf's key is unique", [.pathKeyNotUnique], ["CommitRefusals.pathKeys"]),
        .init("ValSem207", "a path's keys are unique", [.pathKeyNotUnique], ["CommitRefusals.pathKeys"]),
        .init("ValSem240", "an ExternalInit", [.externalInitCount], ["CommitRefusals.externalCommits"]),
        .init("ValSem241", "one ExternalInit", [.externalInitCount], ["CommitRefusals.externalCommits"]),
        .init(
            "ValSem242", "allowed proposals only", [.externalCommitProposal], ["CommitRefusals.externalCommits"]),
        .init(
            "ValSem243", "who is removed is the committer's former self", [.identityChanged],
            ["CommitRefusals.externalCommits", "ExternalCommitRefusals.resync"]),
        .init(
            "ValSem244", "no proposal by reference", [.externalCommitReference], ["CommitRefusals.externalCommits"]),
        .init("ValSem245", "a path", [.externalCommitPath], ["CommitRefusals.externalCommits"]),
        .init(
            "ValSem246", "signed by the path leaf's key", [.messageSignature], ["CommitRefusals.externalCommits"]),
        .init(
            "ValSem300", "no trailing blanks", [.treeTrailingBlank], ["TreeRefusals.form", "JoinedTreeRefusals.form"]),
        .init(
            "ValSem400", "resumption secrets of a limited number of epochs are kept", [],
            ["SecretLifeTests.resumption"], .nobody),
        .init("ValSem401", "the length of a PSK nonce", [.pskNonceLength], ["ProposalRefusals.preSharedKeys"]),
        .init("ValSem402", "the usage of a PSK", [.pskUsage], ["ProposalRefusals.preSharedKeys"]),
        .init("ValSem403", "no PSK twice", [.duplicatePSK], ["ProposalRefusals.preSharedKeys"]),
    ]
}
