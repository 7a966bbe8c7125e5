import ChatProtocol
import CLISupport
import MLS
import StoredValues

/// The key by which the server speaks in groups (the external sender, RFC 9420 §12.1.8.1): pinned with the server.
extension ClientStore {
    /// Nil before the server has told it.
    func groupKey() throws -> SignaturePublicKey? {
        try database.first("SELECT group_key FROM identity") { $0.optionalBytes(0) }?.map { SignaturePublicKey($0) }
    }

    /// Keeps the key that a welcome tells where none is pinned. Within a transaction.
    ///
    /// - Throws: `server_key_changed` (79) where it is another one than the pinned one.
    func meetGroupKey(_ key: [UInt8]) throws {
        // A server without groups has none.
        guard key.contains(where: { $0 != 0 }) else { return }
        guard let pinned = try groupKey() else {
            return try database.run("UPDATE identity SET group_key = ?", key)
        }
        guard pinned == SignaturePublicKey(key) else { throw Problem.groupKeyChanged }
    }
}

extension Problem {
    fileprivate static var groupKeyChanged: Problem {
        Problem(
            .serverKeyChanged,
            "the server speaks in groups by another key than the one that was pinned when this profile logged in",
            hint: "ask whoever runs the server what became of its data; if it was lost, log in anew in another profile",
            sent: .no)
    }
}
