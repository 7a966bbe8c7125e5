import ChatProtocol
import Transport

extension GroupView {
    /// The part of the tree that is asked for, with the description where it is the first.
    func part(_ request: ReadGroup) -> Result<GroupPart, Failure> {
        let current = standing.standing
        guard request.position == nil || request.position == current.position else {
            return .failure(Failure(.preconditionFailed, current: current))
        }
        let tree = tree ?? []
        let begin = min(Int(request.offset), tree.count)
        let part = tree[begin..<min(begin + Limits.treePart, tree.count)]
        return .success(
            GroupPart(
                conversation: request.conversation, position: current.position,
                groupInfo: begin == 0 ? groupInfo : [], treeSize: UInt32(clamping: tree.count),
                offset: UInt32(clamping: begin), tree: Array(part)))
    }
}

extension LogPage {
    /// A page as a device may have it: messages are hashed that it has written itself, or cannot open. Handshakes come whole, its own
    /// among them, since who comes back follows the group from its founding.
    init(_ page: StoredPage, _ standing: DeviceStanding, for reader: DeviceReader) {
        self.init(conversation: standing.conversation.id, standing: standing.standing, through: page.through)
        hash = standing.logHash ?? []
        // E7: what handshakes alone part is one gap.
        var goesOn = false
        for row in page.rows {
            switch row {
            case .entry(let entry): goesOn = add(entry, standing, reader) && goesOn
            case .erased(let entry): add(.erased, entry.seq, entry.seq, &goesOn)
            case .hole(let reason, let first, let last): add(reason, first, last, &goesOn)
            }
        }
    }

    /// What a device whose leaf has ended has still to read: nothing from behind that end, and neither where the conversation stands now.
    ///
    /// - Parameter after: so far it was told of the log before.
    init(restOf page: StoredPage, _ former: DeviceStanding, after: SequenceNumber, for reader: DeviceReader) {
        let ended = former.ended(after: after)
        self.init(page.ending(at: ended.standing.head), ended, for: reader)
        standing.position = ConversationPosition(generation: standing.position.generation, .none)
    }

    ///
    /// - Returns: whether it is a handshake.
    private mutating func add(_ entry: Entry, _ standing: DeviceStanding, _ reader: DeviceReader) -> Bool {
        var entry = entry
        let isHandshake = PayloadKind(rawValue: entry.payloadKind)?.isHandshake == true
        if !isHandshake, entry.device == reader.device || !standing.reads(entry.seq) {
            entry.payload = SHA256.hash(entry.payload)
            hashed.append(entry.seq)
        }
        entries.append(entry)
        return isHandshake
    }

    /// Erased entries that follow each other are one gap.
    private mutating func add(
        _ reason: GapReason, _ first: SequenceNumber, _ last: SequenceNumber, _ goesOn: inout Bool
    ) {
        defer { goesOn = true }
        if goesOn, let end = gaps.last, end.reason == reason {
            gaps[gaps.count - 1].last = last
        } else {
            gaps.append(Gap(conversation: conversation, reason: reason, first: first, last: last))
        }
    }
}
