import ChatProtocol
import Transport

import ChatServer

extension MemoryStore {
    func carryOut(_ bundle: Bundle) -> OperationOutcome {
        guard var conversation = conversations[bundle.conversation] else {
            return .refused(Failure(.noSuchConversation))
        }
        guard
            bundle.sender == .server || conversation.isRemoved
                || conversation.info.includes(bundle.sender) ?? (conversation.members[bundle.sender] != nil)
        else { return .refused(Failure(.notAMember)) }
        let key = EntryKey(sender: bundle.sender, id: bundle.id)
        if var answer = conversation.answers[key] {
            answer.duplicate = true
            return outcome(answer)
        }
        if let refusal = refusal(of: bundle, in: conversation) { return .refused(refusal) }
        let before = conversation.mark
        conversation.mark = bundle.advance ?? conversation.mark
        conversation.isHeld = bundle.holdsMessages ?? conversation.isHeld
        let time = max(conversation.lastTime, clock())
        if bundle.entry != nil {
            conversation.head = conversation.head.advanced(by: 1)
            conversation.lastTime = time
        }
        let answer = StoredAppend(
            conversation: conversation.info, seq: bundle.entry == nil ? 0 : conversation.head, time: time,
            digest: bundle.entry.map { SHA256.hash($0.payload) } ?? [], position: position(conversation.mark),
            duplicate: false)
        conversation.answers[key] = answer
        conversation.logHash = LogHashing.next(conversation.logHash, bundle, answer, before: before)
        if let entry = bundle.entry {
            conversation.entries[conversation.head] = Entry(bundle, entry, seq: answer.seq, time: time)
        }
        changeBeside(bundle, time, &conversation)
        conversations[bundle.conversation] = conversation
        return outcome(answer)
    }

    private func outcome(_ answer: StoredAppend) -> OperationOutcome {
        answer.seq > 0 ? .appended(answer) : .changed(answer.position, duplicate: answer.duplicate)
    }

    private func changeBeside(_ bundle: Bundle, _ time: Timestamp, _ conversation: inout Conversation) {
        conversation.rows = conversation.rows.filter { !bundle.clears.contains($0.key.kind) }
        for change in bundle.rows {
            let key = RowKey(kind: change.kind, index: change.index)
            let version = conversation.rows[key]?.version ?? 0
            conversation.rows[key] = change.value.map {
                SideRow(index: change.index, version: version + 1, value: $0)
            }
        }
        for change in bundle.members { apply(change, &conversation) }
        if let room = bundle.room { conversation.traits = known(room) }
        guard let welcome = bundle.welcome else { return }
        let waiting = welcome.devices.map { ($0, Welcome.Waiting(voided: devices[$0]?.voided ?? 0)) }
        conversation.welcomes.append(
            Welcome(
                taken: TakenWelcome(id: bundle.id, head: conversation.head, payload: welcome.payload), time: time,
                sender: bundle.sender, devices: Dictionary(waiting) { first, _ in first }))
    }

    func surplusWelcomes(of devices: [DeviceID]?, limit: Int) -> [StoreOperation] {
        let all = conversations.values.flatMap { conversation in
            conversation.welcomes.flatMap { welcome in
                welcome.devices.keys.map { (id: conversation.info.id, device: $0, welcome: welcome) }
            }
        }
        let lines = Dictionary(grouping: all) { [$0.device.bytes, $0.welcome.sender.bytes] }.values
        let surplus = lines.flatMap { line in
            line.sorted { ($0.welcome.time, $0.welcome.taken.head) > ($1.welcome.time, $1.welcome.taken.head) }
                .dropFirst(NewWelcome.kept).filter { devices?.contains($0.device) ?? true }
        }
        return surplus.prefix(limit).map { .dropWelcome($0.id, $0.device, of: $0.welcome.taken.id) }
    }

    func dropWelcome(_ id: ConversationID, _ device: DeviceID, _ bundle: MessageID) -> OperationOutcome {
        guard let conversation = conversations[id] else { return .refused(Failure(.noSuchConversation)) }
        for index in conversation.welcomes.indices where conversation.welcomes[index].taken.id == bundle {
            conversations[id]?.welcomes[index].devices[device] = nil
        }
        return .done
    }

