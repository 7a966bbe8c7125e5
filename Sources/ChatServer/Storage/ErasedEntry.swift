import ChatProtocol

/// What is left of an entry that was erased: everything but its payload, of which the digest stays. Whoever counts a
/// log, checks it against what was acknowledged, or hashes it entry by entry goes on as before.
package struct ErasedEntry: Sendable, Equatable {
    /// Entries that one operation erases.
    package static let most = 500

    package var seq: SequenceNumber
    package var id: MessageID
    package var sender: AccountID
    package var device: DeviceID
    package var payloadKind: UInt8
    package var time: Timestamp
    /// SHA-256 of the payload.
    package var digest: [UInt8]

    /// - Parameter entry: with its digest in the place of its payload, as stores keep it.
    package init(_ entry: Entry) {
        seq = entry.seq
        id = entry.id
        sender = entry.sender
        device = entry.device
        payloadKind = entry.payloadKind
        time = entry.time
        digest = entry.payload
    }
}
