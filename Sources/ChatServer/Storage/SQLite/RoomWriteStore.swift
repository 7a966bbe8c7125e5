import ChatProtocol
import GroupRules
import SQLite
import StoredValues

/// How rooms come to their names, and are forgotten.
extension BatchWriteStore {
    mutating func openRoom(
        _ id: ConversationID, _ name: RoomName, _ account: AccountID
    ) throws -> OperationOutcome {
        do {
            guard let room = try conversation(try place(id, name, account)) else {
                return .refused(Failure(.internalError))
            }
            return .opened(room.info, head: room.head, epoch: room.mark.epoch)
        } catch let failure as Failure { return .refused(failure) }
    }

    /// The room that has the name from now on, of which the account is a member.
    ///
    /// - Throws: a `Failure` where somebody else's has it.
    private mutating func place(_ id: ConversationID, _ name: RoomName, _ account: AccountID) throws -> ConversationID {
        guard let known = try RoomStore.room(named: name, in: database), let room = try conversation(known) else {
            return try make(id, name, account)
        }
        let isMember = try MembershipStore.isMember(account, of: known, in: database)
        if isMember, !room.mark.isGroup || known == id { return known }
        if !room.mark.isGroup {
            guard try !MembershipStore.hasMembers(known, in: database) else { throw Failure(.nameTaken) }
            try RoomStore.dropName(of: known, in: database)
            return try make(id, name, account)
        }
        guard try RoomStore.isDeserted(known, number: room.number, in: database),
            try RoomStore.isAdmin(account, of: known, in: database)
        else { throw Failure(.nameTaken) }
        try MembershipStore.join(known, account, after: room.head, in: database)
        return known
    }

    private mutating func make(_ id: ConversationID, _ name: RoomName, _ account: AccountID) throws -> ConversationID {
        guard try RoomStore.unfounded(by: account, in: database) < Limits.unfoundedRooms else {
            throw RoomTraits.tooManyUnfounded
        }
        // Under this identifier there was one that has lost its name.
        guard try conversation(id) == nil else { throw Failure(.nameTaken) }
        try MembershipStore.openRoom(id, time: time, in: database)
        try RoomStore.insert(id, name, in: database)
        try MembershipStore.join(id, account, after: conversation(id)?.head ?? .beforeFirst, in: database)
        return id
    }

    mutating func removeRoom(_ id: ConversationID) throws -> OperationOutcome {
        guard let room = try conversation(id), case .room = room.info.audience else {
            return .refused(Failure(.noSuchRoom))
        }
        guard !room.isClosed else {
            // Who was in it is not known any more.
            if isRepeated { tell(room, [.removed]) }
            return .done
        }
        // What the batch has brought so far is for those who are in it still.
        let readers = try readersOfNews(of: room)
        tell(room, try MembershipStore.members(of: id, in: database).map { .left($0, after: room.head) } + [.removed])
        room.end(for: readers)
        try RoomStore.end(room, in: database)
        room.isClosed = true
        room.leavesHaveChanged = true
        return .done
    }

    mutating func forgetRoom(_ id: ConversationID, _ account: AccountID) throws -> OperationOutcome {
        guard let room = try conversation(id), case .room = room.info.audience else {
            return .refused(Failure(.noSuchRoom))
        }
        guard try !MembershipStore.isMember(account, of: id, in: database) else {
            return .refused(Failure(.forbidden, sentence: "a member leaves the room before forgetting it"))
        }
        try RoomStore.forget(room, account, in: database)
        return .done
    }
}
