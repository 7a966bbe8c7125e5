/// Every reason to refuse something, numbered; the numbers never change. Each names the section that demands it.
public enum Check: UInt16, Hashable, Sendable, CaseIterable {
    // 100: codec and limits
    /// The bytes are not the encoding of what they should be (RFC 9420 §2.1).
    case malformed = 100
    /// Something is larger than its limit (named in Limits).
    case limitExceeded = 101
    /// An extension type occurs twice in one list (RFC 9420 §13.4).
    case duplicateExtension = 102
    /// An extension that we know does not hold what it must (RFC 9420 §11.1, §12.1.8.1).
    case extensionMalformed = 103
    /// An extension stands where its type has no place (RFC 9420 §13.4).
    case extensionMisplaced = 104
    /// The protocol version is not mls10 (RFC 9420 §6).
    case unsupportedVersion = 105
    /// The cipher suite is not one in which a group can live here (RFC 9420 §17.1).
    case unsupportedCipherSuite = 106

    // 200: keys and ciphers
    /// A public key is malformed, off the curve or of small order (RFC 9420 §5.1, RFC 9180 §7.1.4).
    case invalidPublicKey = 200
    /// A private key is not one of this suite, or not that of its public key (RFC 9420 §5.1).
    case invalidPrivateKey = 201
    /// Something could not be encrypted (RFC 9420 §5.1).
    case encryptionFailed = 202
    /// A ciphertext does not open (RFC 9420 §5.1, §6.3).
    case decryptionFailed = 203

    // 300: framing
    /// A message of this wire format has no place here (RFC 9420 §6).
    case wrongWireFormat = 300
    /// The message is for another group (RFC 9420 §6).
    case wrongGroup = 301
    /// The message is of a past epoch (RFC 9420 §6, §12.4.2).
    case epochPast = 302
    /// The message is of an epoch that has not begun (RFC 9420 §6, §12.4.2).
    case epochFuture = 303
    /// The sender's leaf is blank or outside the tree (RFC 9420 §6.1).
    case senderNotMember = 304
    /// This type of sender may not send this type of content (RFC 9420 §6, §12.4.3.2).
    case senderContent = 305
    /// Application data must be encrypted (RFC 9420 §6.2).
    case applicationInPublic = 306
    /// The membership tag is missing or wrong (RFC 9420 §6.2).
    case membershipTag = 307
    /// The signature of the message is wrong (RFC 9420 §6.1).
    case messageSignature = 308
    /// The sender data does not open (RFC 9420 §6.3.2).
    case senderDataInvalid = 309
    /// The padding is not all zero (RFC 9420 §6.3.1).
    case paddingNotZero = 310
    /// The key of this generation was used already, or forgotten (RFC 9420 §9.2).
    case generationUsed = 311
    /// The generation is too far ahead (RFC 9420 §9.2).
    case generationTooFar = 312
    /// The ratchet has no generation left in this epoch (RFC 9420 §9.1).
    case generationExhausted = 313
    /// There is no secret for this sender's ratchet (RFC 9420 §9).
    case ratchetMissing = 314
    /// The leaf is outside the secret tree (RFC 9420 §9).
    case leafOutOfRange = 315
    /// The message is our own (RFC 9420 §6.3).
    case ownMessage = 316
    /// The message is our own, from a later state than the one that is loaded (RFC 9420 §6.3.1).
    case stateRolledBack = 317
    /// The external_senders extension has no such entry (RFC 9420 §12.1.8.1).
    case externalSenderUnknown = 318
    /// The confirmation tag is missing or has another length (RFC 9420 §6.1).
    case confirmationTagMissing = 319
    /// The application refuses somebody who may propose from outside (RFC 9420 §5.3.1).
    case externalSenderRefused = 320

