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
        .init(
            "valn0101", "the application judges a leaf's credential", [.leafRefused],
            ["VerdictTests.a judge that refuses is obeyed on each path, and nothing has changed"]),
        .init(
            "valn0102", "a leaf is signed by its signature key", [.leafSignature],
            [
                "ProposalRefusals.a key package that is not valid: init key, suite, version, signatures (ValSem104, 105)",
                "ExternalCommitRefusals.its leaf: source, signature, place, keys, capabilities, extensions, credential",
                "JoinedTreeRefusals.one bad leaf: signature, group, place, keys, capabilities, extensions, credential, lifetime",
            ]),
        .init(
            "valn0103", "a leaf has the required capabilities", [.requiredCapabilities],
            [
                "ProposalRefusals.required capabilities, for those who are added, update or commit (ValSem106, 109)",
                "JoinedTreeRefusals.what a group's context must not have, and what a member of it does not support",
            ]),
        .init(
            "valn0104", "all members support each other's types of credential", [.credentialNotSupported],
            [
                "ExternalCommitRefusals.its leaf: source, signature, place, keys, capabilities, extensions, credential",
                "JoinedTreeRefusals.one bad leaf: signature, group, place, keys, capabilities, extensions, credential, lifetime",
                "BehaviourTests.our own commit may not present somebody else, and nothing is sent that nobody would decode",
            ]),
        .init(
            "valn0105", "who sends a leaf of somebody else checks its lifetime", [.lifetimeInvalid],
            [
                "SupportRefusals.nobody proposes to add whom others would refuse",
                "ProposalRefusals.lifetimes: over, not begun, too long; with some skew of clocks",
            ]),
        .init(
            "valn0106", "who receives a leaf should check its lifetime", [.lifetimeInvalid],
            [
                "ProposalRefusals.lifetimes: over, not begun, too long; with some skew of clocks",
                "JoinedTreeRefusals.one bad leaf: signature, group, place, keys, capabilities, extensions, credential, lifetime",
            ]),
        .init(
            "valn0107", "a leaf lists its extensions in its capabilities", [.extensionNotListed],
            [
                "ProposalRefusals.a key package that is not valid: init key, suite, version, signatures (ValSem104, 105)",
                "ExternalCommitRefusals.its leaf: source, signature, place, keys, capabilities, extensions, credential",
                "JoinedTreeRefusals.one bad leaf: signature, group, place, keys, capabilities, extensions, credential, lifetime",
            ]),
        .init(
            "valn0108", "the leaf of a key package says so", [.leafSource],
            ["ProposalRefusals.a key package that is not valid: init key, suite, version, signatures (ValSem104, 105)"]),
        .init(
            "valn0109", "the leaf of an Update says so and has another encryption key",
            [.leafSource, .encryptionKeyUnchanged],
            [
                "ProposalRefusals.an update with the old key, another's key, another identity, a wrong source or place (ValSem110)"
            ]),
        .init(
            "valn0110", "the leaf of a path says that it comes from a commit", [.leafSource],
            [
                "CommitRefusals.the leaf of a path: source, signature, signature key of another, identity",
                "ExternalCommitRefusals.its leaf: source, signature, place, keys, capabilities, extensions, credential",
            ]),
        .init(
            "valn0111", "signature keys are unique among members", [.signatureKeyNotUnique],
            [
                "ProposalRefusals.one client added twice, by signature key and by init key; a member added again (ValSem101 to 103)",
                "ExternalCommitRefusals.a signature key that a member has already",
                "JoinedTreeRefusals.an encryption key or a signature key at two places",
            ]),
        .init(
            "valn0112", "encryption keys are unique among members", [.encryptionKeyNotUnique],
            [
                "ProposalRefusals.one client added twice, by signature key and by init key; a member added again (ValSem101 to 103)",
                "ProposalRefusals.an update with the old key, another's key, another identity, a wrong source or place (ValSem110)",
                "JoinedTreeRefusals.an encryption key or a signature key at two places",
            ]),
        .init(
            "valn0113", "a leaf supports its own type of credential", [.credentialNotSupported],
            [
                "ProposalRefusals.a key package that is not valid: init key, suite, version, signatures (ValSem104, 105)",
                "ProposalRefusals.an update with the old key, another's key, another identity, a wrong source or place (ValSem110)",
                "ExternalCommitRefusals.its leaf: source, signature, place, keys, capabilities, extensions, credential",
            ]),
    ]

    private static let keyPackages: [ProvenRule] = [
        .init(
            "valn0201", "a key package is of the group's suite and version", [.keyPackageSuite],
            ["ProposalRefusals.a key package that is not valid: init key, suite, version, signatures (ValSem104, 105)"]),
        .init(
            "valn0202", "the leaf of a key package is valid", [.leafSignature, .suiteNotSupported, .leafSource],
            ["ProposalRefusals.a key package that is not valid: init key, suite, version, signatures (ValSem104, 105)"]),
        .init(
            "valn0203", "a key package is signed by its leaf's key", [.keyPackageSignature],
            ["ProposalRefusals.a key package that is not valid: init key, suite, version, signatures (ValSem104, 105)"]),
        .init(
            "valn0204", "the init key is not the encryption key", [.initKeyIsEncryptionKey],
            [
                "ProposalRefusals.a key package that is not valid: init key, suite, version, signatures (ValSem104, 105)",
                "ProposalRefusals.one newcomer's init key that is another's encryption key",
            ]),
        .init(
            "valn0205", "a key package has the version of the message that carries it", [.malformed],
            ["MixedFraming.another protocol version, in a message, a key package in it, or its wire format"], .nobody),
    ]

    private static let lists: [ProvenRule] = [
        .init(
            "valn0301", "no proposal of the list is invalid by itself", [.removedNotMember, .pskNonceLength],
            [
                "ProposalRefusals.removals: twice, of a blank leaf, of one outside the tree, of the committer (ValSem107, 108, 200)",
                "ProposalRefusals.PSKs: a nonce of another length, twice, with a usage of another purpose (ValSem401 to 403)",
            ]),
        .init(
            "valn0302", "no Update of the committer", [.committerUpdatesItself],
            ["ProposalRefusals.updates: by the committer, by value, twice, beside a removal (ValSem111)"]),
        .init(
            "valn0303", "no removal of the committer", [.committerRemovesItself],
            [
                "ProposalRefusals.removals: twice, of a blank leaf, of one outside the tree, of the committer (ValSem107, 108, 200)",
                "SupportRefusals.the committer's removal that somebody else proposed; an honest committer leaves it out",
            ]),
        .init(
            "valn0304", "one Update or Remove a leaf; a committer prefers removals and the latest Update",
            [.leafChangedTwice],
            [
                "ProposalRefusals.updates: by the committer, by value, twice, beside a removal (ValSem111)",
                "ProposalRefusals.removals: twice, of a blank leaf, of one outside the tree, of the committer (ValSem107, 108, 200)",
            ]),
        .init(
            "valn0305", "nobody is added twice", [.clientAddedTwice, .initKeyNotUnique],
            [
                "ProposalRefusals.one client added twice, by signature key and by init key; a member added again (ValSem101 to 103)"
            ]),
        .init(
            "valn0306", "nobody is added who is a member, unless the commit removes them", [.signatureKeyNotUnique],
            [
                "ProposalRefusals.one client added twice, by signature key and by init key; a member added again (ValSem101 to 103)",
                "ProposalRefusals.a member is removed and added again in one commit",
            ]),
        .init(
            "valn0307", "no PSK twice", [.duplicatePSK],
            [
                "ProposalRefusals.PSKs: a nonce of another length, twice, with a usage of another purpose (ValSem401 to 403)"
            ]),
        .init(
            "valn0308", "one GroupContextExtensions", [.multipleGroupContextExtensions],
            ["ProposalRefusals.GroupContextExtensions: twice, unsupported by a member, malformed, misplaced"]),
        .init(
            "valn0309", "a ReInit stands alone", [.reInitNotAlone],
            ["ProposalRefusals.a ReInit beside another proposal, twice, or of an older version"]),
        .init(
            "valn0310", "no ExternalInit in a member's commit", [.externalInitFromMember],
            ["ProposalRefusals.an ExternalInit in a member's commit"]),
        .init(
            "valn0311", "all who process a proposal support its type: unknown types do not decode", [.malformed],
            ["MixedFraming.a proposal of a type that this document does not have, alone and in a commit"], .nobody),
        .init(
            "valn0312", "the tree is valid after the commit", [.parentHashMismatch, .signatureKeyNotUnique],
            [
                "CommitRefusals.a parent hash that is wrong, missing or of a shorter chain",
                "CommitRefusals.the leaf of a path: source, signature, signature key of another, identity",
            ]),
    ]

    private static let externalLists: [ProvenRule] = [
        .init(
            "valn0401", "exactly one ExternalInit", [.externalInitCount],
            ["CommitRefusals.external commits: what their list must and must not hold (ValSem240 to 245)"]),
        .init(
            "valn0402", "at most one Remove, whose leaf the new one may succeed as by an Update",
            [.externalCommitRemoves, .identityChanged, .encryptionKeyUnchanged],
            [
                "CommitRefusals.external commits: what their list must and must not hold (ValSem240 to 245)",
                "ExternalCommitRefusals.a resync is judged as an Update of the removed leaf would be: another encryption key, the same identity",
            ]),
        .init(
            "valn0403", "PSKs as many as one likes", [],
            ["VerdictTests.an external commit may carry PSKs, which members need and a follower passes over"], .nobody),
        .init(
            "valn0404", "no other proposals", [.externalCommitProposal, .proposalSender],
            ["CommitRefusals.external commits: what their list must and must not hold (ValSem240 to 245)"]),
        .init(
            "valn0405", "a path, from the leftmost free leaf", [.externalCommitPath, .leafSignature],
            [
                "CommitRefusals.external commits: what their list must and must not hold (ValSem240 to 245)",
                "ExternalCommitRefusals.its leaf: source, signature, place, keys, capabilities, extensions, credential",
            ]),
        .init(
            "valn0406", "no proposal by reference", [.externalCommitReference],
            ["CommitRefusals.external commits: what their list must and must not hold (ValSem240 to 245)"]),
        .init(
            "valn0407", "signed by the key of the path's leaf", [.messageSignature],
            ["CommitRefusals.external commits: what their list must and must not hold (ValSem240 to 245)"]),
        .init(
            "valn0408", "the sender is new_member_commit", [.externalInitFromMember],
            ["ProposalRefusals.an ExternalInit in a member's commit"]),
        .init(
            "valn0409", "all use the external init secret", [.confirmationTag],
            ["CommitRefusals.external commits: what their list must and must not hold (ValSem240 to 245)"],
            .members(secret)),
        .init(
            "valn0410", "a new_member_commit sender sends commits", [.senderContent],
            ["FramingRefusals.sender type and content type that do not go together (ValSem112)"]),
    ]

    private static let proposals: [ProvenRule] = [
        .init(
            "valn0501", "an Add's key package is valid", [.keyPackageSuite, .keyPackageSignature],
            ["ProposalRefusals.a key package that is not valid: init key, suite, version, signatures (ValSem104, 105)"]),
        .init(
            "valn0502", "who is added supports the group's extensions", [.extensionNotSupported],
            ["SupportRefusals.a leaf that lacks an extension of the group: added, updated, in a path"]),
        .init(
            "valn0601", "an Update's leaf is valid", [.leafSource, .leafSignature, .identityChanged],
            [
                "ProposalRefusals.an update with the old key, another's key, another identity, a wrong source or place (ValSem110)"
            ]),
        .init(
            "valn0602", "an Update's leaf supports the group's extensions", [.extensionNotSupported],
            ["SupportRefusals.a leaf that lacks an extension of the group: added, updated, in a path"]),
        .init(
            "valn0701", "who is removed is a member", [.removedNotMember],
            [
                "ProposalRefusals.removals: twice, of a blank leaf, of one outside the tree, of the committer (ValSem107, 108, 200)"
            ]),
        .init(
            "valn0801", "no PSK for a re-initialisation outside one", [.pskUsage],
            [
                "ProposalRefusals.PSKs: a nonce of another length, twice, with a usage of another purpose (ValSem401 to 403)"
            ]),
        .init(
            "valn0802", "no PSK for a branch outside one", [.pskUsage],
            [
                "ProposalRefusals.PSKs: a nonce of another length, twice, with a usage of another purpose (ValSem401 to 403)"
            ]),
        .init(
            "valn0803", "a PSK nonce as long as a hash", [.pskNonceLength],
            [
                "ProposalRefusals.PSKs: a nonce of another length, twice, with a usage of another purpose (ValSem401 to 403)"
            ]),
        .init(
            "valn0901", "no older version by a ReInit", [.reInitVersion],
            ["ProposalRefusals.a ReInit beside another proposal, twice, or of an older version"]),
        .init(
            "valn1001", "new required capabilities are those of all, with the added and without the removed",
            [.requiredCapabilities],
            [
                "SupportRefusals.a new list of extensions is judged without those whom the commit removes, and with those whom it adds"
            ]),
        .init(
            "valn1002", "new required capabilities are those of all members", [.requiredCapabilities],
            ["ProposalRefusals.GroupContextExtensions: twice, unsupported by a member, malformed, misplaced"]),
        .init(
            "valn1101", "a ciphertext for each node of a resolution without the added leaves", [.pathCiphertextCount],
            [
                "CommitRefusals.a path that is too long or too short, or has too many or too few ciphertexts (ValSem202)",
                "SupportRefusals.nobody encrypts a path to those who join by the same commit",
            ]),
    ]

    private static let commits: [ProvenRule] = [
        .init(
            "valn1201", "a commit is of the current epoch", [.epochPast, .epochFuture],
            ["FramingRefusals.another group, an earlier and a later epoch (ValSem002, 003)"]),
        .init(
            "valn1202", "a public commit has the right membership tag", [.membershipTag],
            [
                "FramingRefusals.a membership tag that is missing, cut, empty or wrong; the follower cannot see it (ValSem007, 008)",
                "VerdictTests.what a follower cannot see it accepts and a member refuses, unchanged and with the committer named",
            ], .members(secret)),
        .init(
            "valn1203", "a commit is signed", [.messageSignature],
            ["FramingRefusals.a signature by another key, and changed content under a right tag (ValSem010)"]),
        .init(
            "valn1204", "its list of proposals is valid", [.leafChangedTwice, .committerRemovesItself],
            [
                "ProposalRefusals.updates: by the committer, by value, twice, beside a removal (ValSem111)",
                "ProposalRefusals.removals: twice, of a blank leaf, of one outside the tree, of the committer (ValSem107, 108, 200)",
            ]),
        .init(
            "valn1205", "its PSKs are known", [.pskUnknown],
            [
                "ProposalRefusals.PSKs: a nonce of another length, twice, with a usage of another purpose (ValSem401 to 403)"
            ], .members(secret)),
        .init(
            "valn1206", "it has a path where it must", [.pathMissing],
            ["CommitRefusals.a path is demanded of every commit but those of Add, PSK and ReInit alone (ValSem201)"]),
        .init(
            "valn1207", "its path's leaf is valid", [.leafSource, .leafSignature],
            ["CommitRefusals.the leaf of a path: source, signature, signature key of another, identity"]),
        .init(
            "valn1208", "its path's leaf has another encryption key", [.encryptionKeyUnchanged],
            ["CommitRefusals.keys of a path that stand in the tree, in the path, or are no keys (ValSem206, 207)"]),
        .init(
            "valn1209", "no key of its path stands in the new tree", [.pathKeyNotUnique],
            [
                "CommitRefusals.keys of a path that stand in the tree, in the path, or are no keys (ValSem206, 207)",
                "ExternalCommitRefusals.its leaf: source, signature, place, keys, capabilities, extensions, credential",
            ]),
        .init(
            "valn1210", "its path's leaf supports the group's extensions", [.extensionNotSupported],
            [
                "SupportRefusals.a leaf that lacks an extension of the group: added, updated, in a path",
                "ExternalCommitRefusals.a joiner that lacks what the group has or requires makes no commit, and members and followers take none",
            ]),
    ]

    private static let framing: [ProvenRule] = [
        .init(
            "valn1301", "the sender type says whose key has signed", [.messageSignature, .externalSenderUnknown],
            [
                "FramingRefusals.an external sender outside the list, with another key, and dropped by GroupContextExtensions",
                "FramingRefusals.a newcomer's proposal that is not signed by its key package's key",
                "FramingRefusals.a signature by another key, and changed content under a right tag (ValSem010)",
            ]),
        .init(
            "valn1302", "membership tag and signature of a public message", [.membershipTag],
            [
                "FramingRefusals.a membership tag that is missing, cut, empty or wrong; the follower cannot see it (ValSem007, 008)",
                "OperationTests.a message with a wrong tag costs one MAC, one with a wrong signature one verification, a follower's one",
            ], .members(secret)),
        .init(
            "valn1303", "padding is zero", [.paddingNotZero],
            ["FramingRefusals.padding that is not all zero (ValSem011)"], .members(encrypted)),
        .init(
            "valn1304", "the signature of a private message", [.messageSignature],
            ["FramingRefusals.a signature by another key, and changed content under a right tag (ValSem010)"],
            .members(encrypted)),
        .init(
            "valn1305", "only members send private messages: only they have a place in sender data", [],
            ["FramingRefusals.messages that are not for a group, and private ones for a follower"], .nobody),
        .init(
            "valn1306", "the leaf of sender data is a member", [.senderNotMember],
            ["FramingRefusals.a sender whose leaf is blank, removed or outside the tree (ValSem004)"],
            .members(encrypted)),
        .init(
            "valn1307", "handshakes are of the current epoch", [.epochPast, .epochFuture],
            ["FramingRefusals.another group, an earlier and a later epoch (ValSem002, 003)"]),
    ]

    private static let welcomes: [ProvenRule] = [
        .init(
            "valn1401", "PSKs of a Welcome are known, and one at most for a re-initialisation or branch",
            [.pskUnknown, .pskUsage],
            [
                "JoinRefusals.PSKs of a Welcome: unknown, twice, a short nonce, a usage without its group",
                "SupportRefusals.a Welcome with two PSKs of a re-initialisation or branch",
            ],
            .members(invited)),
        .init(
            "valn1402", "a GroupInfo is signed by a member", [.groupInfoSigner, .groupInfoSignature],
            [
                "JoinRefusals.a GroupInfo signed by another, by a blank leaf, by nobody, by ourselves",
                "JoinRefusals.a GroupInfo that a follower is given: of another epoch, another state, by a stranger",
            ]),
        .init(
            "valn1403", "nobody joins a group of an id that they are in", [.groupKnown],
            ["JoinRefusals.Welcomes for somebody else, for one key package twice, of another suite"], .members(invited)),
        .init(
            "valn1404", "the suites of GroupInfo, Welcome and key package are one", [.welcomeSuite],
            ["JoinRefusals.Welcomes for somebody else, for one key package twice, of another suite"], .members(invited)),
        .init(
            "valn1405", "the tree hash is the context's", [.treeHashMismatch],
            [
                "JoinRefusals.context and tags: tree hash, confirmation tag (also cut and empty), version, extensions",
                "VerdictTests.a follower begins with a GroupInfo that it can verify, and with no other",
            ]),
        .init(
            "valn1406", "parent hashes are valid", [.parentHashMismatch],
            ["JoinedTreeRefusals.parent hashes: wrong, null, over a blank, over another sibling"]),
        .init(
            "valn1407", "each leaf of the tree is valid", [.leafSignature, .suiteNotSupported, .invalidPublicKey],
            [
                "JoinedTreeRefusals.one bad leaf: signature, group, place, keys, capabilities, extensions, credential, lifetime"
            ]),
        .init(
            "valn1408", "unmerged leaves are members below their node", [.unmergedLeavesInvalid],
            ["JoinedTreeRefusals.unmerged leaves: elsewhere, blank, or not listed on the way"]),
        .init(
            "valn1409", "unmerged leaves are unmerged at each node between", [.unmergedLeavesInvalid],
            ["JoinedTreeRefusals.unmerged leaves: elsewhere, blank, or not listed on the way"]),
        .init(
            "valn1410", "a parent's encryption key stands nowhere else", [.encryptionKeyNotUnique],
            ["JoinedTreeRefusals.an encryption key or a signature key at two places"]),
        .init(
            "valn1411", "the confirmation tag of the GroupInfo", [.confirmationTag],
            ["JoinRefusals.context and tags: tree hash, confirmation tag (also cut and empty), version, extensions"],
            .members(secret)),
        .init(
            "valn1412", "a group that comes from another is joined in epoch 1", [.predecessorEpoch],
            ["SuccessionRefusals.a branch that is joined in a later epoch than its first"], .members(invited)),
        .init(
            "valn1413", "a re-initialised group is what the ReInit said, with all members",
            [.predecessorMismatch, .predecessorMembers],
            [
                "SuccessionRefusals.a re-initialised group with other parameters than the ReInit's",
                "SuccessionRefusals.a re-initialised group that lacks a member",
            ], .members(invited)),
        .init(
            "valn1414", "a branch has version, suite and members of the old group", [.predecessorMembers],
            ["SuccessionRefusals.a branch with a stranger in it"], .members(invited)),
        .init(
            "valn1415", "who joins supports each extension of the group", [.extensionNotSupported],
            [
                "JoinRefusals.context and tags: tree hash, confirmation tag (also cut and empty), version, extensions",
                "ExternalCommitRefusals.a joiner that lacks what the group has or requires makes no commit, and members and followers take none",
            ]),
        .init(
            "valn1416", "unmerged leaves are in increasing order", [.malformed, .unmergedLeavesInvalid],
            [
                "JoinedTreeRefusals.unmerged leaves: elsewhere, blank, or not listed on the way",
                "TreeRefusals.unmerged leaves that are elsewhere, blank, unsorted, or not listed on the way",
            ]),
        .init(
            "valn1417", "the tree has the joiner's leaf", [.ownLeafMissing],
            ["JoinRefusals.a key package that is not in the tree, and secrets that are not its own"],
            .members(invited)),
        .init(
            "valn1418", "the tree does not end with a blank node", [.treeTrailingBlank],
            ["JoinedTreeRefusals.no node, trailing blanks, and leaves and parents in each other's places (ValSem300)"]),
    ]

    private static let external: [ProvenRule] = [
        .init(
            "valn1501", "external senders send proposals", [.senderContent],
            ["FramingRefusals.sender type and content type that do not go together (ValSem112)"]),
        .init(
            "valn1502", "external senders propose what they may", [.proposalSender],
            ["FramingRefusals.sender type and content type that do not go together (ValSem112)"]),
        .init(
            "valn1503", "a new_member_proposal sender sends proposals", [.senderContent],
            ["FramingRefusals.sender type and content type that do not go together (ValSem112)"]),
        .init(
            "valn1504", "a new_member_proposal sender proposes an Add", [.proposalSender],
            ["FramingRefusals.sender type and content type that do not go together (ValSem112)"]),
        .init(
            "valn1505", "external proposals are public: private ones have members as senders", [],
            ["FramingRefusals.messages that are not for a group, and private ones for a follower"], .nobody),
        .init(
            "valn1506", "external senders are listed in the group", [.externalSenderUnknown],
            [
                "FramingRefusals.an external sender outside the list, with another key, and dropped by GroupContextExtensions",
                "FramingRefusals.sender type and content type that do not go together (ValSem112)",
            ]),
    ]

    private static let extensions: [ProvenRule] = [
        .init(
            "valn1601", "a leaf may have application_id and GREASE", [.extensionMisplaced],
            [
                "ProposalRefusals.extensions of the group or of a GroupInfo that stand in a leaf",
                "ExternalCommitRefusals.its leaf: source, signature, place, keys, capabilities, extensions, credential",
                "JoinedTreeRefusals.one bad leaf: signature, group, place, keys, capabilities, extensions, credential, lifetime",
            ]),
        .init(
            "valn1602", "a GroupInfo may have ratchet_tree, external_pub and GREASE", [.extensionMisplaced],
            ["JoinedTreeRefusals.extensions that have no place in a GroupInfo, received and made"]),
        .init(
            "valn1603", "a group context may have required_capabilities and external_senders", [.extensionMisplaced],
            [
                "ProposalRefusals.GroupContextExtensions: twice, unsupported by a member, malformed, misplaced",
                "JoinedTreeRefusals.what a group's context must not have, and what a member of it does not support",
            ]),
        .init(
            "valn1604", "a key package may have GREASE", [.extensionMisplaced],
            ["SupportRefusals.extensions of a key package that belong elsewhere, and GREASE, which belongs anywhere"]),
    ]

    private static let book: [ProvenRule] = [
        .init(
            "ValSem002", "group id", [.wrongGroup],
            ["FramingRefusals.another group, an earlier and a later epoch (ValSem002, 003)"]),
        .init(
            "ValSem003", "epoch", [.epochPast, .epochFuture],
            ["FramingRefusals.another group, an earlier and a later epoch (ValSem002, 003)"]),
        .init(
            "ValSem004", "the sender's leaf is not blank", [.senderNotMember],
            ["FramingRefusals.a sender whose leaf is blank, removed or outside the tree (ValSem004)"]),
        .init(
            "ValSem005", "application data is encrypted", [.applicationInPublic],
            ["FramingRefusals.application data in the clear (ValSem005)"]),
        .init(
            "ValSem006", "a ciphertext opens", [.decryptionFailed, .senderDataInvalid],
            ["FramingRefusals.a ciphertext that does not open, and sender data that does not (ValSem006)"],
            .members(encrypted)),
        .init(
            "ValSem007", "a membership tag is there", [.membershipTag, .malformed],
            [
                "FramingRefusals.a membership tag that is missing, cut, empty or wrong; the follower cannot see it (ValSem007, 008)",
                "MixedFraming.tags that are missing where they belong, or present where they do not: the codec has no place for them",
            ], .members(secret)),
        .init(
            "ValSem008", "the membership tag is right", [.membershipTag],
            [
                "FramingRefusals.a membership tag that is missing, cut, empty or wrong; the follower cannot see it (ValSem007, 008)"
            ],
            .members(secret)),
        .init(
            "ValSem009", "a confirmation tag is there", [.confirmationTagMissing],
            ["FramingRefusals.a confirmation tag that is empty, cut or wrong (ValSem009, 205)"]),
        .init(
            "ValSem010", "signature", [.messageSignature],
            ["FramingRefusals.a signature by another key, and changed content under a right tag (ValSem010)"]),
        .init(
            "ValSem011", "padding is zero", [.paddingNotZero],
            ["FramingRefusals.padding that is not all zero (ValSem011)"], .members(encrypted)),
        .init(
            "ValSem101", "signature keys are unique among Adds and members",
            [.clientAddedTwice, .signatureKeyNotUnique],
            [
                "ProposalRefusals.one client added twice, by signature key and by init key; a member added again (ValSem101 to 103)"
            ]),
        .init(
            "ValSem102", "init keys are unique among Adds", [.initKeyNotUnique],
            [
                "ProposalRefusals.one client added twice, by signature key and by init key; a member added again (ValSem101 to 103)"
            ]),
        .init(
            "ValSem103", "encryption keys are unique among Adds and members", [.encryptionKeyNotUnique],
            [
                "ProposalRefusals.one client added twice, by signature key and by init key; a member added again (ValSem101 to 103)"
            ]),
        .init(
            "ValSem104", "an init key is no encryption key", [.initKeyIsEncryptionKey],
            [
                "ProposalRefusals.a key package that is not valid: init key, suite, version, signatures (ValSem104, 105)",
                "ProposalRefusals.one newcomer's init key that is another's encryption key",
            ]),
        .init(
            "ValSem105", "suite and version of an Add", [.keyPackageSuite],
            ["ProposalRefusals.a key package that is not valid: init key, suite, version, signatures (ValSem104, 105)"]),
        .init(
            "ValSem106", "required capabilities of an Add", [.requiredCapabilities],
            ["ProposalRefusals.required capabilities, for those who are added, update or commit (ValSem106, 109)"]),
        .init(
            "ValSem107", "nobody is removed twice", [.leafChangedTwice],
            [
                "ProposalRefusals.removals: twice, of a blank leaf, of one outside the tree, of the committer (ValSem107, 108, 200)"
            ]),
        .init(
            "ValSem108", "who is removed is a member", [.removedNotMember],
            [
                "ProposalRefusals.removals: twice, of a blank leaf, of one outside the tree, of the committer (ValSem107, 108, 200)"
            ]),
        .init(
            "ValSem109", "required capabilities of an Update", [.requiredCapabilities],
            ["ProposalRefusals.required capabilities, for those who are added, update or commit (ValSem106, 109)"]),
        .init(
            "ValSem110", "an Update's encryption key is unique", [.encryptionKeyNotUnique],
            [
                "ProposalRefusals.an update with the old key, another's key, another identity, a wrong source or place (ValSem110)"
            ]),
        .init(
            "ValSem111", "no Update of the committer", [.committerUpdatesItself],
            ["ProposalRefusals.updates: by the committer, by value, twice, beside a removal (ValSem111)"]),
        .init(
            "ValSem112", "members send Updates", [.proposalSender],
            ["FramingRefusals.sender type and content type that do not go together (ValSem112)"]),
        .init(
            "ValSem200", "no removal of the committer", [.committerRemovesItself],
            [
                "ProposalRefusals.removals: twice, of a blank leaf, of one outside the tree, of the committer (ValSem107, 108, 200)"
            ]),
        .init(
            "ValSem201", "a path where it must be", [.pathMissing],
            ["CommitRefusals.a path is demanded of every commit but those of Add, PSK and ReInit alone (ValSem201)"]),
        .init(
            "ValSem202", "the length of a path", [.pathLength],
            ["CommitRefusals.a path that is too long or too short, or has too many or too few ciphertexts (ValSem202)"]),
        .init(
            "ValSem203", "path secrets open", [.decryptionFailed],
            [
                "CommitRefusals.ciphertexts that do not open, or give another key; only who decrypts them sees it (ValSem203, 204)"
            ], .members(secret)),
        .init(
            "ValSem204", "path secrets give the published keys", [.pathSecretMismatch],
            [
                "CommitRefusals.ciphertexts that do not open, or give another key; only who decrypts them sees it (ValSem203, 204)"
            ], .members(secret)),
        .init(
            "ValSem205", "the confirmation tag is right", [.confirmationTag],
            ["FramingRefusals.a confirmation tag that is empty, cut or wrong (ValSem009, 205)"],
            .members(secret)),
        .init(
            "ValSem206", "a path leaf's key is unique", [.pathKeyNotUnique],
            ["CommitRefusals.keys of a path that stand in the tree, in the path, or are no keys (ValSem206, 207)"]),
        .init(
            "ValSem207", "a path's keys are unique", [.pathKeyNotUnique],
            ["CommitRefusals.keys of a path that stand in the tree, in the path, or are no keys (ValSem206, 207)"]),
        .init(
            "ValSem240", "an ExternalInit", [.externalInitCount],
            ["CommitRefusals.external commits: what their list must and must not hold (ValSem240 to 245)"]),
        .init(
            "ValSem241", "one ExternalInit", [.externalInitCount],
            ["CommitRefusals.external commits: what their list must and must not hold (ValSem240 to 245)"]),
        .init(
            "ValSem242", "allowed proposals only", [.externalCommitProposal],
            ["CommitRefusals.external commits: what their list must and must not hold (ValSem240 to 245)"]),
        .init(
            "ValSem243", "who is removed is the committer's former self", [.identityChanged],
            [
                "CommitRefusals.external commits: what their list must and must not hold (ValSem240 to 245)",
                "ExternalCommitRefusals.a resync is judged as an Update of the removed leaf would be: another encryption key, the same identity",
            ]),
        .init(
            "ValSem244", "no proposal by reference", [.externalCommitReference],
            ["CommitRefusals.external commits: what their list must and must not hold (ValSem240 to 245)"]),
        .init(
            "ValSem245", "a path", [.externalCommitPath],
            ["CommitRefusals.external commits: what their list must and must not hold (ValSem240 to 245)"]),
        .init(
            "ValSem246", "signed by the path leaf's key", [.messageSignature],
            ["CommitRefusals.external commits: what their list must and must not hold (ValSem240 to 245)"]),
        .init(
            "ValSem300", "no trailing blanks", [.treeTrailingBlank],
            [
                "TreeRefusals.an empty tree, trailing blanks, leaves and parents in each other's places (ValSem300)",
                "JoinedTreeRefusals.no node, trailing blanks, and leaves and parents in each other's places (ValSem300)",
            ]),
        .init(
            "ValSem400", "resumption secrets of a limited number of epochs are kept", [],
            ["SecretLifeTests.resumption secrets are kept for so many epochs and no longer"], .nobody),
        .init(
            "ValSem401", "the length of a PSK nonce", [.pskNonceLength],
            [
                "ProposalRefusals.PSKs: a nonce of another length, twice, with a usage of another purpose (ValSem401 to 403)"
            ]),
        .init(
            "ValSem402", "the usage of a PSK", [.pskUsage],
            [
                "ProposalRefusals.PSKs: a nonce of another length, twice, with a usage of another purpose (ValSem401 to 403)"
            ]),
        .init(
            "ValSem403", "no PSK twice", [.duplicatePSK],
            [
                "ProposalRefusals.PSKs: a nonce of another length, twice, with a usage of another purpose (ValSem401 to 403)"
            ]),
    ]
}
