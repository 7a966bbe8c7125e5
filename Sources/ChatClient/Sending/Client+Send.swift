import CLISupport
import ChatProtocol
import Synchronization

/// Sending.
extension Client {
    /// Sends each message and tells what became of it, in the order given. It never throws: what fails says so.
    ///
    /// Where the server cannot be reached at once they fail, or are queued; a connection that is lost meanwhile is
    /// made again until the time is up. Where the task is cancelled it still tells of each message.
    package func send(_ messages: [OutgoingMessage], options: SendOptions = SendOptions()) async -> [Acknowledgement] {
        let collected = Collected()
        let sender = MessageSender.start(connections.sendingAccess, options: options, persistence: .firstConnection) {
            collected.add($0)
        }
        for (index, message) in messages.enumerated() { await sender.submit(message, tag: UInt64(index)) }
        await sender.finish()
        return collected.acknowledgements
    }

    /// For many messages, many in flight, for as long as they come; see `MessageSender`. It keeps trying where the
    /// server cannot be reached, for each message until its time is up.
    ///
    /// - Parameter decided: told of each message, once, when it is decided.
    package nonisolated func makeSender(
        options: SendOptions = SendOptions(), decided: @escaping @Sendable (SendResult) -> Void
    ) -> MessageSender {
        MessageSender.start(connections.sendingAccess, options: options, persistence: .always, decided: decided)
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
