import CLISupport
import ChatProtocol
import GroupRules
import Logging

/// Reads the log of a conversation that has a group from where this device stands to the head, on request: without a subscription, and
/// without acknowledging anything.
struct LogReader: Sendable {
    /// What was left out, or could not be followed, is asked for once more.
    private static let attempts = 2

    let store: any GroupDoor
    let wire: any GroupWire
    let log: Logger

    enum End: Equatable, Sendable {
        /// Everything that there was is processed; where the conversation stands.
        case head(ConversationPosition)
        /// A commit has removed this device.
        case removed
        /// It is in no group of it.
        case notMember
        /// It goes on with a later incarnation.
        case superseded
        /// A commit that the server took cannot be processed (S3).
        case cannotFollow(LogItem, String)
        /// The server denies what it has told of it before.
        case contradicted(String)
    }

    func read(_ conversation: ConversationID) async throws(Problem) -> End {
        var place: SequenceNumber?
        var attempts = 0
        var hasGoneBack = false
        while true {
            guard let after = try await standing(conversation) else { return .notMember }
            attempts = after == place ? attempts + 1 : 1
            place = after
            guard attempts <= Self.attempts else {
                throw Problem(.protocolFault, "the server does not go on with a conversation's log")
            }
            let page = try await wire.readLog(of: conversation, after: after)
            if try await isContradicted(page, after) {
                guard !hasGoneBack, try await goBack(page) else {
                    return .contradicted("its log ends at \(page.standing.head), and it was told up to \(after)")
                }
                hasGoneBack = true
                continue
            }
            let items = page.items
            try await lookUpStrangers(in: items)
            // A few entries are what happens meanwhile, and not what was missed.
            let isBehind = page.through < page.standing.head || items.count > Opener.batch
            switch try await open(items, of: conversation, isBehind: isBehind) {
            case nil:
                // What came between the page and the word of where the conversation stands is read too.
                if page.through >= page.standing.head {
                    try await takeClaim(page)
                    return .head(page.standing.position)
                }
            case .cannotFollow(let seq, let why)?:
                guard attempts >= Self.attempts, let item = items.first(where: { $0.last == seq }) else { continue }
                return try await isRemoved(conversation) ? .removed : .cannotFollow(item, why)
            case .hole?:
                guard attempts >= Self.attempts else { continue }
                throw Problem(.protocolFault, "the server leaves entries of a conversation's log out")
            case .doubtful?: continue
            case .notMember?: return .notMember
            case .superseded?: return .superseded
            case .impossible(let seq)?:
                throw Problem(.protocolFault, "the server numbers an entry \(seq), far beyond what can be")
            case .failed(let seq, let why)?:
                throw Problem(.internalFault, "entry \(seq) of a conversation's log cannot be stored: \(why)")
            }
        }
    }

    /// Within one life of its store a log never becomes shorter.
    private func isContradicted(_ page: LogPage, _ after: SequenceNumber) async throws(Problem) -> Bool {
        guard page.standing.head < after else { return false }
        return try await store.withStore {
            try $0.groupStanding(of: page.conversation)?.generation == page.standing.position.generation
        }
    }

    private func goBack(_ page: LogPage) async throws(Problem) -> Bool {
        log.warning("the server had said that conversation \(page.conversation) goes beyond \(page.standing.head)")
        return try await store.withStore { store in
            try store.writeWithReserve(isSynced: true) {
                try store.goBack(in: page.conversation, to: page.standing.head)
            }
        }
    }

    private func standing(_ conversation: ConversationID) async throws(Problem) -> SequenceNumber? {
        try await store.withStore { try $0.groupStanding(of: conversation)?.seq }
    }

    private func takeClaim(_ page: LogPage) async throws(Problem) {
        guard let hash = LogHash(page.hash) else { return }
        try await store.withStore { store in
            guard try store.groupStanding(of: page.conversation)?.hash == nil else { return }
            try store.writeWithReserve { try store.takeClaim(hash, of: page) }
        }
    }

    /// Takes the items in, a part in one transaction. Nil: all of them.
    private func open(
        _ items: [LogItem], of conversation: ConversationID, isBehind: Bool
    ) async throws(Problem) -> OpeningStop? {
        var rest = items[...]
        while !rest.isEmpty {
            let part = try await store.withOpener { [rest] opener, store -> OpenedPart in
                guard let identity = try store.identity() else { throw Problem(.notLoggedIn, sent: .no) }
                let part = try opener.open(
                    rest, of: conversation, in: store, as: identity, now: WallClock.now, clock: { Monotonic.now })
                if part.hasNews { store.wake() }
                return part
            }
            log.tell(part.findings)
            if isBehind { await store.caughtUp(by: part.items.count) }
            if let stop = part.stop { return stop }
            rest = rest.dropFirst(max(1, part.items.count))
        }
        return nil
    }

    /// Whether what cannot be followed is what others do behind this device's removal.
    private func isRemoved(_ conversation: ConversationID) async throws(Problem) -> Bool {
        try await store.withStore { try $0.heldGroup(of: conversation).isRemoved }
    }

    /// Asks for the names of senders that are not known here, so that what is stored can be shown.
    private func lookUpStrangers(in items: [LogItem]) async throws(Problem) {
        try await wire.lookUp(Set(items.compactMap(\.sender)), store)
    }
}

extension LogItem {
    /// Who has written it; nil of a gap, and of what the server itself proposes.
    fileprivate var sender: AccountID? {
        switch self {
        case .entry(let entry), .hashed(let entry):
            entry.payloadKind == PayloadKind.proposal.rawValue ? nil : entry.place.sender
        case .gap: nil
        }
    }
}

extension Logger {
    /// What was found in a log and no person is told of.
    func tell(_ findings: [OpeningFinding]) {
        for finding in findings {
            switch finding {
            case .unreadable(let seq, let why): warning("entry \(seq) is not shown: \(why)")
            case .repeated(let seq): warning("entry \(seq) is not shown: its id was used before")
            case .refusedProposal(let seq, let why): warning("proposal \(seq) is not kept: \(why)")
            case .leftOut(let id): warning("the server has said that it took \(id), and its log has not got it")
            case .chainGoesOn(let account): debug("the chain of account \(account) goes on")
            case .chainForked(let account): warning("the chain of account \(account) has two ends")
            case .historyDiffers(let seq, let account, _):
                warning(
                    "account \(account) has another log than this device, by entry \(seq): one of them, or the server, lies"
                )
            case .merged(let epoch): debug("a group is in epoch \(epoch)")
            case .removed(let epoch): info("this device was removed from a group in epoch \(epoch)")
            }
        }
    }
}
