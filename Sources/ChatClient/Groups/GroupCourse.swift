import ChatProtocol
import GroupRules

/// How this device comes to write to a conversation's group: by founding it, by a Welcome, or from outside. A plain value: what the store
/// and the server say goes in, what is to be done next comes out.
///
/// It ends with `write` or `giveUp`. What comes to be known again and again, since others are always quicker, ends as busy.
struct GroupCourse: Equatable, Sendable {
    /// Others may be first so often.
    static let rounds = 8
    /// The first rest where the server wants one; it doubles, up to the longest.
    static let rest = Duration.milliseconds(200)
    static let longestRest = Duration.milliseconds(1_600)
    /// Who lost its way comes back at most once in this time, so that it cannot keep a group busy.
    static let resyncPause = Duration.seconds(3_600)

    enum State: Equatable, Sendable {
        /// No group is held.
        case none
        /// A group of one's own waits, whole, for its place in the log.
        case founding
        /// A membership from outside waits, whole, for its place in the log.
        case joining
        case member(GroupMark)
        /// The log goes on behind what is held.
        case behind(GroupMark)
        /// A commit has taken this device's leaf.
        case removed(GroupMark)
        /// A commit that the server took cannot be processed.
        case broken(GroupMark)
    }

    /// What the store holds of the conversation.
    struct Held: Equatable, Sendable {
        var mark: GroupMark?
        var isRemoved = false
        /// A commit of this device that no answer has come to.
        var waiting: WaitingCommit.Kind?
        /// When this device last came back from outside over its own leaf.
        var resynced: Timestamp?
    }

    enum Event: Equatable, Sendable {
        /// Where the server says that the conversation stands.
        case stands(GroupMark)
        case entered(GroupMark)
        case noWelcome
        /// K4: it cannot be entered; the private half stays, and the device joins from outside.
        case welcomeFailed
        /// Nobody of those who are to be added can be.
        case nobodyToAdd
        /// A founding or a join lies in its staging rows.
        case made(WaitingCommit.Kind)
        /// The server took what waited, and something before it in the log was not processed yet.
        case takenFurtherOn
        /// A group of one's own that the server had taken was not met in the log, which was read beyond it.
        case passedOver
        /// What was to be committed is done, or was done by somebody else.
        case nothingDue(GroupMark)
        /// What waited, or what was to be written, was refused.
        case refused(ErrorCode)
        /// All that is known of the log was processed, what waited among it.
        case caughtUp(GroupMark)
        case foundRemoved
        /// Its own removal waits, of an account that was disabled, and that the server lets in again.
        case isToGo
        case cannotProcess
        /// The log goes on with a later incarnation.
        case superseded
        /// A party has no leaf of an active device: the next incarnation is founded.
        case deserted(GroupPolicy.Previous)
        /// The server was restored and has lost what is held: the next incarnation goes on from here (S4).
        case restored(after: GroupPolicy.Previous)
    }

    enum End: Equatable, Sendable {
        case noDevice
        /// Others were quicker each time.
        case busy
        case refused(ErrorCode)
        /// It came back from outside a short while ago, and lost its way again.
        case broken
    }

    enum Step: Equatable, Sendable {
        /// Ask where the conversation stands.
        case look
        case readWelcome
        /// Of the first group, or of the one that goes on from another.
        case found(after: GroupPolicy.Previous?)
        /// From outside; over its own leaf where it has one.
        case join
        /// Send what waits, byte for byte.
        case send
        case readLog
        /// Make a commit of what must go before messages, and of what is wished; forced where the server waits for one, whatever is due.
        case commit(isForced: Bool)
        case rest(Duration)
        case write
        case giveUp(End)
    }

    private(set) var state: State
    private let waiting: WaitingCommit.Kind?
    /// What was held when it began, and this device is in.
    private let former: GroupMark?
    private var resynced: Timestamp?
    /// Something is to be committed before it ends.
    private var isCommitDue: Bool
    /// Where the server wanted a commit.
    private var commitWantedAt: GroupMark?
    private var round = 0
    private var joins = 0
    private var pause = Self.rest

    /// - Parameter isCommitDue: somebody wishes to commit something.
    init(_ held: Held, isCommitDue: Bool = false) {
        waiting = held.waiting
        former = held.isRemoved ? nil : held.mark
        self.isCommitDue = isCommitDue
        resynced = held.resynced
        state =
            switch (held.waiting, held.mark) {
            case (.founding, _): .founding
            case (.externalJoin, _): .joining
            case (_, nil): .none
            case (_, let mark?): held.isRemoved ? .removed(mark) : .member(mark)
            }
    }

