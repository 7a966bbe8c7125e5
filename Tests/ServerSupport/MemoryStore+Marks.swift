import ChatProtocol
import Transport

import ChatServer

extension MemoryStore {
    func note(_ marks: SoftMarks) async throws(StoreFailure) {
        for move in marks.cursors { note(move) }
        for mark in marks.readMarks {
            guard var conversation = conversations[mark.conversation], var member = conversation.members[mark.account]
            else { continue }
            member.read = max(member.read, min(mark.seq, conversation.head))
            conversation.members[mark.account] = member
            conversations[mark.conversation] = conversation
        }
        for mark in marks.seen {
            devices[mark.device]?.lastSeen = clock()
            if mark.online { people[mark.account]?.lastSeen = clock() }
        }
    }

    private func note(_ move: CursorMove) {
        guard var conversation = conversations[move.conversation], devices[move.device]?.account == move.account,
            var member = conversation.members[move.account]
        else { return noteEnd(move) }
        let start = start(of: move.device, member, conversation)
        var cursor = conversation.cursors[move.device] ?? Cursor(start: start, acked: start)
        cursor.acked = max(cursor.acked, min(move.acked, conversation.head))
        cursor.delivered = max(cursor.delivered, min(move.delivered, conversation.head))
        cursor.toldStart = cursor.toldStart || move.toldStart
        member.acked = max(member.acked, min(move.acked, conversation.head))
        member.delivered = max(member.delivered, cursor.delivered)
        conversation.cursors[move.device] = cursor
        conversation.members[move.account] = member
        conversations[move.conversation] = conversation
    }

    /// Of a room that the account has left.
    private func noteEnd(_ move: CursorMove) {
        guard let conversation = conversations[move.conversation], let cursor = conversation.cursors[move.device] else {
            return
        }
        conversations[move.conversation]?.cursors[move.device]?.acked = max(
            cursor.acked, min(move.acked, conversation.head))
    }

    private func start(of device: DeviceID, _ member: Member, _ conversation: Conversation) -> SequenceNumber {
        let made = devices[device]?.activated ?? 0
        let younger = conversation.entries.values.filter { $0.time > made && $0.seq > member.start }.map(\.seq).min()
        return max(member.start, min(member.acked, younger?.previous ?? member.acked))
    }

    func inbox(
        of device: DeviceID, account: AccountID, after: ConversationID?, limit: Int
    ) async throws(StoreFailure) -> [InboxRow] {
        let rows = conversations.values.sorted { $0.info.id < $1.info.id }.compactMap { conversation -> InboxRow? in
            guard after.map({ conversation.info.id > $0 }) ?? true else { return nil }
            let leaf = conversation.mark.isGroup ? conversation.leaves[device]?.span : nil
            // Of rooms that the account has left, what came before.
            let left = leaf?.until == nil || conversation.cursors[device] == nil ? nil : Member(start: 0)
            guard let member = conversation.members[account] ?? left else { return nil }
            guard leaf != nil || !conversation.mark.isGroup else { return nil }
            let head = leaf?.until ?? conversation.head
            let start = start(of: device, member, conversation)
            let cursor = conversation.cursors[device] ?? Cursor(start: start, acked: start)
            let isTold = cursor.start == 0 || cursor.toldStart || conversation.members[account] == nil
            let handshakes = conversation.entries.values.count {
                $0.seq <= cursor.start && PayloadKind(rawValue: $0.payloadKind)?.isHandshake == true
            }
            let hasMissed = !isTold && UInt64(handshakes) < cursor.start.value
            guard head > cursor.acked || !isTold else { return nil }
            return InboxRow(
                conversation: conversation.info, head: head, start: cursor.start, acked: cursor.acked,
                toldStart: cursor.toldStart, isEnded: leaf?.until != nil, before: hasMissed ? [1...cursor.start] : [])
        }
        return Array(rows.prefix(limit))
    }

    func receipts(of id: ConversationID, for account: AccountID) async throws(StoreFailure) -> [ReceiptState] {
        guard let conversation = conversations[id] else { throw .refused(Failure(.noSuchConversation)) }
        guard conversation.info.includes(account) ?? (conversation.members[account] != nil) else {
            throw .refused(Failure(.notAMember))
        }
        guard conversation.info.isDirect else { throw .refused(Failure(.invalidTarget)) }
        return conversation.members.sorted { $0.key < $1.key }.map {
            ReceiptState(account: $0.key, delivered: $0.value.delivered, read: $0.value.read)
        }
    }

    // MARK: Directory

