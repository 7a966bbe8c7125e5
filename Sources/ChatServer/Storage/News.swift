import ChatProtocol

/// Entries of one conversation that were committed, in their order; where another writer has stored some between them,
/// those are its news.
package struct News: Sendable, Equatable {
    package enum Readers: Sendable, Equatable {
        case everyone
        case accounts([AccountID])
    }

    package var conversation: ConversationInfo
    package var readers: Readers
    package var epoch: Epoch
    package var entries: [Entry]

    package init(conversation: ConversationInfo, readers: Readers, epoch: Epoch, entries: [Entry]) {
        self.conversation = conversation
        self.readers = readers
        self.epoch = epoch
        self.entries = entries
    }
}

extension ConversationInfo {
    /// Who reads it.
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
