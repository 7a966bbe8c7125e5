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
    /// Whom messages may go to.
    var keys: KeyPassage
    var groups: GroupPassage
    /// Sends what waits in the outbox; nil where this is what is being done.
    var flushOutbox: (@Sendable (Link) async -> Void)?

    /// The conversation, where its people may be written to and this device is in its group, after the messages to it that wait in the
    /// outbox.
    ///
    /// - Parameter refusal: what the server has said to a message there, or would.
    /// - Throws: 79; a problem that may pass where those in the outbox could not be sent.
    func open(
        _ name: ConversationName, on link: Link, anew: Bool, after refusal: ErrorCode?
    ) async throws(Problem) -> OpenedConversation {
        let opened = try await find(name, on: link, anew: anew)
        try await keys.settle(name, opened.recipient, on: link)
        try await enter(opened, name, on: link, after: refusal)
        if let flushOutbox, try await journal.hasQueued(for: name) {
            await flushOutbox(link)
            if try await journal.hasQueued(for: name) {
                if try await journal.hasQueuedForVerified(name) { _ = try await keys.forVerified.isOpen(name) }
                throw Problem(.busy, "an earlier message to \(name) waits in the outbox", advice: .seeOutbox)
            }
        }
        return opened
    }

    private func enter(
        _ opened: OpenedConversation, _ name: ConversationName, on link: Link, after refusal: ErrorCode?
    ) async throws(Problem) {
        do throws(Problem) { try await groups.enter(opened.id, on: link, after: refusal) } catch {
            // Who is gone has no device either, and never will, and a room that is gone may have given its name to another, or that is all
            // that a restore has left of it: what there is to say of it is said of the name.
            let hasNoDevice = error.code == ErrorCode.noDevice.name
            if hasNoDevice || error.isOfPlace || error.code == ErrorCode.noGroup.name {
                _ = try await conversations.open(name, on: link)
            }
            guard hasNoDevice, case .user(let user) = name else { throw error }
            throw Problem(
                .noDevice, "\(user) has no device that can be written to now",
                hint: "try again when \(user) has connected", conversation: name.text, sent: .no)
        }
    }

    private func find(_ name: ConversationName, on link: Link, anew: Bool) async throws(Problem) -> OpenedConversation {
        if !anew, let known = try await conversations.recall(name) { return known }
        return try await conversations.open(name, on: link)
    }

    /// The conversation, where it is known here and nothing has to be done before.
    ///
    /// - Throws: 79.
    func recall(_ name: ConversationName) async throws(Problem) -> OpenedConversation? {
        let waits = flushOutbox != nil
        return try await conversations.store.withStore { store in
            guard try keys.isOpen(name, in: store) else { return nil }
            if waits, try store.hasQueued(for: name) { return nil }
            guard let opened = try store.openedConversation(name) else { return nil }
            return try groups.isOpen(opened.id, in: store) ? opened : nil
        }
    }
}
