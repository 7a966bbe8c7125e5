import ChatClient

/// Sends what was typed in the order of typing. What cannot be sent at once lies in the outbox, safe on disk, and goes
/// out when the connection is back.
@MainActor
final class LineSender {
    /// Covers a connection that is lost between the message and its acknowledgement; then the outbox has it.
    static let patience = Duration.seconds(10)
    /// Messages handed over together.
    private static let batch = 64

    private let client: Client
    private let decided: @MainActor (Acknowledgement) -> Void
    private var pending: [OutgoingMessage] = []
    private var runner: Task<Void, Never>?
    /// Messages of which nothing is known yet.
    private(set) var underWay = 0

    /// - Parameter decided: told of each message, in order.
    init(client: Client, decided: @escaping @MainActor (Acknowledgement) -> Void) {
        self.client = client
        self.decided = decided
    }

    func submit(_ message: OutgoingMessage) {
        pending.append(message)
        underWay += 1
        if runner == nil { runner = Task { await run() } }
    }

    /// Returns when all are decided.
    func finish() async { await runner?.value }

    private func run() async {
        while !pending.isEmpty {
            let batch = Array(pending.prefix(Self.batch))
            pending.removeFirst(batch.count)
            let options = SendOptions(timeout: Self.patience, queue: true)
            for acknowledgement in await client.send(batch, options: options) {
                underWay -= 1
                decided(acknowledgement)
            }
        }
        runner = nil
    }
}
