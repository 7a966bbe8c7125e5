import CLISupport
import ChatProtocol
import GroupRules
import Logging
import MLS

/// Brings this device to where it may write to a conversation's group, and commits there: it enters by the Welcome that waits, from outside,
/// or founds the group, reads the log, sends commits. What is under way lies in the store, so that any process goes on with it, and a lost
/// answer is asked for again.
struct Joiner: Sendable {
    let place: GroupPlace
    let store: any GroupDoor
    let wire: any GroupWire
    /// Who may be given keys.
    let gate: KeyGate
    let log: Logger
    /// Reads an account's chain anew, where a package is of a device that the held one does not have.
    let refresh: @Sendable (AccountID, UserName) async throws(Problem) -> Void

    /// The other party of a direct conversation; this account itself where it is one's own.
    struct Peer: Equatable, Sendable {
        var account: AccountID
        var name: UserName
    }

    /// Where this device stands when it may write there: in the present epoch as far as it knows, and what must go is committed.
    ///
    /// - Parameter refusal: why the server has refused a message that was sealed here.
    /// - Throws: `no_device` (75) where nobody of the other party can be added, `busy` (75).
    func enter(
        _ conversation: ConversationID, as target: GroupTarget, after refusal: ErrorCode? = nil
    ) async throws(Problem) -> GroupMark {
        do throws(Problem) { return try await enterKnown(conversation, as: target, after: refusal) } catch {
            guard error.code == ErrorCode.noSuchConversation.name, case .direct(let peer) = target else { throw error }
            // A restored server has lost it with all that was written there (S4): it is the same again, since its identifier is that of
            // the two.
            let _: Conversations = try await wire.ask(OpenConversation(with: peer.name))
            return try await enterKnown(conversation, as: target, after: refusal)
        }
    }

    private func enterKnown(
        _ conversation: ConversationID, as target: GroupTarget, after refusal: ErrorCode?
    ) async throws(Problem) -> GroupMark {
        var course = GroupCourse(try await held(conversation))
        var refusal = refusal
        if refusal == nil, case .member = course.state, try await settleWhereWanted(conversation) {
            // Perhaps it is to go, by the log: that comes before anything is said of it.
            course = GroupCourse(try await held(conversation), isCommitDue: true)
            refusal = .preconditionFailed
        }
        return try await run(&course, from: course.begin(after: refusal), conversation, target, .nothing)
    }

    /// As `enter`, of a conversation that is known here.
    @discardableResult
    func enter(_ conversation: ConversationID, after refusal: ErrorCode? = nil) async throws(Problem) -> GroupMark {
        let target = try await store.withStore { try $0.groupTarget(of: conversation) }
        return try await enter(conversation, as: target, after: refusal)
    }

    /// Commits what is due and what is wished, as often as others are quicker, until nothing of it is left to be done.
    ///
    /// - Throws: `not_in_group` (75) of a group that this device is not in and cannot enter, `busy` (75), what the server refuses it with.
    @discardableResult
    func commit(
        _ wish: CommitWish, to conversation: ConversationID, as target: GroupTarget
    ) async throws(Problem) -> GroupMark {
        var course = GroupCourse(try await held(conversation), isCommitDue: true)
        return try await run(&course, from: course.begin(), conversation, target, wish)
    }

    private func run(
        _ course: inout GroupCourse, from first: GroupCourse.Step, _ conversation: ConversationID,
        _ target: GroupTarget, _ wish: CommitWish
    ) async throws(Problem) -> GroupMark {
        do throws(Problem) { return try await goThrough(&course, from: first, conversation, target, wish) } catch {
            guard error.code == LocalCode.historyForked.rawValue else { throw error }
            // It is there for whoever asks who runs the server, also when the server has thought better of it.
            try await store.withStore { store in
                try store.writeSynced { try store.noteFork(of: conversation, error.text, now: WallClock.now) }
            }
            throw error
        }
    }

    private func goThrough(
        _ course: inout GroupCourse, from first: GroupCourse.Step, _ conversation: ConversationID,
        _ target: GroupTarget, _ wish: CommitWish
    ) async throws(Problem) -> GroupMark {
        var step = first
        var isReturning = false
        // What the server has taken, and was not met in its log yet.
        var taken: MessageID?
        while true {
            let event: GroupCourse.Event
            switch step {
            case .look: event = try await stands(conversation, as: target, course.state)
            // Nobody is added to everyone.
            case .readWelcome where target == .everyone: event = .noWelcome
            case .readWelcome: event = try await readWelcome(conversation)
            case .found(let previous): event = try await found(conversation, as: target, after: previous)
            case .send:
                event = try await send(conversation)
                if event == .takenFurtherOn { taken = try await whatWaits(for: conversation) }
            case .readLog: event = try await readLog(conversation, to: taken)
            case .commit(let isForced): event = try await make(wish, conversation, isForced: isForced)
            case .rest(let pause):
                try? await Task.sleep(for: pause)
                event = .stands(try await look(conversation, as: target))
            case .write:
                guard case .member(let mark) = course.state else { throw Problem(.internalFault, "in no group") }
                return mark
            case .join:
                let named = try await named(target, conversation)
                try await requireNotLeft(named, conversation)
                if case .broken = course.state {
                    isReturning = true
                    try? await Task.sleep(for: named.jitter)
                }
                event = try await join(conversation, as: named, isReturning: isReturning)
            case .giveUp(let end): throw end.problem
            }
            step = course.heard(event, now: WallClock.now)
        }
    }

    /// Where the server says that it stands. What was written to a device before it left, or was removed, it reads by the Welcomes that
    /// wait.
    private func stands(
        _ conversation: ConversationID, as target: GroupTarget, _ state: GroupCourse.State
    ) async throws(Problem) -> GroupCourse.Event {
        do throws(Problem) { return .stands(try await look(conversation, as: target)) } catch {
            switch state {
            case .none, .removed: break
            case .founding, .joining, .member, .behind, .broken: throw error
            }
            guard error.code == ErrorCode.notAMember.name,
                case .entered(let mark) = try await readWelcome(conversation)
            else { throw error }
            return .entered(mark)
        }
    }

    /// What the store has of it.
    func held(_ conversation: ConversationID) async throws(Problem) -> GroupCourse.Held {
        let generation = place.generation
        return try await store.withStore { store in
            try store.read { try store.heldGroup(of: conversation, in: generation) }
        }
    }
}

extension GroupCourse.End {
    fileprivate var problem: Problem {
        switch self {
        case .noDevice:
            Problem(
                .noDevice, "nobody has left a key by which they can be added to an encrypted conversation", sent: .no)
        case .busy: Problem(.busy, "others change the conversation's group all the time", hint: "try again", sent: .no)
        case .refused(let code): Problem(code, sent: .no)
        case .broken: Problem(.notInGroup, "this device has lost its way in the conversation's group", sent: .no)
        }
    }
}
