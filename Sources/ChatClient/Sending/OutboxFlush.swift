import CLISupport
import ChatProtocol
import Logging

/// Sends what waits in the outbox, in the order of queuing, on a connection that stands.
struct OutboxFlush: Sendable {
    /// Rows that are read together.
    private static let page = 64

    let journal: SendJournal
    let conversations: ConversationBook
    let receipts: ReceiptBoard
    let keys: KeyPassage
    let log: Logger

    /// Sends in the name of another command, whose outcome it does not change.
    func runQuietly(on link: Link) async {
        do throws(Problem) {
            for item in try await run(on: link, includingFailed: false, timeout: .seconds(10)) {
                if let problem = item.problem {
                    log.warning("a queued message to \(item.conversation) was not sent: \(problem.text)")
                } else {
                    log.info("a queued message to \(item.conversation) was sent")
                }
            }
        } catch { log.warning("the outbox was not sent: \(error.text)") }
    }

    /// An acknowledgement for each that was tried.
    func run(on link: Link, includingFailed: Bool, timeout: Duration?) async throws(Problem) -> [Acknowledgement] {
        let collected = Collected()
        let begin = ContinuousClock.now
        let sender = MessageSender.start(
            access(to: link), options: SendOptions(timeout: timeout), persistence: .oneConnection
        ) { collected.add($0) }
        var last: Int64 = 0
        do throws(Problem) {
            try await journal.expireQueued()
            try await keys.expectNewsForOutbox()
            while link.end == nil, timeout.map({ begin.duration(to: .now) < $0 }) ?? true {
                let batch = try await journal.queuedMessages(
                    after: last, includingFailed: includingFailed, limit: Self.page)
                guard let end = batch.last else { break }
                for message in batch {
                    await sender.submit(
                        SendSubmission(tag: UInt64(message.number), source: .queued(message), since: begin))
                }
                last = end.number
            }
        } catch {
            await sender.finish()
            throw error
        }
        await sender.finish()
        return collected.acknowledgements
    }

    private func access(to link: Link) -> SendingAccess {
        SendingAccess(
            account: { () async throws(Problem) in try await link.welcome().account.id },
            connect: { () async throws(Problem) in link }, conversations: conversations, journal: journal,
            receipts: receipts, keys: keys)
    }
}
