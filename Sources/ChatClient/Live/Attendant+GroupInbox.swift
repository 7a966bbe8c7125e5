import CLISupport
import ChatProtocol
import Logging

/// What comes in of the logs of groups is opened in their order, and acknowledged when it is stored.
extension Attendant {
    /// So often a device comes to another place in a group before what was delivered is told as what it cannot open.
    private static let mostEntered = 16

    /// Takes in what came of a conversation's log, after this device has come to where it can follow it.
    func open(
        _ items: [LogItem], of conversation: ConversationID, isReplay: Bool, from link: Link, identity: Identity,
        _ acknowledger: Acknowledger
    ) async throws(Problem) {
        var rest = items[...]
        // Of several Welcomes that wait the oldest comes first, and leads to the next one.
        var places: Set<GroupPlaceMark> = []
        var passesRepeats = false
        // What brings this device in waits: without its place in the log, which may lie before what comes now, nothing of it can be read.
        // Perhaps it never came to the server.
        if try store({ try $0.isOnItsWay(into: conversation) }) {
            _ = try await follow(conversation, on: link, after: nil)
        }
        while !rest.isEmpty {
            let part = try openPart(rest, of: conversation, isReplay: isReplay, passesRepeats: passesRepeats, identity)
            for item in part.items { acknowledger.planner.settled(item, now: Monotonic.now) }
            if !part.items.isEmpty {
                acknowledger.goOn(in: conversation)
                // Whoever was added and removed ever so often has as many Welcomes.
                places = []
            }
            rest = rest.dropFirst(part.items.count)
            switch part.stop {
            case nil: continue
            case .impossible:
                acknowledger.send(all: true)
                throw .impossibleNumber(link)
            case .failed(_, let text): throw Problem(.inputOutput, "the profile's store: \(text)")
            case .doubtful:
                // Has the server said before that the log was further on, reading it says so.
                _ = try await follow(conversation, on: link, after: .preconditionFailed)
                passesRepeats = true
            case .notMember, .hole, .cannotFollow, .superseded:
                let refusal = part.stop == .notMember ? nil : ErrorCode.preconditionFailed
                let place = try store { try GroupPlaceMark(conversation, in: $0) }
                let isNew = places.insert(place).inserted && places.count <= Self.mostEntered
                var obstacle = isNew ? nil : Problem.unknownToLog
                if isNew { obstacle = try await follow(conversation, on: link, after: refusal) }
                guard let obstacle else { continue }
                if case .hole? = part.stop, obstacle.exit == .protocolFault {
                    return try withhold(conversation, obstacle, acknowledger)
                }
                return try keepUnopened(
                    rest.map(Incoming.init)[...], isReplay: isReplay, from: link, identity: identity, acknowledger)
            }
        }
    }

    /// What the server leaves out it may yet give: nothing behind it is taken in or acknowledged until then, so that it comes again.
    private func withhold(
        _ conversation: ConversationID, _ obstacle: Problem, _ acknowledger: Acknowledger
    ) throws(Problem) {
        let name = try store { try $0.conversation(conversation)?.name.text }
        var problem = Problem(
            .protocolFault,
            "\(name ?? "a conversation"): \(obstacle.text); nothing behind them is read until it gives them",
            hint: "ask who runs the server", conversation: name)
        problem.sent = obstacle.sent
        guard acknowledger.withhold(conversation, problem) else { return }
        interaction.noteKey(KeyNotice(code: "log_incomplete", text: problem.text))
    }

    private func openPart(
        _ items: ArraySlice<LogItem>, of conversation: ConversationID, isReplay: Bool, passesRepeats: Bool,
        _ identity: Identity
    ) throws(Problem) -> OpenedPart {
        let now = WallClock.now
        let part = try onProfile { profile in
            try profile.withOpener { opener, store in
                let part = try opener.open(
                    items, of: conversation, in: store, as: identity, isReplay: isReplay, isDelivered: true,
                    passesRepeats: passesRepeats, now: now, clock: { Monotonic.now })
                if part.hasNews { store.wake() }
                return part
            }
        }
        if isReplay { try onProfile { $0.caughtUp(by: part.items.count) } }
        log.tell(part.findings)
        if part.findings.contains(where: \.isDoubt) { tellHistoryDoubts() }
        // Perhaps a device has come in that is owed something.
        if conversation == identity.notes { groupKeeper.news.open() }
        return part
    }

    /// Brings this device to where it can follow a conversation's log.
    ///
    /// - Parameter refusal: what the server would answer to a message of a device that is where this one is.
    /// - Returns: why it cannot, whatever is done; nil where it can.
    /// - Throws: what may pass: what was delivered is delivered again.
    private func follow(
        _ conversation: ConversationID, on link: Link, after refusal: ErrorCode?
    ) async throws(Problem) -> Problem? {
        do throws(Problem) {
            try await groupPassage.enter(conversation, on: link, after: refusal)
            return nil
        } catch {
            guard error.isOfGroup else { throw error }
            log.warning("conversation \(conversation) cannot be followed: \(error.text)")
            return error
        }
    }

    /// The server asks this device to commit who must go from a group, so that nobody has to wait for that before they write (R1).
    func commitWanted(in conversation: ConversationID, on link: Link) async {
        await groupKeeper.keep(conversation) { () async throws(Problem) in
            try await self.groupPassage.enter(conversation, on: link, after: .removalPending)
        }
    }

    /// A Welcome waits.
    func enterGroup(of conversation: ConversationID, on link: Link) async {
        do throws(Problem) {
            try await groupPassage.enter(conversation, on: link)
            groupKeeper.news.open()
        } catch { log.info("conversation \(conversation) is not entered yet: \(error.text)") }
    }
}

/// Where a device is in the log of a conversation.
private struct GroupPlaceMark: Hashable {
    private var mark: GroupMark?
    private var seq: SequenceNumber?

    init(_ conversation: ConversationID, in store: ClientStore) throws {
        let held = try store.heldGroup(of: conversation)
        mark = held.isRemoved ? nil : held.mark
        seq = try store.groupStanding(of: conversation)?.seq
    }
}

extension LogItem {
    /// As it is delivered: whole.
    init(_ incoming: Incoming) {
        switch incoming {
        case .entry(let entry): self = .entry(entry)
        case .gap(let gap): self = .gap(gap)
        }
    }
}

extension Incoming {
    init(_ item: LogItem) {
        switch item {
        case .entry(let entry), .hashed(let entry): self = .entry(entry)
        case .gap(let gap): self = .gap(gap)
        }
    }
}

extension Problem {
    /// It lies in what the group is, and trying again with nothing changed is of no use.
    fileprivate var isOfGroup: Bool {
        exit == .untrusted || exit == .protocolFault
            || [
                ErrorCode.notInGroup, .notAMember, .noGroup, .noDevice, .noSuchConversation, .noSuchRoom, .blocked,
                .tooLarge, .devicePending,
            ].contains { $0.name == code }
    }

    /// The device was brought to the end of the log, and what was delivered is not in it.
    fileprivate static var unknownToLog: Problem {
        Problem(.protocolFault, "the server delivers entries of a conversation's log without those before them")
    }

    static func impossibleNumber(_ link: Link) -> Problem {
        Problem(.protocolFault, "\(link.address) numbers messages far beyond what a conversation can have")
    }
}
