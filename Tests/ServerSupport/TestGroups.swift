import ChatProtocol
import ChatServer
import Transport

/// Groups of tests that are about the log and its delivery: a server looks at who is in a group, and never into a message, so that a leaf is
/// all that is needed of it. They have no tree, which only handshakes are judged by.
extension Store {
    /// Gives a device a leaf of a conversation's group, which begins with the first; it reads what comes from then on.
    package func enter(
        _ device: DeviceID, of account: AccountID, in conversation: ConversationID
    ) async throws(StoreFailure) {
        // Somebody may be first, twice: with the group, and with its leaf.
        for _ in 0..<8 {
            let standing = try await standing(
                of: conversation, for: DeviceReader(account: account, device: device))
            if let leaf = standing.leaf, leaf.until == nil { return }
            let isFirst = !standing.standing.position.mark.isGroup
            let digest = SHA256.hash(
                device.bytes + conversation.bytes + Array("\(standing.standing.head) \(isFirst)".utf8))
            guard let id = MessageID.version8(digest: digest) else { return }
            var bundle = Bundle(id, in: conversation, sender: .server, device: DeviceReader.server.device)
            bundle.members = [.enter(device, of: account, leaf: UInt32(digest[0]) << 16 | UInt32(digest[1]))]
            if isFirst { bundle.advance = GroupMark(epoch: 1) }
            _ = try await commit(StoreBatch([.bundle(bundle)]))
        }
    }

    /// Gives a device leaves in everything that its account is a member of.
    package func enter(_ device: DeviceID, of account: AccountID) async throws(StoreFailure) {
        for membership in try await memberships(of: account, after: nil, limit: 1_000) {
            try await enter(device, of: account, in: membership.conversation.id)
        }
    }

    /// Gives all devices of a direct conversation's accounts their leaves.
    package func enterAll(_ conversation: ConversationID, for account: AccountID) async throws(StoreFailure) {
        let standing = try await standing(
            of: conversation, for: DeviceReader(account: account, device: DeviceReader.server.device))
        guard case .direct(let low, let high) = standing.conversation.audience else { return }
        for account in Set([low, high]) {
            for device in try await devices(of: account) where device.state == .active {
                try await enter(device.id, of: account, in: conversation)
            }
        }
    }
}
