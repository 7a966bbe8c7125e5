/// Every reason to refuse something, numbered; the numbers never change. `sentence` says what each means, and `source`
/// which section demands it.
public enum Check: UInt16, Hashable, Sendable, CaseIterable {
    // 100: codec and limits
    case malformed = 100
    case limitExceeded = 101
    case duplicateExtension = 102
    case extensionMalformed = 103
    case extensionMisplaced = 104
    case unsupportedVersion = 105
    case unsupportedCipherSuite = 106

    // 200: keys and ciphers
    case invalidPublicKey = 200
    case invalidPrivateKey = 201
    case encryptionFailed = 202
    case decryptionFailed = 203

    // 300: framing
    case wrongWireFormat = 300
    case wrongGroup = 301
    case epochPast = 302
    case epochFuture = 303
    case senderNotMember = 304
    case senderContent = 305
    case applicationInPublic = 306
    case membershipTag = 307
    case messageSignature = 308
    case senderDataInvalid = 309
    case paddingNotZero = 310
    case generationUsed = 311
    case generationTooFar = 312
    case generationExhausted = 313
    case ratchetMissing = 314
    case leafOutOfRange = 315
    case ownMessage = 316
    case stateRolledBack = 317
    case externalSenderUnknown = 318
    case confirmationTagMissing = 319
    case externalSenderRefused = 320

    // 400: leaves and key packages
    case leafSource = 400
    case leafSignature = 401
    case lifetimeInvalid = 402
    case extensionNotListed = 403
    case credentialNotSupported = 404
    case suiteNotSupported = 405
    case extensionNotSupported = 406
    case requiredCapabilities = 407
    case leafRefused = 408
    case identityChanged = 409
    case encryptionKeyUnchanged = 410
    case encryptionKeyNotUnique = 411
    case signatureKeyNotUnique = 412
    case keyPackageSuite = 413
    case keyPackageSignature = 414
    case initKeyIsEncryptionKey = 415

    // 500: lists of proposals
    case proposalSender = 500
    case removedNotMember = 501
    case pskNonceLength = 502
    case pskUsage = 503
    case pskUnknown = 504
    case duplicatePSK = 505
    case reInitVersion = 506
    case reInitNotAlone = 507
    case externalInitCount = 508
    case externalInitByReference = 509
    case externalInitFromMember = 510
    case multipleGroupContextExtensions = 511
    case committerUpdatesItself = 512
    case committerRemovesItself = 513
    case leafChangedTwice = 514
    case clientAddedTwice = 515
    case initKeyNotUnique = 516
    case externalCommitReference = 517
    case externalCommitRemoves = 518
    case externalCommitProposal = 519
    case proposalReferenceUnknown = 520
    case proposalReferenceTwice = 521

    // 600: commits
    case pathMissing = 600
    case externalCommitPath = 601
    case pathLength = 602
    case pathKeyNotUnique = 603
    case pathCiphertextCount = 604
    case pathNotForUs = 605
    case pathSecretMismatch = 606
    case privateKeyMissing = 607
    case confirmationTag = 608
    case commitRefused = 609
    case epochExhausted = 610

    // 700: trees
    case treeEmpty = 700
    case treeTrailingBlank = 701
    case treeNodeKind = 702
    case treeHashMismatch = 703
    case parentHashMismatch = 704
    case unmergedLeavesInvalid = 705
    case treeRefused = 706

    // 800: joining
    case welcomeNotForUs = 800
    case welcomeSuite = 801
    case welcomeDuplicate = 802
    case treeMissing = 803
    case groupKnown = 804
    case groupInfoSigner = 805
    case groupInfoSignature = 806
    case groupInfoMismatch = 807
    case ownLeafMissing = 808
    case pathSecretMissing = 809
    case pathSecretUnexpected = 810
    case externalPubMissing = 811
    case predecessorMissing = 812
    case predecessorEpoch = 813
    case predecessorMismatch = 814
    case predecessorMembers = 815

    // 900: use and storage
    case notMember = 900
    case groupReInitialised = 901
    case groupNotReInitialised = 902
    case proposalsWaiting = 903
    case commitPending = 904
    case noPendingCommit = 905
    case staleStage = 906
    case verifiedElsewhere = 907
    case storeConflict = 950
    case storeMissing = 951
    case storeMalformed = 952
    case storeFailed = 953
}
