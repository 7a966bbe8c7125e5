import ChatProtocol
import ChatServer
import GroupRules

extension MemoryStore {
    func openRoom(_ id: ConversationID, _ name: RoomName, _ account: AccountID) -> OperationOutcome {
        guard let known = conversations.values.first(where: { $0.name == name }) else { return make(id, name, account) }
        let isMember = known.members[account] != nil
        if isMember, !known.mark.isGroup || known.info.id == id { return opened(known) }
        if !known.mark.isGroup {
            guard known.members.keys.allSatisfy({ people[$0]?.isDeleted == true }) else {
                return .refused(Failure(.nameTaken))
            }
            conversations[known.info.id]?.name = nil
            return make(id, name, account)
        }
        guard isDeserted(known), known.traits?.admins.contains(account) == true else {
            return .refused(Failure(.nameTaken))
        }
        if !isMember { conversations[known.info.id]?.members[account] = Member(start: known.head) }
        return opened(known)
    }

    private func opened(_ room: Conversation) -> OperationOutcome {
        .opened(room.info, head: room.head, epoch: room.mark.epoch)
    }

    private func make(_ id: ConversationID, _ name: RoomName, _ account: AccountID) -> OperationOutcome {
        let unfounded = conversations.values.count {
            $0.name != nil && !$0.mark.isGroup && $0.members[account] != nil
        }
        guard unfounded < Limits.unfoundedRooms else { return .refused(RoomTraits.tooManyUnfounded) }
        guard conversations[id] == nil else { return .refused(Failure(.nameTaken)) }
        var room = Conversation(info: ConversationInfo(id: id, audience: .room))
        room.name = name
        room.created = clock()
        room.members[account] = Member(start: room.head)
        conversations[id] = room
        return opened(room)
    }

    private func isDeserted(_ room: Conversation) -> Bool {
        !room.leaves.contains { device, leaf in
            let flags = people[leaf.account]?.record.flags ?? []
            return leaf.span.until == nil && devices[device]?.state == .active && room.members[leaf.account] != nil
                && flags.isDisjoint(with: [.disabled, .deleted])
        }
    }

    func removeRoom(_ id: ConversationID) -> OperationOutcome {
        guard var room = conversations[id], case .room = room.info.audience else {
            return .refused(Failure(.noSuchRoom))
        }
        for (device, leaf) in room.leaves {
            room.leaves[device]?.span.until = leaf.span.until ?? room.head
            room.leaves[device]?.isRemoved = true
        }
        if !room.mark.isGroup { room.cursors = [:] }
        room.members = [:]
        room.rows = [:]
        room.reports = [:]
        room.blocks = [:]
        room.name = nil
        room.traits = nil
        room.isClosed = true
        conversations[id] = room
        return .done
    }

    func forgetRoom(_ id: ConversationID, _ account: AccountID) -> OperationOutcome {
        guard var room = conversations[id], case .room = room.info.audience else {
            return .refused(Failure(.noSuchRoom))
        }
        guard room.members[account] == nil else { return .refused(Failure(.forbidden)) }
        let own = Set(devices.filter { $0.value.account == account }.map(\.key))
        room.cursors = room.cursors.filter { !own.contains($0.key) }
        room.leaves = room.leaves.filter { !own.contains($0.key) || !$0.value.isRemoved }
        for index in room.welcomes.indices {
            room.welcomes[index].devices = room.welcomes[index].devices.filter { !own.contains($0.key) }
        }
        conversations[id] = room
        return .done
    }

    /// Admins that do not exist are nobody's.
    func known(_ traits: RoomTraits) -> RoomTraits {
        RoomTraits(isOpen: traits.isOpen, admins: traits.admins.filter { people[$0] != nil })
    }

    func refusal(of account: AccountID, in room: Conversation) -> ErrorCode? {
        guard room.name != nil else { return .noSuchRoom }
        if room.members[account] != nil { return nil }
        guard room.mark.isGroup, let traits = room.traits else { return .noGroup }
        return traits.isOpen || traits.admins.contains(account) ? nil : .notAMember
    }

