import ChatProtocol
import ChatServer

extension MemoryStore {
    /// All at once.
    func overdue(_ sweep: RetentionSweep) async throws(StoreFailure) -> RetentionStep {
        var step = RetentionStep(sweep: sweep)
        step.sweep.phase = .done
        for (id, conversation) in conversations {
            if conversation.name != nil, !conversation.mark.isGroup,
                conversation.created < sweep.bounds.unfoundedBefore
            {
                step.operations.append(.retire(id, .unfounded))
            }
            let parts =
                [entries(of: conversation, sweep.bounds, &step), leaves(of: conversation, sweep.bounds, &step)]
                + [welcomes(of: conversation, sweep.bounds, &step), identifiers(of: conversation, sweep.bounds)]
            step.operations += parts.compactMap { part in part.map { .retire(id, $0) } }
        }
        return step
    }

    private func entries(
        of conversation: Conversation, _ bounds: RetentionBounds, _ step: inout RetentionStep
    ) -> RetentionPart? {
        let ordered = conversation.entries.values.sorted { $0.seq < $1.seq }
        let old = ordered.prefix { $0.time < bounds.entriesBefore }
        let messages = old.filter { !isHandshake($0) }
        let handshakes = old.filter(isHandshake).prefix { $0.time < bounds.handshakesBefore }
        for entry in messages + handshakes { step.free(entry.payload.count, of: entry.sender) }
        step.entries += messages.count + handshakes.count
        if let last = messages.last { step.firsts[conversation.info.id] = last.seq.advanced(by: 1) }
        guard !messages.isEmpty || !handshakes.isEmpty else { return nil }
        return .entries(through: messages.last?.seq, handshakes: handshakes.last?.seq)
    }

    private func isHandshake(_ entry: Entry) -> Bool { PayloadKind(rawValue: entry.payloadKind)?.isHandshake == true }

    private func leaves(
        of conversation: Conversation, _ bounds: RetentionBounds, _ step: inout RetentionStep
    ) -> RetentionPart? {
        let unseen = conversation.leaves.keys.filter { isUnseen($0, in: conversation, since: bounds.unseenSince) }
        step.leaves += unseen.count
        return unseen.isEmpty ? nil : .leaves(unseen, unseenSince: bounds.unseenSince)
    }

    private func isUnseen(_ device: DeviceID, in conversation: Conversation, since cutoff: Timestamp) -> Bool {
        guard conversation.leaves[device].map({ $0.span.until == nil }) == true, let known = devices[device] else {
            return false
        }
        return max(known.lastSeen, known.created, known.activated) < cutoff
    }

    private func welcomes(
        of conversation: Conversation, _ bounds: RetentionBounds, _ step: inout RetentionStep
    ) -> RetentionPart? {
        let old = conversation.welcomes.filter { welcome in
            let waits = welcome.devices.keys.contains { isWaiting(welcome, for: $0) }
            return welcome.time < (waits ? bounds.welcomesBefore : bounds.identifiersBefore)
        }
        for welcome in old { step.free(welcome.taken.payload.count, of: welcome.sender) }
        return old.isEmpty ? nil : .welcomes(old.map(\.taken.id))
    }

    private func identifiers(of conversation: Conversation, _ bounds: RetentionBounds) -> RetentionPart? {
        let old = conversation.answers.filter { $0.value.time < bounds.identifiersBefore }
        return old.isEmpty ? nil : .identifiers(old.keys.map { .init(sender: $0.sender, id: $0.id) })
    }

    func retire(_ id: ConversationID, _ part: RetentionPart) -> OperationOutcome {
        guard var conversation = conversations[id] else { return .refused(Failure(.noSuchConversation)) }
        switch part {
        case .entries(let last, let lastHandshake):
            conversation.entries = conversation.entries.filter { seq, entry in
                guard let end = isHandshake(entry) ? lastHandshake : last else { return true }
                return seq > end
            }
        case .identifiers(let old):
            for identifier in old {
                let key = EntryKey(sender: identifier.sender, id: identifier.id)
                guard let answer = conversation.answers[key], conversation.entries[answer.seq] == nil else { continue }
                conversation.answers[key] = nil
            }
        case .leaves(let devices, let cutoff):
            for device in devices where isUnseen(device, in: conversation, since: cutoff) {
                conversation.leaves[device]?.span.until = conversation.head
            }
        case .welcomes(let ids): conversation.welcomes.removeAll { ids.contains($0.taken.id) }
        case .reports(let cutoff):
            conversation.reports = conversation.reports.mapValues { $0.filter { $0.value.time >= cutoff } }
            conversation.blocks = conversation.blocks.filter { $0.value >= cutoff }
        case .surplus(let devices): for device in devices { conversation.cursors[device] = nil }
        case .unfounded: return conversation.mark.isGroup ? .done : removeRoom(id)
        }
        conversations[id] = conversation
        return .done
    }

    func expireAccounts(_ bounds: RetentionBounds) async throws(StoreFailure) {
        endWaiting(at: bounds.now)
        expirePackages(at: bounds.now)
    }
}
