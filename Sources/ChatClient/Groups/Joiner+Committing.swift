import CLISupport
import ChatProtocol
import MLS

/// Making commits, sending what waits, and reading what became of it.
extension Joiner {
    /// A member's commit, on disk before it is sent. What another process has under way goes first.
    func make(
        _ wish: CommitWish, _ conversation: ConversationID, isForced: Bool = false
    ) async throws(Problem) -> GroupCourse.Event {
        let place = place
        let made = try await store.withOpener { opener, store in
            try opener.change(conversation, in: store) { held in
                try CommitMaker(store: store, place: place, conversation: conversation, now: WallClock.now)
                    .make(wish, &held, isForced: isForced)
            }
        }
        switch made {
        case .waits(let kind): return .made(kind)
        case .nothingDue(let mark): return .nothingDue(mark)
        case .ofFormerLife: return .refused(.preconditionFailed)
        case .notMember: return try await standing(conversation)
        case .leaves: return .isToGo
        case .deserted(let previous): return .deserted(previous)
        case .refused(let text): throw Problem(.forbidden, "the group does not take this: \(text)", sent: .no)
        }
    }

    /// Sends what waits, byte for byte, and puts it in its place when the server has taken it.
    func send(_ conversation: ConversationID) async throws(Problem) -> GroupCourse.Event {
        let known = try await store.withStore { try $0.waitingCommit(of: conversation) }
        // Another process has finished it.
        guard let waiting = known else { return try await standing(conversation) }
        let done: Appended
        do throws(Problem) { done = try await ask(waiting) } catch {
            guard let code = error.errorCode else { throw error }
            if code.ends(waiting.kind) { try await drop(waiting) }
            return .refused(code)
        }
        guard done.conversation == conversation, done.id == waiting.id else {
            throw Problem(.protocolFault, "the server answered for another commit than it was given")
        }
        return try await acknowledge(done)
    }

    private func ask(_ waiting: WaitingCommit) async throws(Problem) -> Appended {
        guard waiting.kind == .founding else {
            return try await wire.ask(
                ChatProtocol.Commit(
                    conversation: waiting.conversation, id: waiting.id, position: waiting.position,
                    handshake: waiting.handshake, groupInfo: waiting.groupInfo, welcome: waiting.welcome))
        }
        return try await wire.ask(
            FoundGroup(
                conversation: waiting.conversation, id: waiting.id, founding: waiting.founding,
                handshake: waiting.handshake, groupInfo: waiting.groupInfo, welcome: waiting.welcome))
    }

    private func acknowledge(_ done: Appended) async throws(Problem) -> GroupCourse.Event {
        let end = try await store.withOpener { opener, store -> AppendEnd? in
            guard let identity = try store.identity() else { throw Problem(.notLoggedIn, sent: .no) }
            let end = try opener.acknowledged(done, in: store, as: identity, now: WallClock.now)
            if case .placed(let part) = end, part.hasNews { store.wake() }
            return end
        }
        switch end {
        case .placed(let part):
            log.tell(part.findings)
            if case .cannotFollow(_, let why) = part.stop {
                log.warning("this device's own commit cannot be entered: \(why)")
                return .cannotProcess
            }
            return try await standing(done.conversation)
        case .taken: return .takenFurtherOn
        case nil: return try await standing(done.conversation)
        case .another:
            throw Problem(.protocolFault, "the server keeps something else under the id of this device's commit")
        }
    }

    /// What waits will never be taken.
    func drop(_ waiting: WaitingCommit) async throws(Problem) {
        let judge = place.judge
        try await store.withOpener { opener, store in
            try opener.change(waiting.conversation, in: store) { held in
                guard try store.waitingCommit(of: waiting.conversation)?.id == waiting.id else { return }
                try store.drop(waiting)
                if waiting.kind == .externalJoin { try store.forgetResync(in: waiting.conversation) }
                if waiting.kind == .commit { try store.discardPending(of: waiting.group, &held, judge) }
            }
        }
    }

    /// The group of this device that waits for its place in the log.
    func whatWaits(for conversation: ConversationID) async throws(Problem) -> MessageID? {
        try await store.withStore { store in
            try store.waitingCommit(of: conversation).flatMap { $0.kind.isStaged ? $0.id : nil }
        }
    }

    /// As `readLog`, behind what the server says that it has taken: a group that still waits at the head was passed over, has no place to come to
    /// any more, and is nothing.
    func readLog(
        _ conversation: ConversationID, to taken: MessageID?
    ) async throws(Problem) -> GroupCourse.Event {
        let event = try await readLog(conversation)
        switch event {
        case .caughtUp, .foundRemoved: break
        default: return event
        }
        let known = try await store.withStore { try $0.waitingCommit(of: conversation) }
        guard let waiting = known, waiting.id == taken else { return event }
        log.warning("this device's own commit was passed over in the log")
        try await drop(waiting)
        return .passedOver
    }

    /// Reads the log from where this device stands to the head.
    func readLog(_ conversation: ConversationID) async throws(Problem) -> GroupCourse.Event {
        switch try await LogReader(store: store, wire: wire, log: log).read(conversation) {
        case .head(let position): return try await adopt(position, conversation)
        case .removed, .notMember: return try await standing(conversation)
        case .superseded: return .superseded
        case .contradicted(let why):
            log.warning("a group's log cannot be read: \(why)")
            return .cannotProcess
        case .cannotFollow(let item, let why):
            log.warning("entry \(item.last) of a group's log cannot be processed: \(why)")
            await report(item, conversation)
            return .cannotProcess
        }
    }

    /// What the store has of the group now.
    func standing(_ conversation: ConversationID) async throws(Problem) -> GroupCourse.Event {
        let held = try await held(conversation)
        guard let mark = held.mark else { return .refused(.groupExists) }
        return held.isRemoved ? .foundRemoved : .caughtUp(mark)
    }
}

extension ErrorCode {
    /// Whether what waits will never be taken: it is dropped, and made anew where it is still due.
    fileprivate func ends(_ kind: WaitingCommit.Kind) -> Bool {
        switch self {
        // Whether it was taken before, its log says.
        case .preconditionFailed: kind.isStaged
        case .removalsLeftOut: !kind.isStaged
        case .turnTaken, .removalPending: false
        // Who is added by it has gone.
        case .groupExists, .noGroup, .notInGroup, .noDevice: true
        // Of the connection that it went out on, and of itself nothing: it may have been taken before.
        case .unsupportedVersion, .notLoggedIn, .loginRefused, .deviceRevoked, .devicePending, .replaced,
            .accountDisabled, .badProof, .storeCopied, .identityUsed:
            false
        default: exitStatus != .temporary && exitStatus != .unreachable
        }
    }
}

extension Problem {
    /// As what the server refuses something; nil of a problem of one's own.
    var errorCode: ErrorCode? { ErrorCode.allCases.first { $0.name == code } }
}
