import CLISupport
import ChatProtocol
import Logging
import Synchronization
import System

/// Commits in the background of a connection that stays (E8): one thing a conversation at a time, and not in many at once, whatever the
/// server asks for.
actor GroupKeeper {
    private static let most = 16

    private let log: Logger
    private var underWay: Set<ConversationID> = []
    private var watch = GroupWatch()
    private var random: @Sendable () -> UInt64 = { .random(in: 0...(.max)) }
    /// Opened when a group may have come to be, or a connection is over.
    nonisolated let news = Gate()

    init(log: Logger) { self.log = log }

    /// Does what is to be done in a conversation's group, unless that is under way.
    func keep(_ conversation: ConversationID, _ work: @Sendable () async throws(Problem) -> Void) async {
        guard underWay.count < Self.most, underWay.insert(conversation).inserted else { return }
        defer { underWay.remove(conversation) }
        do throws(Problem) { try await work() } catch {
            log.info("the group of conversation \(conversation) is not seen to: \(error.text)")
        }
    }

    func round(_ facts: [ConversationID: CommitPlan.Facts], now: Timestamp) -> GroupWatch.Round {
        watch.round(facts, now: now, random: random)
    }

    /// Chooses when what is spread is done.
    func spread(by random: @escaping @Sendable () -> UInt64) { self.random = random }
}

/// The conversations with groups to which this process has written.
final class WrittenGroups: Sendable {
    private let conversations = Mutex<Set<ConversationID>>([])

    func add(_ written: some Sequence<ConversationID>) { conversations.withLock { $0.formUnion(written) } }

    /// Those that were added since they were taken last.
    func take() -> Set<ConversationID> {
        conversations.withLock { all in
            defer { all = [] }
            return all
        }
    }
}