    private func apply(_ change: MembershipChange, _ conversation: inout Conversation) {
        switch change {
        case .join(let account), .admit(let account):
            if conversation.members[account] == nil { conversation.members[account] = Member(start: conversation.head) }
        case .leave(let account):
            conversation.members[account] = nil
            guard conversation.mark.isGroup else {
                conversation.cursors = conversation.cursors.filter { devices[$0.key]?.account != account }
                return
            }
            for (device, leaf) in conversation.leaves where leaf.account == account && leaf.span.until == nil {
                conversation.leaves[device]?.span.until = conversation.head
            }
        case .lose(let device):
            if conversation.leaves[device]?.span.until == nil {
                conversation.leaves[device]?.span.until = conversation.head
            }
            conversation.leaves[device]?.isRemoved = true
        case .enter(let device, let account, let leaf):
            let cursor = conversation.cursors[device]
            let keys = devices[device]?.replaced.count ?? 0
            if let span = conversation.leaves[device]?.span,
                span.until.map({ until in cursor.map { $0.acked < until } ?? false }) ?? true
            {
                conversation.leaves[device] = Leaf(
                    index: leaf, account: account, span: LeafSpan(since: span.since), keys: keys)
                return
            }
            conversation.leaves[device] = Leaf(
                index: leaf, account: account, span: LeafSpan(since: conversation.head), keys: keys)
            let acked = max(conversation.cursors[device]?.acked ?? 0, conversation.head)
            let delivered = conversation.cursors[device]?.delivered ?? 0
            conversation.cursors[device] = Cursor(start: conversation.head, acked: acked, delivered: delivered)
        }
    }

    private func refusal(of bundle: Bundle, in conversation: Conversation) -> Failure? {
        if let objection = bundle.objection { return objection }
        if conversation.isClosed { return Failure(conversation.isRemoved ? .noSuchRoom : .noSuchUser) }
        let current = standing(conversation)
        guard bundle.fits(current.position) else { return Failure(.preconditionFailed, current: current) }
        let span = conversation.leaves[bundle.device]?.span
        if let code = bundle.refusal(
            at: conversation.mark, isHeld: conversation.isHeld, hasLeaf: span != nil && span?.until == nil)
        {
            return Failure(code, current: current)
        }
        if bundle.isCommit, let failure = CommitReport.refusal(until: conversation.blocks[bundle.device], at: clock()) {
            return failure
        }
        if isBlocked(bundle, in: conversation.info) { return .blockedByUser }
        guard bundle.isBounded else { return Failure(.payloadTooLarge) }
        guard !conversation.info.isDirect || !bundle.members.contains(where: \.isOfAccount) else {
            return Failure(.invalidTarget)
        }
        for case .admit(let account) in bundle.members {
            if let code = refusal(of: account, in: conversation) { return Failure(code) }
        }
        for case .enter(let device, let account, _) in bundle.members {
            guard let known = devices[device], known.account == account, known.state == .active, !isGone(account) else {
                return Failure(.noDevice)
            }
        }
        let fits = bundle.rows.allSatisfy { change in
            let version = conversation.rows[RowKey(kind: change.kind, index: change.index)]?.version ?? 0
            return change.expected == nil || change.expected == version
        }
        return fits ? nil : Failure(.preconditionFailed, current: current)
    }

    func standing(
        of id: ConversationID, for reader: DeviceReader
    ) async throws(StoreFailure) -> DeviceStanding {
        guard let conversation = conversations[id] else { throw .refused(Failure(.noSuchConversation)) }
        guard !conversation.isRemoved else { throw .refused(Failure(.noSuchRoom)) }
        guard
            reader.account == .server
                || conversation.info.includes(reader.account) ?? (conversation.members[reader.account] != nil)
        else {
            throw .refused(Failure(.notAMember))
        }
        return DeviceStanding(
            conversation: conversation.info, standing: standing(conversation),
            leaf: conversation.leaves[reader.device]?.span, logHash: conversation.logHash)
    }

    func formerStanding(
        of id: ConversationID, for reader: DeviceReader
    ) async throws(StoreFailure) -> DeviceStanding? {
        guard let conversation = conversations[id], let leaf = conversation.leaves[reader.device]?.span,
            leaf.until != nil
        else { return nil }
        return DeviceStanding(conversation: conversation.info, standing: standing(conversation), leaf: leaf)
    }

    func lostGroups(of account: AccountID?) async throws(StoreFailure) -> [ConversationID] {
        var lost: [ConversationID] = []
        for id in conversations.keys.sorted() {
            let leaves = try await lostLeaves(of: id)
            if leaves.contains(where: { $0.reader.account == account ?? $0.reader.account }) { lost.append(id) }
        }
        return lost
    }

    /// It is never restored.
    func isRestored(_ conversation: ConversationID) async throws(StoreFailure) -> Bool { false }