    // 400: leaves and key packages
    /// The leaf's source does not fit the place where it stands (RFC 9420 §7.3).
    case leafSource = 400
    /// The signature of the leaf is wrong for its group and place (RFC 9420 §7.3).
    case leafSignature = 401
    /// The leaf's lifetime has not begun, is over or too long (RFC 9420 §7.3).
    case lifetimeInvalid = 402
    /// An extension is not listed in its owner's capabilities (RFC 9420 §7.2, §10).
    case extensionNotListed = 403
    /// A type of credential is not supported by all members (RFC 9420 §7.3).
    case credentialNotSupported = 404
    /// A leaf does not support the group's version and suite (RFC 9420 §7.2, §11).
    case suiteNotSupported = 405
    /// A leaf does not support an extension of the group (RFC 9420 §13.4).
    case extensionNotSupported = 406
    /// A leaf does not support what the group requires (RFC 9420 §7.3, §11.1).
    case requiredCapabilities = 407
    /// The application refuses the leaf (RFC 9420 §5.3.1).
    case leafRefused = 408
    /// The application refuses the new credential in place of the old (RFC 9420 §5.3.1, §7.3).
    case identityChanged = 409
    /// The new leaf has the old encryption key (RFC 9420 §7.3, §12.4.2).
    case encryptionKeyUnchanged = 410
    /// An encryption key stands in the tree twice (RFC 9420 §7.3, §16.7).
    case encryptionKeyNotUnique = 411
    /// A signature key stands in the tree twice (RFC 9420 §7.3, §16.7).
    case signatureKeyNotUnique = 412
    /// The key package is for another version or suite (RFC 9420 §10.1).
    case keyPackageSuite = 413
    /// The signature of the key package is wrong (RFC 9420 §10.1).
    case keyPackageSignature = 414
    /// The init key is the leaf's encryption key too (RFC 9420 §10.1).
    case initKeyIsEncryptionKey = 415

    // 500: lists of proposals
    /// This sender may not propose this (RFC 9420 §12.1.8, §17.4).
    case proposalSender = 500
    /// The leaf to remove is blank (RFC 9420 §12.1.3).
    case removedNotMember = 501
    /// The nonce of a PSK has another length than a hash (RFC 9420 §12.1.4).
    case pskNonceLength = 502
    /// A resumption PSK is used outside of its purpose (RFC 9420 §12.1.4, §8.4).
    case pskUsage = 503
    /// A pre-shared key is not known (RFC 9420 §8.4, §12.4.2).
    case pskUnknown = 504
    /// One PSK is named twice (RFC 9420 §12.2).
    case duplicatePSK = 505
    /// The ReInit proposes an older version (RFC 9420 §12.1.5).
    case reInitVersion = 506
    /// A ReInit stands beside other proposals (RFC 9420 §12.2).
    case reInitNotAlone = 507
    /// There is not exactly one ExternalInit in an external commit (RFC 9420 §12.2).
    case externalInitCount = 508
    /// An ExternalInit stands outside of an external commit's own list (RFC 9420 §12.1.6, §12.4.3.2).
    case externalInitByReference = 509
    /// A member's commit covers an ExternalInit (RFC 9420 §12.2).
    case externalInitFromMember = 510
    /// There is more than one GroupContextExtensions (RFC 9420 §12.2).
    case multipleGroupContextExtensions = 511
    /// The committer's own Update is covered (RFC 9420 §12.2).
    case committerUpdatesItself = 512
    /// The committer removes itself (RFC 9420 §12.2).
    case committerRemovesItself = 513
    /// Several Updates or Removes are for one leaf (RFC 9420 §12.2).
    case leafChangedTwice = 514
    /// One client is added twice (RFC 9420 §12.2).
    case clientAddedTwice = 515
    /// Two key packages have one init key (RFC 9420 §10, §12.2).
    case initKeyNotUnique = 516
    /// An external commit names a proposal by reference (RFC 9420 §12.4.3.2).
    case externalCommitReference = 517
    /// An external commit removes more than one leaf (RFC 9420 §12.2).
    case externalCommitRemoves = 518
    /// An external commit covers a proposal of a type that it must not (RFC 9420 §12.2).
    case externalCommitProposal = 519
    /// A proposal that the commit names is not known in this epoch (RFC 9420 §12.4).
    case proposalReferenceUnknown = 520
    /// The commit names a proposal twice (RFC 9420 §12.4).
    case proposalReferenceTwice = 521

    // 600: commits
    /// The commit must have a path (RFC 9420 §12.4).
    case pathMissing = 600
    /// An external commit must have a path (RFC 9420 §12.4.3.2).
    case externalCommitPath = 601
    /// The path has another number of nodes than the filtered direct path (RFC 9420 §7.5, §12.4.2).
    case pathLength = 602
    /// A key of the path stands in the tree or the path already (RFC 9420 §12.4.2).
    case pathKeyNotUnique = 603
    /// A node of the path has another number of ciphertexts than its resolution has nodes (RFC 9420 §7.5).
    case pathCiphertextCount = 604
    /// The path has no ciphertext for us (RFC 9420 §7.5).
    case pathNotForUs = 605
    /// A path secret does not give the published key (RFC 9420 §7.5, §12.4.3.1).
    case pathSecretMismatch = 606
    /// The private key that should open the path is not known (RFC 9420 §7.5).
    case privateKeyMissing = 607
    /// The confirmation tag is wrong (RFC 9420 §8.1, §12.4.2).
    case confirmationTag = 608
    /// The application refuses the commit (RFC 9420 §12.2, §5.3).
    case commitRefused = 609
    /// The epoch has no successor (RFC 9420 §8.1).
    case epochExhausted = 610

