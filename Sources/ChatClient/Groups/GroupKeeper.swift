import CLISupport
import ChatProtocol
import Logging

/// Commits in the background of a connection that stays (E8): one thing a conversation at a time, and not in many at once, whatever the
/// server asks for.
actor GroupKeeper {
    private static let most = 16

    private let log: Logger
    private var underWay: Set<ConversationID> = []

    init(log: Logger) { self.log = log }

    /// Does what is to be done in a conversation's group, unless that is under way.
    func keep(_ conversation: ConversationID, _ work: @Sendable () async throws(Problem) -> Void) async {
        guard underWay.count < Self.most, underWay.insert(conversation).inserted else { return }
        defer { underWay.remove(conversation) }
        do throws(Problem) { try await work() } catch {
            log.info("the group of conversation \(conversation) is not seen to: \(error.text)")
        }
    }
}

extension Client {
    /// The server asks this device to commit who must go from a group, so that nobody has to wait for that before they write (R1).
    func commitWanted(in conversation: ConversationID, on link: Link) async {
        await groupKeeper.keep(conversation) { () async throws(Problem) in
            try await self.groupPassage.enter(conversation, on: link, after: .removalPending)
        }
    }
}