    func lostLeaves(of id: ConversationID) async throws(StoreFailure) -> [LostLeaf] {
        guard let conversation = conversations[id] else { return [] }
        let lost = conversation.leaves.compactMap { device, leaf -> LostLeaf? in
            guard !leaf.isRemoved else { return nil }
            let flags = people[leaf.account]?.record.flags ?? []
            guard
                leaf.span.until != nil || devices[device]?.state != .active || conversation.members[leaf.account] == nil
                    || !flags.isDisjoint(with: [.disabled, .deleted]) || isReplaced(device, in: conversation)
            else { return nil }
            return LostLeaf(leaf: leaf.index, reader: DeviceReader(account: leaf.account, device: device))
        }
        return lost.sorted { $0.leaf < $1.leaf }
    }

    func report(_ report: CommitReport) -> OperationOutcome {
        guard var group = conversations[report.conversation] else { return .refused(Failure(.noSuchConversation)) }
        guard !group.isRemoved else { return .refused(Failure(.noSuchRoom)) }
        let (account, device) = (report.reporter.account, report.reporter.device)
        guard group.info.includes(account) ?? (group.members[account] != nil) else {
            return .refused(Failure(.notAMember))
        }
        guard let commit = group.entries[report.seq], commit.payloadKind == PayloadKind.commit.rawValue,
            SHA256.hash(commit.payload) == report.digest, commit.device != device
        else { return .refused(CommitReport.mistaken) }
        guard group.leaves[device]?.span.contains(report.seq) == true else { return .refused(Failure(.notInGroup)) }
        var reports = group.reports[commit.device, default: [:]]
        guard reports[account].map({ $0.seq < report.seq }) ?? true else { return .done }
        let time = clock()
        reports[account] = (report.seq, time)
        group.reports[commit.device] = reports
        let count = reports.values.count { $0.time > time - CommitReport.period }
        if group.traits?.admins.contains(account) == true || count >= Limits.reports {
            group.blocks[commit.device] = time + CommitReport.period
        }
        conversations[report.conversation] = group
        return .done
    }

    /// Whether a device has other keys than those of its leaf, where another device of its account has one.
    private func isReplaced(_ device: DeviceID, in conversation: Conversation) -> Bool {
        guard conversation.info.audience != .everyone, let leaf = conversation.leaves[device], leaf.span.until == nil,
            leaf.keys < devices[device]?.replaced.count ?? 0
        else { return false }
        return conversation.leaves.contains { other, found in
            other != device && found.account == leaf.account && found.span.until == nil
                && devices[other].map { $0.state == .active && $0.replaced.count == found.keys } ?? false
        }
    }

    func replacedLeaves(of account: AccountID?, limit: Int) -> [StoreOperation] {
        let found = conversations.values.flatMap { conversation in
            conversation.leaves.filter { device, leaf in
                account ?? leaf.account == leaf.account && isReplaced(device, in: conversation)
            }.keys.map { StoreOperation.endLeaf(conversation.info.id, $0) }
        }
        return Array(found.prefix(limit))
    }

    func endLeaf(_ id: ConversationID, _ device: DeviceID) -> OperationOutcome {
        guard let conversation = conversations[id] else { return .refused(Failure(.noSuchConversation)) }
        if isReplaced(device, in: conversation) { conversations[id]?.leaves[device]?.span.until = conversation.head }
        return .done
    }

    func takeWelcome(_ id: ConversationID, _ device: DeviceID, _ request: MessageID) -> OperationOutcome {
        guard var conversation = conversations[id] else { return .refused(Failure(.noSuchConversation)) }
        let voided = devices[device]?.voided
        let waits = { (welcome: Welcome, request: MessageID?) in
            welcome.devices[device].map { $0.voided == voided && $0.request == request } ?? false
        }
        if let taken = conversation.welcomes.first(where: { waits($0, request) }) { return .welcome(taken.taken) }
        guard let index = conversation.welcomes.firstIndex(where: { waits($0, nil) }) else { return .welcome(nil) }
        conversation.welcomes[index].devices[device]?.request = request
        conversations[id] = conversation
        return .welcome(conversation.welcomes[index].taken)
    }

    func welcomes(for device: DeviceID, limit: Int) async throws(StoreFailure) -> [ConversationID] {
        let waiting = conversations.values.filter { conversation in
            conversation.welcomes.contains { isWaiting($0, for: device) }
        }
        return Array(waiting.map(\.info.id).sorted().prefix(limit))
    }

    func isWaiting(_ welcome: Welcome, for device: DeviceID) -> Bool {
        guard let waiting = welcome.devices[device], let known = devices[device] else { return false }
        return waiting.request == nil && waiting.voided == known.voided
    }
}
