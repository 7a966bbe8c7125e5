import CLISupport
import ChatClient
import ChatProtocol

/// Looks what becomes of the messages that a prompt has queued: another process may be the one that sends them.
@MainActor
final class OutboxWatch {
    /// What goes out together is told together.
    private static let gathering = Duration.milliseconds(100)

    private let client: Client
    private var queued: Set<MessageID> = []
    private var watcher: Task<Void, Never>?

    init(client: Client) { self.client = client }

    func add(_ id: MessageID) { queued.insert(id) }

    /// Looks until nothing is left, or `isConnected` says no more.
    ///
    /// - Parameter settled: how many were sent, and which were refused.
    func watch(
        while isConnected: @escaping @MainActor () -> Bool,
        settled: @escaping @MainActor (_ sent: Int, _ refused: [OutboxItem]) -> Void
    ) {
        watcher?.cancel()
        guard !queued.isEmpty else { return }
        // Where the store cannot be read it is told by who listens.
        watcher = Task { _ = try? await follow(while: isConnected, settled: settled) }
    }

    private func follow(
        while isConnected: @MainActor () -> Bool, settled: @MainActor (Int, [OutboxItem]) -> Void
    ) async throws(Problem) {
        let outbox = try await client.watchOutbox()
        while !queued.isEmpty, let items = try await outbox.next(), !Task.isCancelled, isConnected() {
            take(items, settled)
            try? await Task.sleep(for: Self.gathering)
        }
    }

    private func take(_ items: [OutboxItem], _ settled: @MainActor (Int, [OutboxItem]) -> Void) {
        let ours = items.filter { queued.contains($0.id) }
        let refused = ours.filter { $0.state == .failed }
        let waiting = Set(ours.filter { $0.state != .failed }.map(\.id))
        let sent = queued.count - waiting.count - refused.count
        queued = waiting
        if sent > 0 || !refused.isEmpty { settled(sent, refused) }
    }
}

extension Problem {
    /// What becomes of a message that was queued and is not sent.
    static func queuedRefused(_ item: OutboxItem) -> Problem {
        let isExpired = item.code == LocalCode.expired.rawValue
        return Problem(
            isExpired ? .expired : .refused,
            isExpired
                ? "the queued message to \(item.conversation) was not sent: its time is up"
                : "the queued message to \(item.conversation) was refused (\(item.code ?? "unknown"))",
            hint: "see 'chat outbox list'", id: item.id.uuid, conversation: item.conversation.text, sent: .no)
    }
}
