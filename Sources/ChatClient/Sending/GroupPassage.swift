import CLISupport
import ChatProtocol
import Logging

/// The way of messages into conversations: this device enters the conversation's group, and encrypts to it. Nothing is ever sent plain.
struct GroupPassage: Sendable {
    let door: any GroupDoor
    /// Who may be written to: asked in the transaction that seals.
    var gate: KeyGate
    /// Where messages were sealed to.
    let written: WrittenGroups
    let log: Logger
    let joiner: @Sendable (Link) async throws(Problem) -> Joiner
    /// Called when a group's log was read.
    let hasRead: @Sendable () async -> Void

    /// Has this device come to where it may write there: it founds the group, enters it, or goes on by its log.
    ///
    /// - Parameter refusal: what the server has said to a message there.
    /// - Throws: `no_device` (75) where nobody of the other party can be added.
    func enter(
        _ conversation: ConversationID, on link: Link, after refusal: ErrorCode? = nil
    ) async throws(Problem) {
        do throws(Problem) { try await joiner(link).enter(conversation, after: refusal) } catch {
            await hasRead()
            throw error
        }
        await hasRead()
    }

    /// Whether messages can be sealed at once, without anything that has to be asked before. Within a transaction.
    func isOpen(_ conversation: ConversationID, in store: ClientStore) throws -> Bool {
        guard let standing = try store.groupStanding(of: conversation) else { return false }
        return try standing.generation == store.identity()?.generation
            && store.waitingCommit(of: conversation) == nil && !store.isClosedByRestored(conversation)
    }

    /// Encrypts the first `Sealer.batch` of the messages; on the disk when it returns.
    func seal(_ messages: [UnsealedMessage], _ options: SendOptions) async throws(Problem) -> [SealingOutcome] {
        let gate = GroupGate(gate: gate)
        written.add(messages.lazy.map(\.conversation))
        return try await door.withStore { store in
            guard let identity = try store.identity() else { throw Problem(.notLoggedIn, "nobody sends", sent: .no) }
            var generator = SystemRandomNumberGenerator()
            return try Sealer(
                store: store, identity: identity, gate: { try gate.look(at: $0, in: $1, now: WallClock.now) },
                took: { time in
                    log.debug(
                        "sealed",
                        metadata: ["messages": "\(messages.count)", "us": "\(Int64(time / .microseconds(1)))"])
                }
            ).seal(
                messages, wantReceipt: options.wait > .accepted, keepsFirst: options.keepsFirst, using: &generator)
        }
    }
}

extension SealingObstacle {
    /// The refusal that the server would have answered with.
    var refusal: ErrorCode? {
        switch self {
        case .newGeneration: .preconditionFailed
        case .commitFirst: .removalPending
        case .noGroup, .unsettled, .closed: nil
        }
    }
}

extension Problem {
    /// The refusal of a message by which its sender learns that the conversation's group has gone on without it.
    var staleness: ErrorCode? {
        [ErrorCode.preconditionFailed, .notInGroup, .noGroup, .removalPending].first { $0.name == code }
    }
}
