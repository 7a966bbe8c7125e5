import CLISupport
import ChatProtocol

/// What senders are given: connections, and the ways of a profile.
extension Connections {
    nonisolated var sendingAccess: SendingAccess {
        let (profile, flush) = (profile, outboxFlush)
        return SendingAccess(
            account: { () async throws(Problem) in try await profile.ownAccount() },
            connect: { () async throws(Problem) in try await self.requestLink() }, conversations: conversations,
            journal: journal, receipts: tools.receipts, keys: keyPassage, groups: groupPassage,
            flushOutbox: { await flush.runQuietly(on: $0) })
    }

    nonisolated var outboxFlush: OutboxFlush {
        OutboxFlush(
            journal: journal, conversations: conversations, receipts: tools.receipts, keys: keyPassage,
            groups: groupPassage, log: log)
    }

    private nonisolated var journal: SendJournal {
        SendJournal(store: profile, policy: gate.policy, log: log) { await self.fetchLogs() }
    }
}
