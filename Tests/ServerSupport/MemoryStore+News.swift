import ChatProtocol
import ChatServer

extension MemoryStore {
    /// What an operation has written, and who has come and gone with it.
    func told(
        _ operation: StoreOperation, _ outcome: OperationOutcome, _ before: Conversation?, _ after: Conversation,
        isRepeated: Bool
    ) -> (Entry?, [ReaderChange]) {
        switch (operation, outcome) {
        case (.bundle(let bundle), .appended(let stored)) where isNews(bundle, stored.duplicate, isRepeated):
            let entry = bundle.entry.map { Entry(bundle, $0, seq: stored.seq, time: stored.time) }
            return (entry, changes(of: bundle, at: stored.seq, after))
        case (.bundle(let bundle), .changed(_, let isDuplicate)) where isNews(bundle, isDuplicate, isRepeated):
            return (nil, changes(of: bundle, at: after.head, after))
        case (.endLeaf(_, let device), .done): return (nil, ended([device], before, after))
        case (.retire(_, .leaves(let devices, _)), .done): return (nil, ended(devices, before, after))
        case (.removeRoom, .done) where before?.isRemoved == false || isRepeated:
            return (nil, (before?.members.keys.map { .left($0, after: after.head) } ?? []) + [.removed])
        default: break
        }
        return (nil, [])
    }

    private func ended(_ devices: [DeviceID], _ before: Conversation?, _ after: Conversation) -> [ReaderChange] {
        devices.compactMap { device in
            guard let leaf = after.leaves[device], leaf.span.until != before?.leaves[device]?.span.until else {
                return nil
            }
            return .ended(DeviceReader(account: leaf.account, device: device), after: after.head)
        }
    }

    private func isNews(_ bundle: Bundle, _ isDuplicate: Bool, _ isRepeated: Bool) -> Bool {
        !isDuplicate || isRepeated && bundle.objection == nil
    }

    private func changes(of bundle: Bundle, at seq: SequenceNumber, _ conversation: Conversation) -> [ReaderChange] {
        bundle.changes(at: seq) { device in
            conversation.leaves[device].map { (account: $0.account, span: $0.span) }
        }
    }
}

extension StoreOperation {
    /// Whether who reads the conversation before it is not who reads it after.
    var changesReaders: Bool {
        switch self {
        case .bundle(let bundle): bundle.changesReaders
        case .removeRoom, .endLeaf, .retire(_, .leaves): true
        default: false
        }
    }
}

extension OperationOutcome {
    /// It was carried out before.
    var isDuplicate: Bool {
        switch self {
        case .appended(let stored): stored.duplicate
        case .changed(_, let duplicate): duplicate
        default: false
        }
    }
}
