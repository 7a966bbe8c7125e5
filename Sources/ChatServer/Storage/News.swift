import ChatProtocol

/// Entries of one conversation that were committed, in their order; where another writer has stored some between them,
/// those are its news.
package struct News: Sendable, Equatable {
    package enum Readers: Sendable, Equatable {
        case everyone
        case accounts([AccountID])
        /// Those that have a leaf of its group.
        case devices([DeviceReader])
    }

    package var conversation: ConversationInfo
    package var readers: Readers
    package var entries: [Entry]

    package init(conversation: ConversationInfo, readers: Readers, entries: [Entry]) {
        self.conversation = conversation
        self.readers = readers
        self.entries = entries
    }
}

/// A device that reads a conversation, with its account.
package struct DeviceReader: Sendable, Hashable {
    package var account: AccountID
    package var device: DeviceID

    package init(account: AccountID, device: DeviceID) {
        self.account = account
        self.device = device
    }

    /// The server itself, which sends proposals and reads what concerns nobody else: a zero sender (chat-protocol(7)).
    package static let server = DeviceReader(account: .server, device: DeviceID(high: 0, low: 0))
}

extension ConversationInfo {
    /// Who reads it, as long as it has no group.
    ///
    /// - Parameter members: of a room.
    package func readers(members: @autoclosure () throws -> [AccountID]) rethrows -> News.Readers {
        switch audience {
        case .everyone: .everyone
        case .direct(let low, let high): .accounts(low == high ? [low] : [low, high])
        case .room: .accounts(try members())
        }
    }
}
