import CLISupport
import ChatProtocol
import Logging

/// What comes in of the logs of groups is opened in their order, and acknowledged when it is stored.
extension Client {
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
        while !rest.isEmpty {
            let part = try openPart(rest, of: conversation, isReplay: isReplay, identity)
            for item in part.items { acknowledger.planner.settled(item, now: Monotonic.now) }
            rest = rest.dropFirst(part.items.count)
            switch part.stop {
            case nil: continue
            case .impossible:
                acknowledger.send(all: true)
                throw .impossibleNumber(link)
            case .failed(_, let text): throw Problem(.inputOutput, "the profile's store: \(text)")
            case .notMember, .hole, .cannotFollow, .superseded:
                let refusal = part.stop == .notMember ? nil : ErrorCode.preconditionFailed
                let place = try store { try GroupPlaceMark(conversation, in: $0) }
                guard places.insert(place).inserted, places.count <= Self.mostEntered,
                    try await canFollow(conversation, on: link, after: refusal)
                else {
                    return try keepUnopened(
                        rest.map(Incoming.init)[...], isReplay: isReplay, from: link, identity: identity, acknowledger)
                }
            }
        }
    }

    private func openPart(
        _ items: ArraySlice<LogItem>, of conversation: ConversationID, isReplay: Bool, _ identity: Identity
    ) throws(Problem) -> OpenedPart {
        let now = WallClock.now
        let part = try withOpener { opener, store in
            let part = try opener.open(
                items, of: conversation, in: store, as: identity, isReplay: isReplay, isDelivered: true, now: now)
            if part.hasNews { store.wake() }
            return part
        }
        log.tell(part.findings)
        if part.findings.contains(where: \.isDoubt) { tellHistoryDoubts() }
        return part
    }

    /// Has this device come to where it can follow a conversation's log.
    ///
    /// - Parameter refusal: what the server would answer to a message of a device that is where this one is.
    /// - Returns: false where it cannot, whatever is done.
    /// - Throws: what may pass: what was delivered is delivered again.
    private func canFollow(
        _ conversation: ConversationID, on link: Link, after refusal: ErrorCode?
    ) async throws(Problem) -> Bool {
        do throws(Problem) {
            try await groupPassage.enter(conversation, on: link, after: refusal)
            return true
        } catch {
            guard error.isOfGroup else { throw error }
            log.warning("conversation \(conversation) cannot be followed: \(error.text)")
            return false
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

    static func impossibleNumber(_ link: Link) -> Problem {
        Problem(.protocolFault, "\(link.address) numbers messages far beyond what a conversation can have")
    }
}
