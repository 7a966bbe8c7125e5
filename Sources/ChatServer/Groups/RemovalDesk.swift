import ChatProtocol
import NIOCore

/// Has devices removed from groups that are not active any more: proposes it, and has somebody asked to commit. Confined to the hub's
/// event loop.
final class RemovalDesk {
    private let context: HubContext
    private let desk: FollowerDesk
    private let writer: BatchWriter
    private let asker: CommitAsker

    init(context: HubContext, desk: FollowerDesk, writer: BatchWriter, asker: CommitAsker) {
        self.context = context
        self.desk = desk
        self.writer = writer
        self.asker = asker
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
                    !self.asker.waits(in: conversation)
                {
                    self.asker.began(in: conversation, waiting, removals.generation)
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
                if wereTaken { self.asker.began(in: conversation, last.next, removals.generation) }
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

    // MARK: Groups

    /// A group has taken a commit.
    func committed(in conversation: ConversationID, _ ruling: GroupRuling, _ generation: StoreGeneration) {
        guard ruling.repeated.isEmpty else { return asker.began(in: conversation, ruling.last, generation) }
        asker.ended(conversation)
        // There may be more than may wait at once.
        if ruling.members.contains(where: \.losesLeaf) { propose(in: conversation) {} }
    }

    /// There is no such group any more.
    func ended(_ conversation: ConversationID) {
        asker.ended(conversation)
        gathered[conversation] = nil
    }
}