    // 700: trees
    /// The tree has no node (RFC 9420 §12.4.3.3).
    case treeEmpty = 700
    /// The tree ends with a blank node (RFC 9420 §12.4.3.3).
    case treeTrailingBlank = 701
    /// A leaf stands where a parent belongs, or the reverse (RFC 9420 §12.4.3.3).
    case treeNodeKind = 702
    /// The tree hash is not that of the group context (RFC 9420 §12.4.3.1).
    case treeHashMismatch = 703
    /// A parent hash is wrong (RFC 9420 §7.9).
    case parentHashMismatch = 704
    /// Unmerged leaves are unsorted, blank, elsewhere, or not listed on the way (RFC 9420 §12.4.3.1).
    case unmergedLeavesInvalid = 705
    /// The application refuses the leaves together (RFC 9420 §5.3.1).
    case treeRefused = 706

    // 800: joining
    /// The Welcome does not name the key package (RFC 9420 §12.4.3.1).
    case welcomeNotForUs = 800
    /// The suites of key package, Welcome and GroupInfo differ (RFC 9420 §12.4.3.1).
    case welcomeSuite = 801
    /// The Welcome names a key package twice (RFC 9420 §12.4.3.1).
    case welcomeDuplicate = 802
    /// The ratchet tree is neither in the message nor given (RFC 9420 §12.4.3.3).
    case treeMissing = 803
    /// We are in a group of this id already (RFC 9420 §12.4.3).
    case groupKnown = 804
    /// The signer of the GroupInfo is blank, outside the tree or ourselves (RFC 9420 §12.4.3).
    case groupInfoSigner = 805
    /// The signature of the GroupInfo is wrong (RFC 9420 §12.4.3).
    case groupInfoSignature = 806
    /// The GroupInfo describes another state of the group (RFC 9420 §12.4.3).
    case groupInfoMismatch = 807
    /// No leaf of the tree is the one of our key package (RFC 9420 §12.4.3.1).
    case ownLeafMissing = 808
    /// The Welcome lacks the path secret that it must have (RFC 9420 §12.4.3.1).
    case pathSecretMissing = 809
    /// The Welcome has a path secret that it must not have (RFC 9420 §12.4.3.1).
    case pathSecretUnexpected = 810
    /// The GroupInfo has no external_pub (RFC 9420 §12.4.3.2).
    case externalPubMissing = 811
    /// The group that the new one comes from was not given, or not named (RFC 9420 §12.4.3.1).
    case predecessorMissing = 812
    /// A group that comes from another must be joined in epoch 1 (RFC 9420 §11.2, §11.3).
    case predecessorEpoch = 813
    /// The new group has not the parameters that it must have from the old one (RFC 9420 §11.2, §11.3).
    case predecessorMismatch = 814
    /// The members of the old and the new group do not correspond (RFC 9420 §11.2, §11.3).
    case predecessorMembers = 815

    // 900: use and storage
    /// We are not in the group any more (RFC 9420 §12.4.2).
    case notMember = 900
    /// A ReInit was committed: the group must not be used any more (RFC 9420 §12.4.2).
    case groupReInitialised = 901
    /// No ReInit was committed (RFC 9420 §11.2).
    case groupNotReInitialised = 902
    /// Proposals wait for a commit, which must come before application data (RFC 9420 §12.4).
    case proposalsWaiting = 903
    /// A commit of ours waits already (RFC 9420 §14).
    case commitPending = 904
    /// No commit of ours waits (RFC 9420 §14).
    case noPendingCommit = 905
    /// What was staged is for another state of the group (RFC 9420 §14).
    case staleStage = 906
    /// What was verified is for another state of the group (RFC 9420 §12.4.2).
    case verifiedElsewhere = 907
    /// The store was changed by somebody else (RFC 9420 §14).
    case storeConflict = 950
    /// The store lacks a row (the storage protocol).
    case storeMissing = 951
    /// A row of the store cannot be read (the storage protocol).
    case storeMalformed = 952
    /// The store could not be read or written (the storage protocol).
    case storeFailed = 953
}
