import ChatProtocol

/// What was committed of one conversation: entries in their order, and who comes and goes with the last of them. Where another
/// writer has stored some between them, those are its news.
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
    package var changes: [ReaderChange]

    package init(
        conversation: ConversationInfo, readers: Readers, entries: [Entry] = [], changes: [ReaderChange] = []
    ) {
        self.conversation = conversation
        self.readers = readers
        self.entries = entries
        self.changes = changes
    }
}

/// Who comes and goes in a conversation.
package enum ReaderChange: Sendable, Equatable {
    /// The account is a member.
    case joined(AccountID)
    /// The account is none any more; what follows is for none of its devices.
    case left(AccountID, after: SequenceNumber)
    /// The device reads what follows; nil: it goes on where it was.
    case began(DeviceReader, behind: SequenceNumber?)
    /// The device reads nothing that follows.
    case ended(DeviceReader, after: SequenceNumber)
    /// A Welcome waits for the device.
    case welcomed(DeviceReader)
    /// It was a room, and is nobody's any more.
    case removed
}

extension Bundle {
    /// Whether who reads what comes before it is not who reads what comes after.
    package var changesReaders: Bool {
        members.contains { change in
            switch change {
            case .enter, .lose, .leave: true
            case .join, .admit: false
            }
        }
    }

    /// Who has come and gone with it. Whoever joins by a bundle of their own knows.
    ///
    /// - Parameters:
    ///   - seq: what stood at the head behind it.
    ///   - leaf: what a device has of the group now, and had.
    package func changes(
        at seq: SequenceNumber, leaf: (DeviceID) throws -> (account: AccountID, span: LeafSpan)?
    ) rethrows -> [ReaderChange] {
        var changes: [ReaderChange] = []
        var welcomed: [ReaderChange] = []
        let waiting = Set(welcome?.devices ?? [])
        for change in members {
            switch change {
            case .join(let account) where account == sender: break
            case .join(let account), .admit(let account): changes.append(.joined(account))
            case .leave(let account): changes.append(.left(account, after: seq))
            case .enter(let device, let account, _):
                let reader = DeviceReader(account: account, device: device)
                let begin = try leaf(device)?.span.since
                changes.append(.began(reader, behind: begin == seq ? seq : nil))
                if waiting.contains(device) { welcomed.append(.welcomed(reader)) }
            case .lose(let device):
                guard let leaf = try leaf(device), let until = leaf.span.until else { continue }
                changes.append(.ended(DeviceReader(account: leaf.account, device: device), after: until))
            }
        }
        return changes + welcomed
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
