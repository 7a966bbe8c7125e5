/// What a row holds. The numbers are part of what is stored and never change.
public enum RowKind: UInt8, Hashable, Sendable, CaseIterable {
    /// Which epoch the other rows belong to, and whether the group lives.
    case head = 1
    /// What sending needs of an epoch: the context, our signature key, the sender data secret.
    case epoch = 2
    /// The other secrets of an epoch.
    case secrets = 3
    /// Our own ratchets.
    case ownRatchet = 4
    /// The ratchets of another sender; the index is its leaf.
    case senderRatchet = 5
    /// A node of the secret tree; the index is the node's.
    case secretNode = 6
    /// A node of the ratchet tree; the index is the node's.
    case treeNode = 7
    /// A private key of the ratchet tree; the index is the node's.
    case privateKey = 8
    /// A proposal of this epoch; the index is its place.
    case proposal = 9
    /// Keys of an Update that we proposed; the index is its place.
    case ownUpdate = 10
    /// The resumption secret of an epoch; the index is the epoch.
    case resumption = 11
    /// Our commit that waits.
    case pendingCommit = 12
    /// What a follower knows of an epoch.
    case followed = 13
    /// The description of the epoch that a follower was given.
    case groupInfo = 14
}

/// Names a row.
public struct RowKey: Hashable, Sendable {
    public let groupId: [UInt8]
    public let kind: RowKind
    public let index: UInt64

    public init(groupId: [UInt8], kind: RowKind, index: UInt64 = 0) {
        self.groupId = groupId
        self.kind = kind
        self.index = index
    }
}

/// A row as the store has it: its version grows with each write, so that a writer can tell whether somebody else
/// wrote in between.
public struct Row: Hashable, Sendable {
    public var value: [UInt8]
    public var version: UInt64

    public init(value: [UInt8], version: UInt64) {
        self.value = value
        self.version = version
    }
}

/// It shows its size only: what it holds is secret, or as good as secret.
extension Row: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    public var description: String { "Row(\(value.count) bytes, version \(version))" }
    public var debugDescription: String { description }
    public var customMirror: Mirror { Mirror(self, children: []) }
}

/// Changes that are made together or not at all, in the order of the fields.
public struct RowBatch: Sendable {
    /// Rows that must have this version; 0 stands for a row that must not be there. When one has not, nothing is changed.
    public internal(set) var conditions: [(key: RowKey, version: UInt64)] = []
    /// Kinds of which the group's rows are all deleted.
    public internal(set) var clears: [RowKind] = []
    /// Rows that are written, or deleted where there is no row.
    public internal(set) var writes: [(key: RowKey, row: Row?)] = []
    /// The group that it is about.
    public let groupId: [UInt8]

    init(groupId: [UInt8]) { self.groupId = groupId }

    mutating func write(_ kind: RowKind, at index: UInt64 = 0, _ value: [UInt8]?, version: UInt64 = 1) {
        let row = value.map { Row(value: $0, version: version) }
        writes.append((RowKey(groupId: groupId, kind: kind, index: index), row))
    }

    /// Bytes that it writes.
    public var size: Int { writes.reduce(0) { $0 + ($1.row?.value.count ?? 0) } }
}

/// Where an application keeps its groups. What is stored are secrets: encrypt the store, and let what is deleted be gone.
///
/// The application may put rows of its own into the transaction in which it applies a batch: the ciphertext that it
/// sends beside the ratchet, the plaintext that it received beside the sender's ratchet. Where the store itself fails (the disk is
/// full, the file cannot be read), each method throws `Check.storeFailed`, with the store's own words.
public protocol GroupStorage {
    func row(_ key: RowKey) throws(MLSError) -> Row?
    /// All rows of a kind, in any order.
    func rows(_ kind: RowKind, of groupId: [UInt8]) throws(MLSError) -> [(index: UInt64, row: Row)]
    /// Applies a batch in one transaction, durably. Throws `Check.storeConflict` when a condition does not hold.
    func apply(_ batch: RowBatch) throws(MLSError)
}

extension GroupStorage {
    func require(_ key: RowKey) throws(MLSError) -> Row {
        guard let row = try row(key) else { throw MLSError(.storeMissing, "\(key.kind) \(key.index)") }
        return row
    }

    /// Reads a state, beginning with the row that every write of it changes. What comes of it, a state or an error, counts
    /// only if that row is still the same: reads need not be one transaction, and rows of two epochs are no group.
    func reading<State>(
        _ key: RowKey, _ body: (Row) throws(MLSError) -> State
    ) throws(MLSError) -> State {
        let row = try require(key)
        let result = Result { () throws(MLSError) in try body(row) }
        try MLS.require(try self.row(key)?.version == row.version, .storeConflict, "\(key.kind) \(key.index)")
        return try result.get()
    }
}
