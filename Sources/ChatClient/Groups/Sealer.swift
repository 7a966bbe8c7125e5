import CLISupport
import ChatProtocol
import GroupRules
import MLS
import WireCodec

/// A message that waits for its ciphertext.
struct UnsealedMessage: Equatable, Sendable {
    var conversation: ConversationID
    var id: MessageID
    var content: Content
}

/// Why nothing is sealed to a conversation now.
enum SealingObstacle: Equatable, Sendable {
    /// This device is in no group of it: it founds or joins one first.
    case noGroup
    /// The server began a new life, and the group has no commit of it yet.
    case newGeneration
    /// Removes wait, or too many messages are under way in this epoch: a commit comes first.
    case commitFirst
    /// The gate wants something to be looked at first.
    case unsettled
    /// The gate is closed: nothing was sent.
    case closed(Problem)
}

/// What became of a message that was to be sealed.
enum SealingOutcome: Equatable, Sendable {
    /// It goes out: with the ciphertext that it has in this epoch, whether that was made now or before.
    case append(Append)
    /// The server has taken it already, in the life that is known here.
    case known(seq: SequenceNumber, time: Timestamp, StoreGeneration)
    /// It never goes out.
    case refused(Problem)
    case held(SealingObstacle)
}

/// Encrypts messages of this device (E4). What it makes is on the disk, with its texts and the ratchet, before anything is sent.
///
/// It is used when the connection stands, never for the outbox: whoever seals without knowing that the server takes anything uses up
/// what others can follow.
struct Sealer {
    /// Messages that share a transaction and its sync.
    static let batch = 64
    /// Messages of one epoch that may be under way: others follow a ratchet over a thousand steps.
    static let untaken = 500

    let store: ClientStore
    let identity: Identity
    /// Whether a conversation may be written to, asked in the transaction that seals.
    let gate: (ConversationID, ClientStore) throws -> KeyGate.Passage
    /// Told how long it took, without its transaction's beginning and sync.
    var took: (Duration) -> Void = { _ in }

    /// Seals the first `batch` of them, in their order within each conversation.
    ///
    /// - Parameter keepsFirst: where another text was sent under an id, that one counts.
    /// - Returns: an outcome for each of these; on the disk.
    func seal(
        _ messages: [UnsealedMessage], wantReceipt: Bool = false, keepsFirst: Bool = false,
        using generator: inout some RandomNumberGenerator
    ) throws -> [SealingOutcome] {
        let wish = SealingWish(wantReceipt: wantReceipt, keepsFirst: keepsFirst)
        return try store.writeWithReserve(isSynced: true) {
            let begun = Monotonic.now
            defer { took(Monotonic.now - begun) }
            var courses: [ConversationID: SealingCourse] = [:]
            let rows = store.groupRows
            return try rows.telling {
                var outcomes: [SealingOutcome] = []
                for message in messages.prefix(Self.batch) {
                    let conversation = message.conversation
                    var course = try courses[conversation] ?? begin(conversation, rows)
                    let outcome = try seal(message, &course, rows, wish, &generator)
                    courses[conversation] = course
                    outcomes.append(outcome)
                }
                for course in courses.values { if let changes = course.changes { try rows.apply(changes) } }
                return outcomes
            }
        }
    }

    /// Reads what stands in the way.
    private func begin(_ conversation: ConversationID, _ rows: GroupRowStore) throws -> SealingCourse {
        let standing = try store.groupStanding(of: conversation)
        let summary = try standing.flatMap { try StoredGroup.summary(of: $0.group.groupId, from: rows) }
        let isIn = summary?.status == .active
        // By what the server said at the last login. Of the group of a former life nobody is asked: a restore may have lost it.
        if isIn, let standing, try store.identity()?.generation != standing.generation {
            return SealingCourse(.newGeneration)
        }
        switch try gate(conversation, store) {
        case .open: break
        case .unsettled: return SealingCourse(.unsettled)
        case .commitFirst: return SealingCourse(.commitFirst)
        case .closed(let problem): return SealingCourse(.closed(problem))
        }
        guard isIn, let standing, let summary else { return SealingCourse(.noGroup) }
        guard !summary.hasProposals else { return SealingCourse(.commitFirst) }
        let position = standing.position(epoch: Epoch(summary.epoch))
        let marks = MessageMarks(
            chain: try store.ownChainMark(identity.account),
            seen: standing.log?.seen)
        return SealingCourse(
            position, marks, try MessageBatch(of: standing.group.groupId, from: rows),
            room: Self.untaken - (try store.untakenCount(in: conversation, at: position)))
    }

