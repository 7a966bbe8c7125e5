import ChatProtocol
import Synchronization

/// Those who wait for how far others have come in their conversations.
final class ReceiptBoard: Sendable {
    typealias Sink = @Sendable (ConversationID, ReceiptState) -> Void

    private let sinks = Mutex<[ObjectIdentifier: Sink]>([:])

    func add(_ key: ObjectIdentifier, _ sink: @escaping Sink) { sinks.withLock { $0[key] = sink } }

    func remove(_ key: ObjectIdentifier) { sinks.withLock { $0[key] = nil } }

    func tell(_ states: [ReceiptState], of conversation: ConversationID) {
        let waiting = sinks.withLock { Array($0.values) }
        for sink in waiting { for state in states { sink(conversation, state) } }
    }
}