    /// What comes first.
    ///
    /// - Parameter refusal: why the server has refused a message that was sealed here.
    mutating func begin(after refusal: ErrorCode? = nil) -> Step {
        if let refusal, waiting == nil || refusal == .preconditionFailed && held != nil {
            return answer(to: refusal) ?? .giveUp(.refused(refusal))
        }
        if waiting != nil { return .send }
        if case .member = state { return goOn }
        return .look
    }

    mutating func heard(_ event: Event, now: Timestamp) -> Step {
        switch event {
        case .stands(let mark): return stands(mark)
        // Perhaps it has ended since: what was written in it is read before a commit finds that it is deserted.
        case .entered(let mark) where isCommitDue:
            state = .behind(mark)
            return .readLog
        case .entered(let mark), .caughtUp(let mark):
            state = .member(mark)
            return goOn
        case .takenFurtherOn: return .readLog
        case .passedOver:
            // This device has not come back yet.
            resynced = nil
            state = .broken(held ?? .none)
            return joining()
        case .nothingDue(let mark):
            state = .member(mark)
            isCommitDue = false
            return .write
        case .noWelcome, .welcomeFailed: return joining()
        case .nobodyToAdd: return .giveUp(.noDevice)
        case .made(let kind):
            state = kind == .founding ? .founding : kind == .externalJoin ? .joining : state
            return .send
        case .refused(let code): return refused(code)
        case .foundRemoved:
            state = .removed(held ?? .none)
            return .readWelcome
        case .isToGo:
            state = .broken(held ?? .none)
            return .join
        case .cannotProcess: return resync(now: now)
        case .superseded:
            state = .none
            return .readWelcome
        case .deserted(let previous), .restored(let previous):
            state = .none
            return .found(after: previous)
        }
    }

    /// What is held of the group, whatever became of it.
    private var held: GroupMark? {
        switch state {
        case .member(let mark), .behind(let mark), .removed(let mark), .broken(let mark): mark
        case .none, .founding, .joining: nil
        }
    }

    /// What a member does.
    private var goOn: Step { isCommitDue ? .commit(isForced: held == commitWantedAt) : .write }

    private mutating func stands(_ mark: GroupMark) -> Step {
        switch state {
        case .member(let own) where own >= mark: return goOn
        case .member(let own), .behind(let own):
            state = .behind(own)
            return .readLog
        // Perhaps that is this one, whose answer was lost.
        case .founding, .joining: return .send
        case .none, .removed, .broken: return mark.isGroup ? .readWelcome : .found(after: nil)
        }
    }

    /// Reads the log where there is a group whose log it is.
    private mutating func readOn() -> Step {
        guard let held else {
            state = .none
            return .look
        }
        state = .behind(held)
        return .readLog
    }

    private mutating func refused(_ code: ErrorCode) -> Step {
        if case .joining = state, code == .preconditionFailed {
            // Others were quicker: this device has not come back yet, and lost its way where it is.
            resynced = nil
            if let former { state = .behind(former) }
        }
        guard let next = answer(to: code) else { return .giveUp(.refused(code)) }
        round += 1
        return round < Self.rounds ? next : .giveUp(.busy)
    }

    /// Whatever becomes of it each time, it is not tried for ever.
    private mutating func joining() -> Step {
        joins += 1
        return joins < Self.rounds ? .join : .giveUp(.busy)
    }

    private mutating func resting() -> Step {
        defer { pause = min(pause * 2, Self.longestRest) }
        return .rest(pause)
    }

    /// What follows from a refusal; nil: nothing can be done about it.
    private mutating func answer(to code: ErrorCode) -> Step? {
        switch code {
        // Somebody was first: one's own founding counts no more.
        case .groupExists:
            state = .none
            return .readWelcome
        case .noGroup:
            state = .none
            return .found(after: nil)
        case .preconditionFailed: return readOn()
        case .notInGroup:
            state = held.map { .removed($0) } ?? .none
            return .readWelcome
        // What is to be removed stands in the log.
        case .removalPending, .removalsLeftOut:
            isCommitDue = true
            commitWantedAt = held
            return readOn()
        case .turnTaken, .busy, .rateLimited: return resting()
        case .noDevice: return withoutWhoHasGone()
        // What waited may be nothing any more, as a founding whose party has begun anew since: it is made anew, once.
        case .invalidHandshake where waiting != nil && round == 0: return withoutWhoHasGone()
        default: return nil
        }
    }

    /// Somebody who was to be added has gone meanwhile: a group is founded anew without them, and what others wished is their own concern.
    private mutating func withoutWhoHasGone() -> Step? {
        switch state {
        case .founding:
            state = .none
            return .look
        case .member where waiting != nil && round == 0: return goOn
        default: return nil
        }
    }

    /// S3: at most once an hour.
    private mutating func resync(now: Timestamp) -> Step {
        state = .broken(held ?? .none)
        if let resynced, resynced <= now, now - resynced < Self.resyncPause { return .giveUp(.broken) }
        resynced = now
        return .join
    }
}
