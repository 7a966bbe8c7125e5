import ChatProtocol
import SQLite

/// What is done with conversations, beside bundles and the names of rooms.
extension BatchWriteStore {
    mutating func openDirect(
        _ one: AccountID, _ other: AccountID, as fresh: ConversationID
    ) throws -> OperationOutcome {
        let id = try MembershipStore.openDirect(one, other, as: fresh, time: time, in: database)
        guard let id else { return .refused(Failure(.noSuchUser)) }
        guard let conversation = try conversation(id) else { return .refused(Failure(.internalError)) }
        return .opened(conversation.info, head: conversation.head, epoch: conversation.mark.epoch)
    }

    mutating func takeWelcome(
        _ id: ConversationID, _ device: DeviceID, _ request: MessageID
    ) throws -> OperationOutcome {
        guard let conversation = try conversation(id) else { return .refused(Failure(.noSuchConversation)) }
        return .welcome(try WelcomeStore.take(device, request: request, in: conversation.number, database))
    }

    mutating func dropWelcome(
        _ id: ConversationID, _ device: DeviceID, _ bundle: MessageID
    ) throws -> OperationOutcome {
        guard let conversation = try conversation(id) else { return .refused(Failure(.noSuchConversation)) }
        try WelcomeStore.drop(bundle, of: device, in: conversation.number, database)
        return .done
    }

    mutating func join(_ id: ConversationID, _ account: AccountID) throws -> OperationOutcome {
        guard let conversation = try conversation(id) else { return .refused(Failure(.noSuchConversation)) }
        try MembershipStore.join(id, account, after: conversation.head, in: database)
        return .done
    }

    mutating func close(_ id: ConversationID) throws -> OperationOutcome {
        guard let conversation = try conversation(id) else { return .refused(Failure(.noSuchConversation)) }
        conversation.isClosed = true
        try MembershipStore.close(id, in: database)
        return .done
    }

    mutating func erase(_ id: ConversationID, _ account: AccountID) throws -> OperationOutcome {
        guard let conversation = try conversation(id) else { return .refused(Failure(.noSuchConversation)) }
        return try ErasureStore.step(of: account, in: conversation.number, database) ? .done : .unfinished
    }

    mutating func retire(_ id: ConversationID, _ part: RetentionPart) throws -> OperationOutcome {
        guard let conversation = try conversation(id) else { return .refused(Failure(.noSuchConversation)) }
        if part == .unfounded { return conversation.mark.isGroup ? .done : try removeRoom(id) }
        if case .leaves(let devices, let cutoff) = part {
            for device in devices
            where try LeafStore.isUnseen(device, in: conversation.number, since: cutoff, database) {
                try endLeaf(device, conversation)
            }
        }
        try RetentionStore.end(part, in: conversation.number, database)
        return .done
    }

    mutating func endLeaf(_ id: ConversationID, _ device: DeviceID) throws -> OperationOutcome {
        guard let conversation = try conversation(id) else { return .refused(Failure(.noSuchConversation)) }
        guard try LeafStore.isReplaced(device, in: conversation.number, database) else { return .done }
        try endLeaf(device, conversation)
        return .done
    }

    private mutating func endLeaf(_ device: DeviceID, _ conversation: Conversation) throws {
        let readers = try readersOfNews(of: conversation)
        try LeafStore.end(device, in: conversation.number, after: conversation.head, database)
        conversation.leavesHaveChanged = true
        if let leaf = try LeafStore.leaf(of: device, in: conversation.number, database) {
            let reader = DeviceReader(account: leaf.account, device: device)
            tell(conversation, [.ended(reader, after: conversation.head)])
        }
        conversation.end(for: readers)
    }
}