    // MARK: Told

    func rooms(
        _ selection: RoomSelection, for account: AccountID, limit: Int
    ) async throws(StoreFailure) -> [RoomRecord] {
        let found = conversations.values.compactMap { record($0, for: account) }.filter { room in
            switch selection {
            case .own(let name): room.isMember && room.name.text > name?.text ?? ""
            case .all(let name): (room.isMember || room.access == .open) && room.name.text > name?.text ?? ""
            case .named(let name): room.name == name.spoken
            case .of(let id): room.conversation == id
            }
        }
        return Array(found.sorted { $0.name < $1.name }.prefix(limit))
    }

    private func record(_ room: Conversation, for account: AccountID) -> RoomRecord? {
        guard let name = room.name else { return nil }
        let isMember = room.members[account] != nil
        let isOpen = room.traits?.isOpen == true
        return RoomRecord(
            conversation: room.info.id, name: name.spoken,
            access: room.traits.map { $0.isOpen ? .open : .closed } ?? .unfounded, isMember: isMember,
            admins: (room.traits?.admins ?? []).compactMap { people[$0]?.record }.sorted { $0.name < $1.name },
            members: isMember || isOpen ? UInt32(room.members.count) : 0, lastTime: isMember ? room.lastTime : 0)
    }

    func roomName(of room: ConversationID) async throws(StoreFailure) -> RoomName? { conversations[room]?.name }

    func members(
        of room: ConversationID, for account: AccountID, after: AccountID?, limit: Int
    ) async throws(StoreFailure) -> [RoomMember] {
        guard let found = conversations[room], let asked = record(found, for: account) else {
            throw .refused(Failure(.noSuchRoom))
        }
        guard account == .server || asked.isMember || asked.access == .open else {
            throw .refused(Failure(.notAMember))
        }
        let ids = found.members.keys.sorted().filter { id in after.map { id > $0 } ?? true }.prefix(limit)
        return ids.compactMap { id in
            guard let record = people[id]?.record else { return nil }
            let leaves = found.leaves.filter { device, leaf in
                leaf.account == id && leaf.span.until == nil && devices[device]?.state == .active
            }
            return RoomMember(
                account: record, isAdmin: asked.admins.contains { $0.id == id }, devices: leaves.keys.sorted())
        }
    }

    func survey(_ selection: RoomSurvey, limit: Int) async throws(StoreFailure) -> [SurveyedRoom] {
        let found = conversations.values.compactMap(surveyed).filter { room in
            switch selection {
            case .all(let name): room.name.text > name?.text ?? ""
            case .named(let name): room.name == name
            case .left(let account, let name):
                room.name.text > name?.text ?? ""
                    && conversations[room.conversation]?.traits?.admins.contains(account) == true
                    && room.admins.allSatisfy { $0 == people[account]?.record.name }
            }
        }
        return Array(found.sorted { $0.name.text < $1.name.text }.prefix(limit))
    }

    func isGone(_ account: AccountID) -> Bool {
        people[account]?.record.flags.isDisjoint(with: [.disabled, .deleted]) != true
    }

    private func surveyed(_ room: Conversation) -> SurveyedRoom? {
        guard let name = room.name else { return nil }
        let devices = room.leaves.count { device, leaf in
            leaf.span.until == nil && self.devices[device]?.state == .active && room.members[leaf.account] != nil
                && !isGone(leaf.account)
        }
        let messages = room.entries.values.filter { PayloadKind(rawValue: $0.payloadKind)?.isHandshake != true }
        return SurveyedRoom(
            conversation: room.info.id, name: name,
            access: room.traits.map { $0.isOpen ? .open : .closed } ?? .unfounded, mark: room.mark,
            members: room.members.keys.count { !isGone($0) }, devices: devices,
            admins: (room.traits?.admins ?? []).filter { !isGone($0) }.compactMap { people[$0]?.record.name }.sorted(),
            lastMessage: messages.max { $0.seq < $1.seq }?.time)
    }
}