    private func seal(
        _ message: UnsealedMessage, _ course: inout SealingCourse, _ rows: GroupRowStore, _ wish: SealingWish,
        _ generator: inout some RandomNumberGenerator
    ) throws -> SealingOutcome {
        var message = message
        if let before = try outcomeBefore(&message, course, wish) { return before }
        if let obstacle = course.obstacle { return .held(obstacle) }
        guard course.room > 0, var batch = course.messages, let position = course.position else {
            return .held(.commitFirst)
        }
        let content = course.marks.added(to: message.content)
        let sealed = try batch.seal(
            content.wireBytes, authenticatedData: MessageData(id: message.id).wireBytes, padding: MessagePadding.rule,
            from: rows, using: &generator)
        course.messages = batch
        course.room -= 1
        let payload = sealed.encoded
        try store.keepSealed(
            message.id, in: message.conversation, at: position, payload: payload, content: content,
            digest: Primitives.sha256(payload))
        return .append(append(message, position, payload, wish))
    }

    /// A message that was sealed or taken before: the same is not sealed twice in an epoch (E4), and one's own id with another text is
    /// no message (M2). One that a restore may have lost goes out again: who has it takes it once.
    private func outcomeBefore(
        _ message: inout UnsealedMessage, _ course: SealingCourse, _ wish: SealingWish
    ) throws -> SealingOutcome? {
        if let known = try store.knownMessage(message.id, from: identity.account, in: message.conversation) {
            // Of one whose text was erased here nobody knows what it said.
            guard wish.keepsFirst || known.content?.saysTheSame(as: message.content) ?? true else {
                return .refused(.idReused("was sent", at: known.time))
            }
            guard try store.mayBeLost(known) else {
                return .known(seq: known.seq, time: known.time, identity.generation)
            }
            if let content = known.content { message.content = content }
        }
        guard let sealed = try store.sealedMessage(message.id, in: message.conversation) else { return nil }
        switch sealed.kept {
        case .taken(let seq, let time):
            let isOfThisLife = sealed.position.generation == identity.generation
            return isOfThisLife ? .known(seq: seq, time: time, identity.generation) : nil
        case .whole(let payload, let content):
            guard wish.keepsFirst || content.saysTheSame(as: message.content) else {
                return .refused(.idReused("was sent", at: content.sent))
            }
            message.content = content
            guard course.obstacle == nil, sealed.position == course.position else { return nil }
            return .append(append(message, sealed.position, payload, wish))
        }
    }

    private func append(
        _ message: UnsealedMessage, _ position: ConversationPosition, _ payload: [UInt8], _ wish: SealingWish
    ) -> Append {
        Append(
            conversation: message.conversation, id: message.id, payloadKind: PayloadKind.message.rawValue,
            precondition: position, wantReceipt: wish.wantReceipt, payload: payload)
    }
}

/// How messages are to be sent.
private struct SealingWish {
    var wantReceipt: Bool
    /// Where another text was sent under an id, that one counts.
    var keepsFirst: Bool
}

/// Where a conversation stands while messages to it are sealed in one transaction.
private struct SealingCourse {
    var obstacle: SealingObstacle?
    var position: ConversationPosition?
    var marks = MessageMarks()
    var messages: MessageBatch?
    /// How many more may be under way.
    var room = 0

    init(_ obstacle: SealingObstacle) { self.obstacle = obstacle }

    init(_ position: ConversationPosition, _ marks: MessageMarks, _ messages: MessageBatch, room: Int) {
        self.position = position
        self.marks = marks
        self.messages = messages
        self.room = room
    }

    var changes: RowBatch? {
        guard let changes = messages?.changes, !changes.writes.isEmpty else { return nil }
        return changes
    }
}
