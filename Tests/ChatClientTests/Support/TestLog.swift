import ChatProtocol
import GroupRules
import MLS

@testable import ChatClient

/// The log of one conversation as the server keeps it: an id counts once an account, a message is taken in the present epoch only (E1), an
/// epoch ends once, by compare-and-swap.
struct TestLog {
    private(set) var entries: [Entry] = []
    private(set) var position: ConversationPosition
    private let conversation: ConversationID

    init(_ conversation: ConversationID, generation: StoreGeneration) {
        self.conversation = conversation
        position = ConversationPosition(generation: generation, epoch: .first)
    }

    enum Answer: Equatable {
        case appended(Appended)
        case refused(ErrorCode)

        var appended: Appended? { if case .appended(let appended) = self { appended } else { nil } }
    }

    mutating func append(_ request: Append, by device: Identity) -> Answer {
        take(request.id, request.payloadKind, request.payload, device, request.precondition)
    }

    /// A commit or, from epoch 0, the founding of an incarnation.
    mutating func commit(_ commit: WaitingCommit, by device: Identity) -> Answer {
        var precondition: ConversationPosition? = commit.position
        if commit.kind == .founding, known(commit.id, device) == nil {
            guard position.epoch == .first else { return .refused(.groupExists) }
            precondition = nil
        }
        let before = entries.count
        let answer = take(commit.id, PayloadKind.commit.rawValue, commit.handshake, device, precondition)
        if entries.count > before { position.epoch = Epoch(commit.position.epoch.value + 1) }
        return answer
    }

    private func known(_ id: MessageID, _ device: Identity) -> Entry? {
        entries.first { $0.id == id && $0.sender == device.account }
    }

    private mutating func take(
        _ id: MessageID, _ kind: UInt8, _ payload: [UInt8], _ device: Identity, _ precondition: ConversationPosition?
    ) -> Answer {
        if let known = known(id, device) { return .appended(answer(known, isDuplicate: true)) }
        if let precondition, precondition != position { return .refused(.preconditionFailed) }
        let entry = Entry(
            conversation: conversation, seq: SequenceNumber(UInt64(entries.count) + 1), id: id, sender: device.account,
            device: device.device, payloadKind: kind, time: Timestamp(milliseconds: 1_000 + UInt64(entries.count)),
            payload: payload)
        entries.append(entry)
        return .appended(answer(entry, isDuplicate: false))
    }

    private func answer(_ entry: Entry, isDuplicate: Bool) -> Appended {
        Appended(
            conversation: conversation, id: entry.id, seq: entry.seq, time: entry.time,
            digest: Primitives.sha256(entry.payload), position: position, duplicate: isDuplicate)
    }

    /// As `ReadLog` tells it to a device: what it has appended itself comes as a hash.
    func items(after seq: SequenceNumber, to device: Identity) -> [LogItem] {
        entries.filter { $0.seq > seq }.map { entry in
            var entry = entry
            guard entry.device == device.device else { return .entry(ReceivedEntry(entry)) }
            entry.payload = Primitives.sha256(entry.payload)
            return .hashed(ReceivedEntry(entry))
        }
    }
}
