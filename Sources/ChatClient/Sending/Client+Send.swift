import CLISupport
import ChatProtocol

/// Sending.
extension Client {
    /// Sends each message and tells what became of it, in the order given. It never throws: what fails says so.
    ///
    /// Where the server cannot be reached at once they fail, or are queued; a connection that is lost meanwhile is
    /// made again until the time is up. Where the task is cancelled it still tells of each message.
    package func send(_ messages: [OutgoingMessage], options: SendOptions = SendOptions()) async -> [Acknowledgement] {
        await connections.sendingAccess.send(messages, options: options)
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
