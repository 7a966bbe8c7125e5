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
    /// so (R3), or it says why one may not. That is not forgotten, and tried again.
    func look(for account: AccountID?, completion: @escaping (Failure?) -> Void = { _ in }) {
        context.bridge.perform { [store = context.store] () throws(StoreFailure) in
            try await store.lostGroups(of: account)
        } then: { result in
            switch result {
            case .success(let conversations): self.propose(in: conversations[...], completion)
            case .failure(let failure): self.fellShort("\(failure)", completion)
            }
        }
    }

    /// Devices of one conversation have gone, as `look`.
    func look(in conversation: ConversationID, completion: @escaping (Failure?) -> Void = { _ in }) {
        propose(in: [conversation], completion)
    }

    /// One that cannot refuse messages yet holds up no other.
    private func propose(
        in conversations: ArraySlice<ConversationID>, after failure: Failure? = nil,
        _ completion: @escaping (Failure?) -> Void
    ) {
        guard let conversation = conversations.first else {
            return failure.map { fellShort("\($0.sentence)", completion) } ?? completion(nil)
        }
        propose(in: conversation, tries: Self.tries) {
            self.propose(in: conversations.dropFirst(), after: failure ?? $0, completion)
        }
    }

    private func propose(in conversation: ConversationID, tries: Int, _ completion: @escaping (Failure?) -> Void) {
        desk.propose(in: conversation) { result, settle in
            let removals: FollowerDesk.Removals
            switch result {
            case .success(let made): removals = made
            case .failure(let failure):
                settle(false)
                return completion(failure.saysThatNobodyWrites ? nil : failure)
            }
            guard let last = removals.rulings.last else {
                // Nothing was to be gathered after all.
                if self.gathered[conversation] == true { self.gathered[conversation] = nil }
                // They were proposed before this server began.
                if let waiting = removals.waiting, !self.asker.waits(in: conversation) {
                    self.asker.began(in: conversation, waiting, removals.generation)
                }
                settle(false)
                return completion(nil)
            }
            guard last.holdsMessages || self.mayPropose(in: conversation) else {
                settle(false)
                return completion(nil)
            }
            self.write(removals.rulings, in: conversation, removals.generation) { failure in
                settle(failure == nil)
                guard let failure else {
                    self.asker.began(in: conversation, last.next, removals.generation)
                    return completion(nil)
                }
                // Another server of this store was quicker, and the group is another one now.
                if failure.errorCode == .preconditionFailed, tries > 1 {
                    return self.propose(in: conversation, tries: tries - 1, completion)
                }
                completion(failure.saysThatNobodyWrites ? nil : failure)
            }
        }
    }

    // MARK: What fell short

    private static let tries = 8
    /// The pause is doubled so often, for a group that is damaged never refuses.
    private static let mostDoublings = 4
    private var looksAgain = false
    /// Looks in a row that fell short.
    private var rounds = 0

    private func fellShort(_ reason: String, _ completion: @escaping (Failure?) -> Void) {
        context.log.error("groups do not all refuse messages to who is gone yet", metadata: ["error": "\(reason)"])
        completion(
            Failure(.busy, sentence: "it is done, but not all groups refuse messages to who is gone yet"))
        guard !looksAgain else { return }
        looksAgain = true
        let pause = context.settings.removalPause * (1 << min(rounds, Self.mostDoublings))
        rounds += 1
        context.schedule(in: pause) { [weak self] in
            self?.looksAgain = false
            self?.look(for: nil) { if $0 == nil { self?.rounds = 0 } }
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
            self?.look(in: conversation)
        }
        return false
    }

    // MARK: Writing

    /// Writes proposals one behind the other, in one batch with what was added before them.
    ///
    /// - Parameters:
    ///   - generation: in which they were made.
    ///   - completion: is told why not all of them stand in the log.
    func write(
        _ rulings: [RemovalRuling], in conversation: ConversationID, _ generation: StoreGeneration,
        _ completion: @escaping (Failure?) -> Void
    ) {
        let bundles = rulings.compactMap { $0.bundle(in: conversation, generation: generation) }
        var left = bundles.count
        var failure = left == rulings.count ? nil : Failure(.internalError)
        guard left > 0 else { return completion(failure) }
        for bundle in bundles {
            writer.add(
                .bundle(bundle),
                .call { outcome in
                    failure = failure ?? outcome.whyNotAppended
                    left -= 1
                    if left == 0 { completion(failure) }
                })
        }
    }

    // MARK: Groups

    /// A group has taken a commit.
    func committed(in conversation: ConversationID, _ ruling: GroupRuling, _ generation: StoreGeneration) {
        guard ruling.repeated.isEmpty else { return asker.began(in: conversation, ruling.last, generation) }
        asker.ended(conversation)
        // There may be more than may wait at once.
        if ruling.members.contains(where: \.losesLeaf) { look(in: conversation) }
    }

    /// There is no such group any more.
    func ended(_ conversation: ConversationID) {
        asker.ended(conversation)
        gathered[conversation] = nil
    }
}

extension Failure {
    /// Nobody writes there any more, so that there is nothing to refuse.
    fileprivate var saysThatNobodyWrites: Bool {
        switch errorCode {
        case .noSuchConversation, .noSuchRoom, .noSuchUser, .noGroup: true
        default: false
        }
    }
}

extension Result where Success == OperationOutcome, Failure == ChatProtocol.Failure {
    fileprivate var whyNotAppended: ChatProtocol.Failure? {
        switch self {
        case .success(.appended): nil
        case .success(.refused(let failure)), .failure(let failure): failure
        case .success: ChatProtocol.Failure(.internalError)
        }
    }
}