    func profiles(_ ids: [AccountID]) async throws(StoreFailure) -> [Profile] {
        Set(ids).compactMap { people[$0] }.sorted { $0.record.name < $1.record.name }
            .map { Profile(record: $0.record, lastSeen: $0.lastSeen) }
    }

    func profiles(after name: UserName?, limit: Int) async throws(StoreFailure) -> [Profile] {
        let rest = people.values.filter { account in
            !account.isDeleted && (name.map { account.record.name > $0 } ?? true)
        }
        return rest.sorted { $0.record.name < $1.record.name }.prefix(limit)
            .map { Profile(record: $0.record, lastSeen: $0.lastSeen) }
    }

    func direct(_ account: AccountID, with name: UserName) async throws(StoreFailure) -> DirectConversation {
        guard let other = people.values.first(where: { $0.record.name == name && !$0.isDeleted }) else {
            return .noSuchUser
        }
        let audience = ConversationInfo.Audience.direct(min(account, other.record.id), max(account, other.record.id))
        guard let known = conversations.values.first(where: { $0.info.audience == audience }) else {
            return .missing(other.record)
        }
        return .found(record(known))
    }

    func conversations(
        _ ids: [ConversationID], of account: AccountID
    ) async throws(StoreFailure) -> [ConversationRecord] {
        Set(ids).sorted().compactMap { conversations[$0] }.filter { conversation in
            conversation.members[account] != nil && conversation.info.audience != .room
        }.map(record)
    }

    func memberships(
        of account: AccountID, after conversation: ConversationID?, limit: Int
    ) async throws(StoreFailure) -> [Membership] {
        let rest = conversations.values.filter { other in conversation.map { other.info.id > $0 } ?? true }
        return rest.sorted { $0.info.id < $1.info.id }.compactMap { conversation in
            conversation.members[account].map {
                Membership(conversation: conversation.info, start: $0.start, read: $0.read)
            }
        }.prefix(limit).map { $0 }
    }

    private func record(_ conversation: Conversation) -> ConversationRecord {
        var members: [AccountRecord] = []
        if conversation.info.isDirect {
            members = conversation.members.keys.sorted().compactMap { people[$0]?.record }
        }
        return ConversationRecord(
            id: conversation.info.id, type: conversation.info.isDirect ? .direct : .everyone, members: members,
            head: conversation.head, epoch: conversation.mark.epoch, lastTime: conversation.lastTime)
    }

    // MARK: Upkeep

    func identity() async throws(StoreFailure) -> StoreIdentity { stored }

    func groupKey(orKeep fresh: [UInt8]) async throws(StoreFailure) -> [UInt8] {
        keptGroupKey = keptGroupKey ?? fresh
        return keptGroupKey ?? fresh
    }

    func followUps(limit: Int) async throws(StoreFailure) -> [StoreOperation] {
        let everyone = stored.everyone
        let joins: [StoreOperation] = people.values.filter {
            !$0.isDeleted && conversations[everyone]?.members[$0.record.id] == nil
        }.map { .join(everyone, $0.record.id) }
        let closes: [StoreOperation] = conversations.values.filter { conversation in
            conversation.info.isDirect && !conversation.isClosed
                && conversation.members.keys.contains { people[$0]?.isDeleted == true }
        }.map { .close($0.info.id) }
        let erasures: [StoreOperation] = erasing.flatMap { account in
            conversations.values.filter { conversation in
                conversation.answers.keys.contains { $0.sender == account }
                    && !conversation.erasedAccounts.contains(account)
            }.map { .erase($0.info.id, of: account) }
        }
        let leaves = replacedLeaves(of: nil, limit: limit) + surplusWelcomes(of: nil, limit: limit)
        return Array((joins + closes + leaves + erasures.prefix(Self.erasuresAtOnce)).prefix(limit))
    }

    func believedTime() async throws(StoreFailure) -> Timestamp? { believed }
    func setBelievedTime(_ time: Timestamp) async throws(StoreFailure) { believed = time }

    func usage() async throws(StoreFailure) -> [AccountID: UInt64] {
        var used: [AccountID: UInt64] = [:]
        for conversation in conversations.values {
            let payloads =
                conversation.entries.values.map { ($0.sender, $0.payload.count) }
                + conversation.welcomes.map { ($0.sender, $0.taken.payload.count) }
            for (sender, bytes) in payloads {
                used[sender, default: 0] += UInt64(StoreQuota.bytes(ofPayload: bytes))
            }
        }
        return used
    }

    func room() async throws(StoreFailure) -> StoreRoom { StoreRoom(used: 1, diskFree: .max) }
    nonisolated func dropErasedRemains() {}

    nonisolated func giveBackRoom(isShort: Bool) {}
    nonisolated func takeFaults() -> [StoreFailure] { [] }
}
