extension Check {
    /// What is wrong, for people.
    public var sentence: String { text.sentence }

    /// The section of RFC 9420 (or another document) that demands the check.
    public var source: String { text.source }

    private var text: (source: String, sentence: String) {
        switch self {
        case .malformed: ("RFC 9420 §2.1", "the bytes are not the encoding of what they should be")
        case .limitExceeded: ("named in Limits", "something is larger than its limit")
        case .duplicateExtension: ("RFC 9420 §13.4", "an extension type occurs twice in one list")
        case .extensionMalformed: ("RFC 9420 §11.1, §12.1.8.1", "an extension that we know does not hold what it must")
        case .extensionMisplaced: ("RFC 9420 §13.4", "an extension stands where its type has no place")
        case .unsupportedVersion: ("RFC 9420 §6", "the protocol version is not mls10")
        case .unsupportedCipherSuite: ("RFC 9420 §17.1", "the cipher suite is not one in which a group can live here")
        case .invalidPublicKey:
            ("RFC 9420 §5.1, RFC 9180 §7.1.4", "a public key is malformed, off the curve or of small order")
        case .invalidPrivateKey:
            ("RFC 9420 §5.1", "a private key is not one of this suite, or not that of its public key")
        case .encryptionFailed: ("RFC 9420 §5.1", "something could not be encrypted")
        case .decryptionFailed: ("RFC 9420 §5.1, §6.3", "a ciphertext does not open")
        case .wrongWireFormat: ("RFC 9420 §6", "a message of this wire format has no place here")
        case .wrongGroup: ("RFC 9420 §6", "the message is for another group")
        case .epochPast: ("RFC 9420 §6, §12.4.2", "the message is of a past epoch")
        case .epochFuture: ("RFC 9420 §6, §12.4.2", "the message is of an epoch that has not begun")
        case .senderNotMember: ("RFC 9420 §6.1", "the sender's leaf is blank or outside the tree")
        case .senderContent: ("RFC 9420 §6, §12.4.3.2", "this type of sender may not send this type of content")
        case .applicationInPublic: ("RFC 9420 §6.2", "application data must be encrypted")
        case .membershipTag: ("RFC 9420 §6.2", "the membership tag is missing or wrong")
        case .messageSignature: ("RFC 9420 §6.1", "the signature of the message is wrong")
        case .senderDataInvalid: ("RFC 9420 §6.3.2", "the sender data does not open")
        case .paddingNotZero: ("RFC 9420 §6.3.1", "the padding is not all zero")
        case .generationUsed: ("RFC 9420 §9.2", "the key of this generation was used already, or forgotten")
        case .generationTooFar: ("RFC 9420 §9.2", "the generation is too far ahead")
        case .generationExhausted: ("RFC 9420 §9.1", "the ratchet has no generation left in this epoch")
        case .ratchetMissing: ("RFC 9420 §9", "there is no secret for this sender's ratchet")
        case .leafOutOfRange: ("RFC 9420 §9", "the leaf is outside the secret tree")
        case .ownMessage: ("RFC 9420 §6.3", "the message is our own")
        case .stateRolledBack:
            ("RFC 9420 §6.3.1", "the message is our own, from a later state than the one that is loaded")
        case .externalSenderUnknown: ("RFC 9420 §12.1.8.1", "the external_senders extension has no such entry")
        case .confirmationTagMissing: ("RFC 9420 §6.1", "the confirmation tag is missing or has another length")
        case .externalSenderRefused:
            ("RFC 9420 §5.3.1", "the application refuses somebody who may propose from outside")
        case .leafSource: ("RFC 9420 §7.3", "the leaf's source does not fit the place where it stands")
        case .leafSignature: ("RFC 9420 §7.3", "the signature of the leaf is wrong for its group and place")
        case .lifetimeInvalid: ("RFC 9420 §7.3", "the leaf's lifetime has not begun, is over or too long")
        case .extensionNotListed: ("RFC 9420 §7.2, §10", "an extension is not listed in its owner's capabilities")
        case .credentialNotSupported: ("RFC 9420 §7.3", "a type of credential is not supported by all members")
        case .suiteNotSupported: ("RFC 9420 §7.2, §11", "a leaf does not support the group's version and suite")
        case .extensionNotSupported: ("RFC 9420 §13.4", "a leaf does not support an extension of the group")
        case .requiredCapabilities: ("RFC 9420 §7.3, §11.1", "a leaf does not support what the group requires")
        case .leafRefused: ("RFC 9420 §5.3.1", "the application refuses the leaf")
        case .identityChanged:
            ("RFC 9420 §5.3.1, §7.3", "the application refuses the new credential in place of the old")
        case .encryptionKeyUnchanged: ("RFC 9420 §7.3, §12.4.2", "the new leaf has the old encryption key")
        case .encryptionKeyNotUnique: ("RFC 9420 §7.3, §16.7", "an encryption key stands in the tree twice")
        case .signatureKeyNotUnique: ("RFC 9420 §7.3, §16.7", "a signature key stands in the tree twice")
        case .keyPackageSuite: ("RFC 9420 §10.1", "the key package is for another version or suite")
        case .keyPackageSignature: ("RFC 9420 §10.1", "the signature of the key package is wrong")
        case .initKeyIsEncryptionKey: ("RFC 9420 §10.1", "the init key is the leaf's encryption key too")
        case .proposalSender: ("RFC 9420 §12.1.8, §17.4", "this sender may not propose this")
        case .removedNotMember: ("RFC 9420 §12.1.3", "the leaf to remove is blank")
        case .pskNonceLength: ("RFC 9420 §12.1.4", "the nonce of a PSK has another length than a hash")
        case .pskUsage: ("RFC 9420 §12.1.4, §8.4", "a resumption PSK is used outside of its purpose")
        case .pskUnknown: ("RFC 9420 §8.4, §12.4.2", "a pre-shared key is not known")
        case .duplicatePSK: ("RFC 9420 §12.2", "one PSK is named twice")
        case .reInitVersion: ("RFC 9420 §12.1.5", "the ReInit proposes an older version")
        case .reInitNotAlone: ("RFC 9420 §12.2", "a ReInit stands beside other proposals")
        case .externalInitCount: ("RFC 9420 §12.2", "there is not exactly one ExternalInit in an external commit")
        case .externalInitByReference:
            ("RFC 9420 §12.1.6, §12.4.3.2", "an ExternalInit stands outside of an external commit's own list")
        case .externalInitFromMember: ("RFC 9420 §12.2", "a member's commit covers an ExternalInit")
        case .multipleGroupContextExtensions: ("RFC 9420 §12.2", "there is more than one GroupContextExtensions")
        case .committerUpdatesItself: ("RFC 9420 §12.2", "the committer's own Update is covered")
        case .committerRemovesItself: ("RFC 9420 §12.2", "the committer removes itself")
        case .leafChangedTwice: ("RFC 9420 §12.2", "several Updates or Removes are for one leaf")
        case .clientAddedTwice: ("RFC 9420 §12.2", "one client is added twice")
        case .initKeyNotUnique: ("RFC 9420 §10, §12.2", "two key packages have one init key")
        case .externalCommitReference: ("RFC 9420 §12.4.3.2", "an external commit names a proposal by reference")
        case .externalCommitRemoves: ("RFC 9420 §12.2", "an external commit removes more than one leaf")
        case .externalCommitProposal:
            ("RFC 9420 §12.2", "an external commit covers a proposal of a type that it must not")
        case .proposalReferenceUnknown:
            ("RFC 9420 §12.4", "a proposal that the commit names is not known in this epoch")
        case .proposalReferenceTwice: ("RFC 9420 §12.4", "the commit names a proposal twice")
        case .pathMissing: ("RFC 9420 §12.4", "the commit must have a path")
        case .externalCommitPath: ("RFC 9420 §12.4.3.2", "an external commit must have a path")
        case .pathLength:
            ("RFC 9420 §7.5, §12.4.2", "the path has another number of nodes than the filtered direct path")
        case .pathKeyNotUnique: ("RFC 9420 §12.4.2", "a key of the path stands in the tree or the path already")
        case .pathCiphertextCount:
            ("RFC 9420 §7.5", "a node of the path has another number of ciphertexts than its resolution has nodes")
        case .pathNotForUs: ("RFC 9420 §7.5", "the path has no ciphertext for us")
        case .pathSecretMismatch: ("RFC 9420 §7.5, §12.4.3.1", "a path secret does not give the published key")
        case .privateKeyMissing: ("RFC 9420 §7.5", "the private key that should open the path is not known")
        case .confirmationTag: ("RFC 9420 §8.1, §12.4.2", "the confirmation tag is wrong")
        case .commitRefused: ("RFC 9420 §12.2, §5.3", "the application refuses the commit")
        case .epochExhausted: ("RFC 9420 §8.1", "the epoch has no successor")
        case .treeEmpty: ("RFC 9420 §12.4.3.3", "the tree has no node")
        case .treeTrailingBlank: ("RFC 9420 §12.4.3.3", "the tree ends with a blank node")
        case .treeNodeKind: ("RFC 9420 §12.4.3.3", "a leaf stands where a parent belongs, or the reverse")
        case .treeHashMismatch: ("RFC 9420 §12.4.3.1", "the tree hash is not that of the group context")
        case .parentHashMismatch: ("RFC 9420 §7.9", "a parent hash is wrong")
        case .unmergedLeavesInvalid:
            ("RFC 9420 §12.4.3.1", "unmerged leaves are unsorted, blank, elsewhere, or not listed on the way")
        case .treeRefused: ("RFC 9420 §5.3.1", "the application refuses the leaves together")
        case .welcomeNotForUs: ("RFC 9420 §12.4.3.1", "the Welcome does not name the key package")
        case .welcomeSuite: ("RFC 9420 §12.4.3.1", "the suites of key package, Welcome and GroupInfo differ")
        case .welcomeDuplicate: ("RFC 9420 §12.4.3.1", "the Welcome names a key package twice")
        case .treeMissing: ("RFC 9420 §12.4.3.3", "the ratchet tree is neither in the message nor given")
        case .groupKnown: ("RFC 9420 §12.4.3", "we are in a group of this id already")
        case .groupInfoSigner:
            ("RFC 9420 §12.4.3", "the signer of the GroupInfo is blank, outside the tree or ourselves")
        case .groupInfoSignature: ("RFC 9420 §12.4.3", "the signature of the GroupInfo is wrong")
        case .groupInfoMismatch: ("RFC 9420 §12.4.3", "the GroupInfo describes another state of the group")
        case .ownLeafMissing: ("RFC 9420 §12.4.3.1", "no leaf of the tree is the one of our key package")
        case .pathSecretMissing: ("RFC 9420 §12.4.3.1", "the Welcome lacks the path secret that it must have")
        case .pathSecretUnexpected: ("RFC 9420 §12.4.3.1", "the Welcome has a path secret that it must not have")
        case .externalPubMissing: ("RFC 9420 §12.4.3.2", "the GroupInfo has no external_pub")
        case .predecessorMissing:
            ("RFC 9420 §12.4.3.1", "the group that the new one comes from was not given, or not named")
        case .predecessorEpoch: ("RFC 9420 §11.2, §11.3", "a group that comes from another must be joined in epoch 1")
        case .predecessorMismatch:
            ("RFC 9420 §11.2, §11.3", "the new group has not the parameters that it must have from the old one")
        case .predecessorMembers:
            ("RFC 9420 §11.2, §11.3", "the members of the old and the new group do not correspond")
        case .notMember: ("RFC 9420 §12.4.2", "we are not in the group any more")
        case .groupReInitialised: ("RFC 9420 §12.4.2", "a ReInit was committed: the group must not be used any more")
        case .groupNotReInitialised: ("RFC 9420 §11.2", "no ReInit was committed")
        case .proposalsWaiting:
            ("RFC 9420 §12.4", "proposals wait for a commit, which must come before application data")
        case .commitPending: ("RFC 9420 §14", "a commit of ours waits already")
        case .noPendingCommit: ("RFC 9420 §14", "no commit of ours waits")
        case .staleStage: ("RFC 9420 §14", "what was staged is for another state of the group")
        case .verifiedElsewhere: ("RFC 9420 §12.4.2", "what was verified is for another state of the group")
        case .storeConflict: ("RFC 9420 §14", "the store was changed by somebody else")
        case .storeMissing: ("the storage protocol", "the store lacks a row")
        case .storeMalformed: ("the storage protocol", "a row of the store cannot be read")
        case .storeFailed: ("the storage protocol", "the store could not be read or written")
        }
    }
}
