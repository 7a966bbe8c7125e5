import CLISupport
import ChatProtocol

/// The outbox: what was queued goes first with the next connection.
extension Client {
    package func outbox() throws(Problem) -> [OutboxItem] {
        try storeForReading { try $0.outboxItems(now: WallClock.now, boot: .now) }
    }

    /// What waits now and after each change.
    package func watchOutbox() throws(Problem) -> ChangeWatch<[OutboxItem]> {
        do {
            return try ChangeWatch(settings.profileDirectory) { try $0.outboxItems(now: WallClock.now, boot: .now) }
        } catch { throw Problem(store: error) }
    }

    /// - Throws: 67 `no_such_name`.
    package func dropFromOutbox(_ id: MessageID) throws(Problem) {
        guard try store({ store in try store.write { try store.dropFromOutbox(id) } }) else {
            throw Problem(.noSuchName, "no message \(id.uuid) is in the outbox", advice: .seeOutbox)
        }
    }

    /// Sends what is queued, failed ones too; an acknowledgement for each that was tried.
    ///
    /// - Throws: what stood in the way of all of them.
    package func flushOutbox(timeout: Duration? = .seconds(30)) async throws(Problem) -> [Acknowledgement] {
        guard try !outbox().isEmpty else { return [] }
        // Connecting would send what waits, and nobody would be told.
        let (link, _) = try await loggedInLink(flushesOutbox: false)
        return try await connections.outboxFlush.run(on: link, includingFailed: true, timeout: timeout)
    }
}
