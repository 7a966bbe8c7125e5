import CLISupport
import ChatProtocol

/// What a sender is given of the profile for which it sends.
struct SendingAccess: Sendable {
    /// Who sends.
    var account: @Sendable () async throws(Problem) -> AccountID
    /// A connection that is logged in, or is about to be.
    var connect: @Sendable () async throws(Problem) -> Link
    var conversations: ConversationBook
    var journal: SendJournal
    var receipts: ReceiptBoard
    /// Sends what waits in the outbox; nil where this is what is being done.
    var flushOutbox: (@Sendable (Link) async -> Void)?

    /// The conversation, after the messages to it that wait in the outbox.
    ///
    /// - Throws: a problem that may pass where those could not be sent.
    func open(_ name: ConversationName, on link: Link, anew: Bool) async throws(Problem) -> OpenedConversation {
        if let flushOutbox, try await journal.hasQueued(for: name) {
            await flushOutbox(link)
            if try await journal.hasQueued(for: name) {
                throw Problem(.busy, "an earlier message to \(name) waits in the outbox", advice: .seeOutbox)
            }
        }
        if !anew, let known = try await conversations.recall(name) { return known }
        return try await conversations.open(name, on: link)
    }

    /// The conversation, where it is known here and nothing has to go before.
    func recall(_ name: ConversationName) async throws(Problem) -> OpenedConversation? {
        let waits = flushOutbox != nil
        return try await conversations.store.withStore { store in
            if waits, try store.hasQueued(for: name) { return nil }
            return try store.openedConversation(name)
        }
    }
}
