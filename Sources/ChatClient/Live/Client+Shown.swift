import CLISupport
import ChatProtocol

/// What a person has seen.
extension Client {
    /// Marks messages as shown to a person, and tells the server where that is wanted (`receipts`).
    package func markShown(_ messages: [ReceivedMessage]) async throws(Problem) {
        try store { store in
            try store.write { try store.markShown(messages) }
            store.wake()
        }
        guard settings.receipts, let live = await connections.live, let link = try? await live.link() else { return }
        await attendant.tellReadMarks(on: link)
    }

    /// Marks notices of gaps up to this one as shown.
    package func markShown(_ gap: GapNotice) throws(Problem) {
        guard let cursor = gap.cursor else { return }
        try store { store in try store.write { try store.markGapsShown(upTo: cursor.position) } }
    }
}
