import ChatProtocol
import Synchronization

extension SendingAccess {
    /// Sends some messages by a sender of their own, until it is decided of each what became of it, in the order given.
    func send(_ messages: [OutgoingMessage], options: SendOptions) async -> [Acknowledgement] {
        let collected = Collected()
        let sender = MessageSender.start(self, options: options, persistence: .firstConnection) { collected.add($0) }
        for (index, message) in messages.enumerated() { await sender.submit(message, tag: UInt64(index)) }
        await sender.finish()
        return collected.acknowledgements
    }
}

/// What became of messages, by the order of their tags.
final class Collected: Sendable {
    private let results = Mutex<[UInt64: Acknowledgement]>([:])

    func add(_ result: SendResult) { results.withLock { $0[result.tag] = result.acknowledgement } }

    var acknowledgements: [Acknowledgement] {
        results.withLock { $0.sorted { $0.key < $1.key }.map(\.value) }
    }
}
