/// Every limit on what others may send, and why it is where it is. Sizes are in bytes.
public enum Limits {
    /// A whole message. The largest honest one is a commit or Welcome with the tree of 2¹⁶ leaves, about 16 MB.
    public static let messageBytes = 16 << 20
    /// Leaves of a tree. It keeps the work of one commit bounded, and is far above any conversation.
    public static let leaves = 1 << 16
    /// Nodes of a tree with `leaves` leaves.
    public static let nodes = 2 * leaves - 1
    /// Proposals in one commit, and kept for one: each may cost two signature checks.
    public static let proposals = 4_096
    /// Extensions in one list; the registry has fewer than twenty, the rest is room for GREASE.
    public static let extensions = 64
    /// Entries in one list of capabilities.
    public static let capabilities = 1_024
    /// Certificates in one X.509 chain.
    public static let certificates = 32
    /// Signers in the external_senders extension.
    public static let externalSenders = 256
    /// A public key or KEM output: room for the post-quantum ones (X-Wing has 1,216).
    public static let keyBytes = 2_048
    /// Anything that a group is called by, and PSK ids.
    public static let identifierBytes = 65_535
    /// A signature or MAC: room for the post-quantum ones (ML-DSA-87 has 4,627).
    public static let signatureBytes = 8_192
    /// Proposals of one sender that are kept for an epoch: more can only serve to fill memory.
    public static let cachedProposalsPerSender = 256
    /// Their bytes: the largest honest ones list external senders, at some hundred bytes each.
    public static let cachedProposalBytesPerSender = 1 << 20
    /// Epochs before the current one whose messages are still opened: none. Their keys die with the epoch, and whoever was late
    /// is told so by name and sends again; the delivery service orders messages by epoch.
    public static let pastEpochs: UInt64 = 0
    /// How many generations a ratchet may be moved at once. A generation of 2³² − 1 would otherwise cost
    /// billions of hashes (RFC 9420 §9.2).
    public static let generationSkip: UInt32 = 1_000
    /// Keys kept of one sender for messages that have not come yet.
    public static let keptKeys = 1_000
    /// Resumption secrets kept of past epochs (RFC 9420 §8.6 wants a limit).
    public static let resumptionEpochs = 32
    /// PSKs in one commit or Welcome.
    public static let preSharedKeys = 256
    /// Seconds by which another's clock may be ahead of or behind ours when a lifetime is judged.
    public static let clockSkew: UInt64 = 3_600
    /// The longest lifetime of a key package that is accepted, in seconds: 400 days (RFC 9420 §7.2 wants one).
    public static let keyPackageLifetime: UInt64 = 400 * 86_400
}
