import CLISupport
import ChatProtocol
import Logging
import NIOCore

/// What comes in on a connection is stored before it is acknowledged, and told only from the store.
extension Attendant {
    /// Takes in what a connection brings until it ends.
    ///
    /// - Parameter news: who sees to what it tells beside the logs.
    func takeIn(
        from link: Link, identity: Identity, events: LinkEvents?, news: LinkNews
    ) async throws(Problem) {
        let acknowledger = Acknowledger(link)
        var isReplay = true
        defer { if isReplay { settleReplay() } }
        while let frames = await link.inbox.take() {
            var batch: [Incoming] = []
            for frame in frames {
                switch frame.frameKind {
                case .entry: batch.append(.entry(ReceivedEntry(try Link.decode(frame, from: link.address))))
                case .gap: batch.append(.gap(try Link.decode(frame, from: link.address)))
                case .live, .presence, .receipt:
                    try await keep(batch, isReplay: isReplay, from: link, identity: identity, acknowledger)
                    batch = []
                    if frame.frameKind == .live {
                        for conversation in try store({ try $0.openWelcomeRequests(limit: GroupWatch.most) }) {
                            await enterGroup(of: conversation, on: link)
                        }
                        isReplay = false
                        settleReplay()
                        if let obstacle = acknowledger.obstacle { try tell(.incomplete(obstacle), events) }
                    }
                    acknowledger.send(all: frame.frameKind == .live)
                    try report(frame, from: link, to: events)
                case .deviceWaiting:
                    try tell(.deviceWaits(try Link.decode(frame, from: link.address)), events)
                case .keysChanged:
                    let changed: KeysChanged = try Link.decode(frame, from: link.address)
                    news.keys.hear(changed)
                    // Perhaps another process of this profile has approved a device.
                    if changed.account == identity.account { groupKeeper.news.open() }
                case .commitWanted: news.commits?.hear(try Link.decode(frame, from: link.address))
                case .memberChanged: news.members?.hear(try Link.decode(frame, from: link.address))
                case .groupWelcome:
                    let welcome: GroupWelcome = try Link.decode(frame, from: link.address)
                    await enterGroup(of: welcome.conversation, on: link)
                default:
                    // A newer server may tell more than we understand.
                    log.debug("an event that is not known here", metadata: ["kind": "\(frame.kind)"])
                }
            }
            try await keep(batch, isReplay: isReplay, from: link, identity: identity, acknowledger)
            acknowledger.send()
        }
        acknowledger.cancel()
    }

    /// Stores a batch, after the names in it are known: what follows in one conversation's log together.
    private func keep(
        _ batch: [Incoming], isReplay: Bool, from link: Link, identity: Identity, _ acknowledger: Acknowledger
    ) async throws(Problem) {
        guard !batch.isEmpty else { return }
        try await lookUpStrangers(in: batch, on: link, own: identity.account)
        var rest = batch[...]
        while let conversation = rest.first?.conversation {
            let end = rest.firstIndex { $0.conversation != conversation } ?? rest.endIndex
            let items = rest[..<end].map(LogItem.init)
            try await open(items, of: conversation, isReplay: isReplay, from: link, identity: identity, acknowledger)
            rest = rest[end...]
        }
    }

    /// Stores what this device cannot open: it is told as that.
    func keepUnopened(
        _ batch: ArraySlice<Incoming>, isReplay: Bool, from link: Link, identity: Identity,
        _ acknowledger: Acknowledger
    ) throws(Problem) {
        let now = WallClock.now
        let stored = try store { store in
            let stored = try store.writeSynced {
                try store.noteSynced(now)
                return try store.store(
                    Array(batch), own: identity.account, isReplay: isReplay, now: now, open: EntryOpening.unopened)
            }
            if stored.hasNews { store.wake() }
            return stored
        }
        for item in stored.items { acknowledger.planner.settled(item, now: Monotonic.now) }
        if stored.refused != nil {
            acknowledger.send(all: true)
            throw .impossibleNumber(link)
        }
    }

    /// Has those who read the store look again.
    func wakeReaders() {
        do throws(Problem) { try store { $0.wake() } } catch { log.debug("readers not woken: \(error.text)") }
    }

    private func report(_ frame: RawFrame, from link: Link, to events: LinkEvents?) throws(Problem) {
        switch frame.frameKind {
        case .live:
            let live: Live = try Link.decode(frame, from: link.address)
            try store { store in try store.write { try store.noteSynced(WallClock.now) } }
            try tell(.live(time: live.time), events)
        case .presence:
            let presence: Presence = try Link.decode(frame, from: link.address)
            try tell(.presence(presence), events)
        default:
            let receipt: Receipt = try Link.decode(frame, from: link.address)
            try storeReceipts([receipt.state], of: receipt.conversation)
            try tell(.receipt(receipt.conversation, receipt.state), events)
        }
    }

    private func tell(_ event: LinkEvents.Event, _ events: LinkEvents?) throws(Problem) {
        guard let events else { return }
        events.report(event, try store { try $0.lastPosition() })
    }

    // MARK: Names

    /// Asks for the conversations and accounts of a batch that are not known here.
    func lookUpStrangers(in batch: [Incoming], on link: Link, own: AccountID) async throws(Problem) {
        let conversations = try store { try $0.unknown(conversations: Set(batch.map(\.conversation))) }
        for page in conversations.pages(of: Limits.page) {
            let found: Conversations = try await link.request(LookUpConversations(ids: page))
            try store { store in
                try store.write { try store.remember(found.conversations, own: own, now: WallClock.now) }
            }
        }
        let senders = batch.compactMap { if case .entry(let entry) = $0 { entry.place.sender } else { nil } }
        try await link.lookUp(Set(senders), profile)
        try await readKeysOfStrangers(in: batch, on: link)
    }

    /// Reads the chain of whoever is known here and writes from a device that is not in it, as far as it is known: before anybody acts on
    /// it, and once a device and connection, for the server may name what it likes.
    private func readKeysOfStrangers(in batch: [Incoming], on link: Link) async throws(Problem) {
        let senders = batch.compactMap { item -> Sender? in
            guard case .entry(let entry) = item else { return nil }
            return Sender(account: entry.place.sender, device: entry.place.device)
        }
        for sender in intake.unasked(senders, on: link) {
            let isStrange = try store { store in
                try store.isStrange(sender.device, of: sender.account, listed: try gate.file?.readOrLast())
            }
            guard isStrange else { continue }
            intake.asks(for: sender, on: link)
            do throws(Problem) { try await keyPassage.readAndTell(sender.account, on: link) } catch {
                log.info("the chain of account \(sender.account) is not read: \(error.text)")
            }
        }
    }
}

/// Who wrote an entry, as the server says.
struct Sender: Hashable, Sendable {
    var account: AccountID
    var device: DeviceID
}

extension Array {
    func pages(of size: Int) -> [[Element]] {
        stride(from: 0, to: count, by: size).map { Array(self[$0..<Swift.min($0 + size, count)]) }
    }
}
