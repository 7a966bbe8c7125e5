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
    let groups: GroupPassage
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
    ///
    /// What was queued for verified users only is held to that, and so is what stands behind it in its conversation, for it must not
    /// overtake: all else goes first.
    func run(on link: Link, includingFailed: Bool, timeout: Duration?) async throws(Problem) -> [Acknowledgement] {
        let begin = ContinuousClock.now
        var round = OutboxRound()
        var acknowledgements: [Acknowledgement] = []
        try await journal.expireQueued()
        try await keys.expectNewsForOutbox()
        repeat {
            let gate = round.isForVerified ? keys.forVerified : keys
            let told = try await send(
                &round, through: gate, on: link, includingFailed: includingFailed, timeout: timeout, since: begin)
            round.note(told)
            acknowledgements += told
        } while round.goesOn()
        return acknowledgements
    }

    private func send(
        _ round: inout OutboxRound, through gate: KeyPassage, on link: Link, includingFailed: Bool, timeout: Duration?,
        since begin: ContinuousClock.Instant
    ) async throws(Problem) -> [Acknowledgement] {
        let collected = Collected()
        let start = ContinuousClock.now
        let left = timeout.map { max(.zero, $0 - begin.duration(to: start)) }
        let sender = MessageSender.start(
            access(to: link, through: gate), options: SendOptions(timeout: left), persistence: .oneConnection
        ) { collected.add($0) }
        var last: Int64 = 0
        do throws(Problem) {
            while link.end == nil, timeout.map({ begin.duration(to: .now) < $0 }) ?? true {
                let batch = try await journal.queuedMessages(
                    after: last, includingFailed: includingFailed, limit: Self.page)
                guard let end = batch.last else { break }
                for message in batch where round.takes(message) {
                    await sender.submit(
                        SendSubmission(tag: UInt64(message.number), source: .queued(message), since: start))
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

    private func access(to link: Link, through gate: KeyPassage) -> SendingAccess {
        SendingAccess(
            account: { () async throws(Problem) in try await link.welcome().account.id },
            connect: { () async throws(Problem) in link }, conversations: conversations, journal: journal,
            receipts: receipts, keys: gate, groups: groups(through: gate))
    }

    private func groups(through passage: KeyPassage) -> GroupPassage {
        var groups = groups
        groups.gate = passage.gate
        return groups
    }
}
