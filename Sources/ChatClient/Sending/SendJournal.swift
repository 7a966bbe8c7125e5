import CLISupport
import ChatProtocol
import GroupRules
import Logging

/// A message that the server has taken.
struct TakenMessage: Sendable {
    var appended: Appended
    /// What was sent.
    var sealed: SealedAppend
    var content: Content
    /// The row of the outbox in which it waited.
    var row: Int64?

    /// What the server has under this identifier was sent at another time.
    var isFromBefore: Bool { appended.duplicate && appended.digest != sealed.digest }
}

/// What becomes of messages in the store: those that the server took stand in the history, others wait in the outbox.
struct SendJournal: Sendable {
    let store: any GroupDoor
    /// Who is written to: what is queued goes by it, whoever sends it.
    let policy: KeyPolicy
    let log: Logger
    /// Fetches what this device has not got of the logs; in vain where that cannot be done soon.
    let fetchLogs: @Sendable () async -> Void

    /// Keeps messages that the server has taken, each at its place in the log of its group, or without it where something before it was
    /// not processed yet, and takes them out of the outbox. They are taken whatever happens here: another way to them is the log.
    func keep(_ messages: [TakenMessage]) async {
        do throws(Problem) {
            let findings = try await store.withOpener { opener, store -> [OpeningFinding] in
                guard let identity = try store.identity() else { return [] }
                var findings: [OpeningFinding] = []
                var hasNews = false
                let ends = try opener.acknowledged(
                    messages.map(\.appended), in: store, as: identity, now: WallClock.now)
                for end in ends {
                    switch end {
                    case .placed(let part):
                        hasNews = hasNews || part.hasNews
                        findings = part.findings
                    case .taken(let isNew): hasNews = hasNews || isNew
                    case .another, nil: break
                    }
                }
                let rows = messages.compactMap(\.row)
                if !rows.isEmpty { try store.writeWithReserve { for row in rows { try store.removeFromOutbox(row) } } }
                if hasNews { store.wake() }
                return findings
            }
            log.tell(findings)
        } catch { log.warning("sent, but not kept in the history: \(error.text)") }
    }

    /// The server had taken it before.
    func forget(_ row: Int64) async {
        do throws(Problem) {
            try await store.withStore { store in try store.write { try store.removeFromOutbox(row) } }
        } catch { log.warning("the outbox was not kept: \(error.text)") }
    }

    /// What is wrong with a message under whose identifier the server took another one before; nil where it says the
    /// same, or where this device can never know what it said: it was sent before the device was made, or it has ended.
    ///
    /// The digests of the two say nothing: each message bears its time.
    func reuse(of message: TakenMessage) async -> Problem? {
        if await isBehind(message.appended) { await fetchLogs() }
        let first = try? await store.withStore {
            try $0.content(of: message.appended.conversation, seq: message.appended.seq)
        }
        guard let first, !first.saysTheSame(as: message.content) else { return nil }
        return .idReused("was sent", at: message.appended.time)
    }

    /// Whether this device has not got the log up to there: another one of the account sent it.
    private func isBehind(_ appended: Appended) async -> Bool {
        let hasCome = try? await store.withStore { try $0.hasCome(appended.conversation, to: appended.seq) }
        return hasCome == false
    }

    /// Puts a message into the outbox. One that is there under this identifier must say the same.
    func queue(
        _ conversation: ConversationName, id: MessageID, content: Content, expires: Duration?
    ) async throws(Problem) {
        // It would wait for ever.
        if conversation == .everyone, policy == .verified { throw .everyoneUnverified }
        let now = WallClock.now
        let expiry = expires.map { Expiry(after: $0, now: now, boot: .now) }
        try await store.withStore { store in
            try store.writeWithReserve(isSynced: true) {
                if let first = try store.queuedContent(conversation, id: id), !first.content.saysTheSame(as: content) {
                    throw Problem.idReused("was queued", at: first.queued)
                }
                try store.queue(
                    conversation, id: id, content: content, now: now, expires: expiry,
                    isForVerified: policy == .verified)
            }
        }
    }

    /// Puts what could not be sent into the outbox where it belongs there; how the message ended with that.
    func settle(_ message: TrackedMessage, _ end: SendEnd, expires: Duration?) async -> SendEnd {
        switch end {
        case .confirmed, .unconfirmed: break
        case .failed(let problem):
            if let row = message.row { await noteAttempt(row, problem, isRefused: true) }
        case .waiting(let problem):
            if let row = message.row {
                await noteAttempt(row, problem, isRefused: false)
                break
            }
            do throws(Problem) {
                try await queue(message.conversation, id: message.id, content: message.content, expires: expires)
                return .waiting(
                    Problem(
                        .queued, "\(problem.text); the message is in the outbox", hint: "do not send it again",
                        id: problem.id, conversation: problem.conversation, sent: problem.sent))
            } catch { return .failed(error) }
        }
        return end
    }

    /// A message of the outbox was tried in vain, or refused for good.
    private func noteAttempt(_ row: Int64, _ problem: Problem, isRefused: Bool) async {
        do throws(Problem) {
            try await store.withStore { store in
                try store.write { try store.noteAttempt(row, code: problem.code, failed: isRefused) }
            }
        } catch { log.warning("the outbox was not kept: \(error.text)") }
    }

    /// Says of those whose time is up that they will not be sent.
    func expireQueued() async throws(Problem) {
        let expired = try await store.withStore { store in
            try store.write { try store.expireQueued(now: WallClock.now, boot: .now) }
        }
        for conversation in expired {
            log.warning("a queued message to \(conversation) was not sent: its time is up")
        }
    }

    func queuedMessages(
        after number: Int64, includingFailed: Bool, limit: Int
    ) async throws(Problem) -> [QueuedMessage] {
        try await store.withStore {
            try $0.queuedMessages(after: number, includingFailed: includingFailed, limit: limit)
        }
    }

    func hasQueued(for conversation: ConversationName) async throws(Problem) -> Bool {
        try await store.withStore { try $0.hasQueued(for: conversation) }
    }

    /// Whether one that waits goes only to whom somebody has verified.
    func hasQueuedForVerified(_ conversation: ConversationName) async throws(Problem) -> Bool {
        try await store.withStore { try $0.hasQueued(for: conversation, onlyForVerified: true) }
    }
}

extension Content {
    /// Whether a reader would see the same message; when it was sent does not count.
    func saysTheSame(as other: Content) -> Bool {
        type == other.type && body == other.body && replyTo == other.replyTo && auto == other.auto
    }
}

extension Problem {
    /// An identifier is given to two messages that do not say the same.
    static func idReused(_ what: String, at time: Timestamp) -> Problem {
        Problem(
            .idReused, "another message \(what) under this id at \(TimestampText.utc(time)); this one was not sent",
            advice: .giveAnotherKey)
    }
}
