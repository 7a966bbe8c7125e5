import ChatProtocol

/// How this device comes to write to a conversation's group: by founding it, by a Welcome, or from outside. A plain value: what the store
/// and the server say goes in, what is to be done next comes out.
///
/// It ends with `write` or `giveUp`. What comes to be known again and again, since others are always quicker, ends as busy.
struct GroupCourse: Equatable, Sendable {
    /// Others may be first so often.
    static let rounds = 8
    /// The first rest where the server wants one; it doubles.
    static let rest = Duration.milliseconds(200)
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
        /// The server took what waited, and the log has it at its place.
        case taken(GroupMark)
        /// What waited, or what was to be written, was refused.
        case refused(ErrorCode)
        case caughtUp(GroupMark)
        case foundRemoved
        case cannotProcess
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
        case found
        /// From outside; over its own leaf where it has one.
        case join(resync: Bool)
        /// Send what waits, byte for byte.
        case send
        case readLog
        /// Commit what must go before messages.
        case commitRemovals
        case rest(Duration)
        case write
        case giveUp(End)
    }

    private(set) var state: State
    private let waiting: WaitingCommit.Kind?
    private var resynced: Timestamp?
    private var round = 0
    private var pause = Self.rest

    init(_ held: Held) {
        waiting = held.waiting
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
    func begin() -> Step {
        if waiting != nil { return .send }
        if case .member = state { return .write }
        return .look
    }

    mutating func heard(_ event: Event, now: Timestamp) -> Step {
        switch event {
        case .stands(let mark): return stands(mark)
        case .entered(let mark), .taken(let mark), .caughtUp(let mark):
            state = .member(mark)
            return .write
        case .noWelcome, .welcomeFailed: return .join(resync: false)
        case .nobodyToAdd: return .giveUp(.noDevice)
        case .made(let kind):
            state = kind == .founding ? .founding : kind == .externalJoin ? .joining : state
            return .send
        case .refused(let code): return refused(code)
        case .foundRemoved:
            state = .removed(held ?? .none)
            return .readWelcome
        case .cannotProcess: return resync(now: now)
        }
    }

    /// What is held of the group, whatever became of it.
    private var held: GroupMark? {
        switch state {
        case .member(let mark), .behind(let mark), .removed(let mark), .broken(let mark): mark
        case .none, .founding, .joining: nil
        }
    }

    private mutating func stands(_ mark: GroupMark) -> Step {
        switch state {
        case .member(let own), .behind(let own):
            guard own < mark else { return .write }
            state = .behind(own)
            return .readLog
        // Perhaps that is this one, whose answer was lost.
        case .founding, .joining: return .send
        case .none, .removed, .broken: return mark.isGroup ? .readWelcome : .found
        }
    }

    private mutating func refused(_ code: ErrorCode) -> Step {
        guard let next = answer(to: code) else { return .giveUp(.refused(code)) }
        round += 1
        return round < Self.rounds ? next : .giveUp(.busy)
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
            return .found
        case .preconditionFailed:
            guard let held else {
                state = .none
                return .look
            }
            state = .behind(held)
            return .readLog
        case .notInGroup:
            state = held.map { .removed($0) } ?? .none
            return .readWelcome
        case .removalPending, .removalsLeftOut: return .commitRemovals
        case .turnTaken, .busy, .rateLimited:
            defer { pause *= 2 }
            return .rest(pause)
        default: return nil
        }
    }

    /// S3: at most once an hour.
    private mutating func resync(now: Timestamp) -> Step {
        state = .broken(held ?? .none)
        if let resynced, resynced <= now, now - resynced < Self.resyncPause { return .giveUp(.broken) }
        resynced = now
        return .join(resync: true)
    }
}
