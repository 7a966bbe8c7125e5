import ChatProtocol
import NIOCore

/// Has devices removed from groups that are not active any more: proposes it, and asks somebody to commit. Confined to the hub's event
/// loop.
final class RemovalDesk {
    private let context: HubContext
    private let desk: FollowerDesk
    private let writer: BatchWriter
    private let connections: ConnectionRegistry
    private var book = RemovalBook()
    private var isAsking = false

    init(context: HubContext, desk: FollowerDesk, writer: BatchWriter, connections: ConnectionRegistry) {
        self.context = context
        self.desk = desk
        self.writer = writer
        self.connections = connections
    }

    /// Devices of an account, or of all, may have gone: when `completion` is called, every conversation that is to refuse messages does
    /// so (R3).
    func look(for account: AccountID?, completion: @escaping () -> Void = {}) {
        context.bridge.perform { [store = context.store] () throws(StoreFailure) in
            try await store.lostGroups(of: account)
        } then: { result in
            switch result {
            case .success(let conversations): self.propose(in: conversations[...], completion)
            case .failure(let failure):
                // The next look finds them still.
                self.context.log.error("removals could not be looked for", metadata: ["error": "\(failure)"])
                completion()
            }
        }
    }

    /// Devices of one conversation have gone, as `look`.
    func look(in conversation: ConversationID, completion: @escaping () -> Void) {
        propose(in: conversation, completion)
    }

    private func propose(in conversations: ArraySlice<ConversationID>, _ completion: @escaping () -> Void) {
        guard let conversation = conversations.first else { return completion() }
        propose(in: conversation) { self.propose(in: conversations.dropFirst(), completion) }
    }

    private func propose(in conversation: ConversationID, _ completion: @escaping () -> Void) {
        desk.propose(in: conversation) { result, settle in
            guard case .success(let removals) = result, let last = removals.rulings.last else {
                // Nothing was to be gathered after all.
                if self.gathered[conversation] == true { self.gathered[conversation] = nil }
                // They were proposed before this server began.
                if case .success(let removals) = result, let waiting = removals.waiting,
                    !self.book.conversations.contains(conversation)
                {
                    self.waits(in: conversation, waiting, removals.generation)
                }
                settle(false)
                return completion()
            }
            guard last.holdsMessages || self.mayPropose(in: conversation) else {
                settle(false)
                return completion()
            }
            self.write(removals.rulings, in: conversation, removals.generation) { wereTaken in
                settle(wereTaken)
                if wereTaken { self.waits(in: conversation, last.next, removals.generation) }
                completion()
            }
        }
    }

    // MARK: Open groups

    /// Open groups whose time to gather is running, or over.
    private var gathered: [ConversationID: Bool] = [:]

    private func mayPropose(in conversation: ConversationID) -> Bool {
        if gathered[conversation] == true {
            gathered[conversation] = nil
            return true
        }
        guard gathered[conversation] == nil else { return false }
        gathered[conversation] = false
        context.schedule(in: context.settings.gathering) { [weak self] in
            self?.gathered[conversation] = true
            self?.propose(in: conversation) {}
        }
        return false
    }

    // MARK: Writing

    /// Writes proposals one behind the other, in one batch with what was added before them.
    ///
    /// - Parameter generation: in which they were made.
    func write(
        _ rulings: [RemovalRuling], in conversation: ConversationID, _ generation: StoreGeneration,
        _ completion: @escaping (Bool) -> Void
    ) {
        let bundles = rulings.compactMap { $0.bundle(in: conversation, generation: generation) }
        var left = bundles.count
        var wereTaken = left == rulings.count
        guard left > 0 else { return completion(wereTaken) }
        for bundle in bundles {
            writer.add(
                .bundle(bundle),
                .call { outcome in
                    if case .success(.appended) = outcome {} else { wereTaken = false }
                    left -= 1
                    if left == 0 { completion(wereTaken) }
                })
        }
    }

    // MARK: Asking

    /// Where the groups of the book stand.
    private var positions: [ConversationID: ConversationPosition] = [:]

    /// Removes wait in a group.
    func waits(in conversation: ConversationID, _ follower: GroupFollower, _ generation: StoreGeneration) {
        positions[conversation] = ConversationPosition(generation: generation, follower.mark)
        book.began(conversation, candidates: follower.remaining)
        ask()
    }

    /// A group has taken a commit.
    func committed(in conversation: ConversationID, _ ruling: GroupRuling, _ generation: StoreGeneration) {
        guard ruling.repeated.isEmpty else { return waits(in: conversation, ruling.last, generation) }
        book.ended(conversation)
        positions[conversation] = nil
        // There may be more than may wait at once.
        if ruling.members.contains(where: \.losesLeaf) { propose(in: conversation) {} }
    }

    /// There is no such group any more.
    func ended(_ conversation: ConversationID) {
        book.ended(conversation)
        positions[conversation] = nil
        gathered[conversation] = nil
    }

    /// Asks whoever is next, as long as something waits.
    private func ask() {
        for conversation in book.conversations {
            let reader = book.next(conversation, at: context.clock.now()) { reader in
                self.connections.sessions(of: reader).contains { $0.subscription != nil }
            }
            if let reader { tell(reader, conversation) }
        }
        guard !isAsking, book.isAsking else { return }
        isAsking = true
        context.schedule(in: RemovalBook.patience) { [weak self] in
            self?.isAsking = false
            self?.ask()
        }
    }

    /// A device has subscribed.
    func came(_ device: DeviceID) {
        if book.came(device) { ask() }
    }

    /// Somebody writes who does not stay: where nobody stays it is asked before it has its answer, and commits behind its message.
    func passes(_ session: Session, in conversation: ConversationID) {
        guard session.subscription == nil, let device = session.identity?.device,
            let position = positions[conversation],
            book.passes(device, in: conversation, at: context.clock.now())
        else { return }
        session.send(CommitWanted(conversation: conversation, position: position))
    }

    private func tell(_ reader: DeviceReader, _ conversation: ConversationID) {
        context.bridge.perform { [store = context.store] () throws(StoreFailure) in
            try await store.standing(of: conversation, for: reader)
        } then: { result in
            guard case .success(let standing) = result else { return }
            let wanted = CommitWanted(conversation: conversation, position: standing.standing.position)
            self.connections.sessions(of: reader).first { $0.subscription != nil }?.send(wanted)
        }
    }
}
