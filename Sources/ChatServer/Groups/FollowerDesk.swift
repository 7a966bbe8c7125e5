import ChatProtocol
import GroupRules
import NIOCore
import System

/// Looks at everything that concerns groups before it comes to the store's batch, so that no batch waits for cryptography. Confined to the
/// hub's event loop; followers are read and handshakes judged in a lane of its own.
///
/// What it knows of a group may be late: the store decides by compare-and-swap, and what it refuses is dropped here.
final class FollowerDesk {
    let authority: GroupAuthority
    private let context: HubContext
    /// Nil where computing has a place of its own.
    private let lane: BlockingLane?
    private var lines: [ConversationID: HandshakeLine<Request>] = [:]
    private var shelf = FollowerShelf()

    /// Something that waits in a line: it is carried out, and says when it has its end.
    private typealias Request = (_ finish: @escaping () -> Void) -> Void

    init(context: HubContext, authority: GroupAuthority) {
        self.context = context
        self.authority = authority
        lane = context.settings.computing == nil ? BlockingLane("groups") : nil
    }

    var figures: GroupFigures {
        GroupFigures(
            followers: shelf.count, bytes: shelf.bytes, handshakes: handshakes, refused: refused, reports: reports,
            lines: lines.count)
    }
    private var handshakes: UInt64 = 0
    private var refused: UInt64 = 0
    private var reports: UInt64 = 0

    /// A member could not process a commit that was taken here.
    func reported() { reports += 1 }

    // MARK: Reading

    /// The group of a conversation as it stands, for a device of one of its members.
    func read(
        _ conversation: ConversationID, for reader: DeviceReader, withTree: Bool,
        then: @escaping (Result<GroupView, Failure>) -> Void
    ) {
        enter(conversation, refused: { then(.failure($0)) }) { finish in
            let known = self.shelf.tree(of: conversation)
            self.look(at: conversation, for: reader) { (standing, follower, _) throws(StoreFailure) in
                guard let follower else { throw .refused(Failure(.noGroup, current: standing.standing)) }
                let tree = known?.mark == follower.mark ? known?.tree : withTree ? follower.tree : nil
                return GroupView(standing: standing, follower: follower, groupInfo: follower.groupInfo, tree: tree)
            } then: { result in
                if case .success(let view) = result { self.keep(view, of: conversation) }
                then(result)
                finish()
            }
        }
    }

    private func keep(_ view: GroupView, of conversation: ConversationID) {
        guard let follower = view.follower else { return }
        shelf.put(follower, tree: view.tree, for: conversation)
    }

    // MARK: Judging

    /// Has a handshake judged, and gives what came of it to `decided`, which calls what it is given with the end: whether the store
    /// has taken it.
    func judge(
        _ question: HandshakeQuestion,
        decided: @escaping (Result<HandshakeDecision, Failure>, @escaping (Bool) -> Void) -> Void
    ) {
        enter(question.conversation, refused: { decided(.failure($0), { _ in }) }) { finish in
            self.decide(question) { result in
                decided(result) { wasTaken in
                    self.settle(result, of: question.conversation, wasTaken: wasTaken)
                    finish()
                }
            }
        }
    }

    private func decide(_ question: HandshakeQuestion, then: @escaping (Result<HandshakeDecision, Failure>) -> Void) {
        let authority = authority
        let everyone = Int(clamping: context.settings.limits.everyoneDevices)
        look(at: question.conversation, for: question.author, isFounding: question.founding != nil) {
            (standing, former, facts) throws(StoreFailure) in
            let current = standing.standing
            // Where it stands elsewhere the store says what this is: done before, or too late.
            if let position = question.position, position != current.position {
                return HandshakeDecision(standing: standing, position: position, ruling: nil, former: former)
            }
            let ruling = Result { () throws(Failure) in
                try question.ruling(standing, former: former, facts, everyone: everyone, by: authority)
            }
            return HandshakeDecision(standing: standing, position: current.position, ruling: ruling, former: former)
        } then: { result in
            guard case .success(let decision) = result, case .success(let ruling)? = decision.ruling, ruling.mayOweMore
            else { return then(result) }
            self.look(at: question.conversation, for: .server, readsLost: true) { (_, _, facts) throws(StoreFailure) in
                var decision = decision
                decision.ruling = Result { () throws(Failure) in
                    try ruling.owing(facts.lost, besides: question.author.device, by: authority)
                }
                return decision
            } then: {
                then($0)
            }
        }
    }

    /// Goes on with the group as it is now.
    private func settle(
        _ result: Result<HandshakeDecision, Failure>, of conversation: ConversationID, wasTaken: Bool
    ) {
        guard case .success(let decision) = result else { return }
        switch decision.ruling {
        case .success(let ruling) where wasTaken:
            handshakes += 1
            shelf.put(ruling.last, for: conversation)
        case .success: shelf.drop(conversation)
        case .failure, nil:
            refused += 1
            if let former = decision.former, shelf.latest(of: conversation)?.mark != former.mark {
                shelf.put(former, for: conversation)
            }
        }
    }

    // MARK: The server's proposals

    struct Removals: Sendable {
        /// The store's, when they were made.
        var generation: StoreGeneration
        /// What is to be proposed.
        var rulings: [RemovalRuling] = []
        /// The group where something waits in it already.
        var waiting: GroupFollower?
    }

    /// Makes the proposals that remove the leaves which are nobody's any more, and gives them to `decided`, which calls what it is
    /// given with the end: whether the store has taken all of them.
    ///
    /// It waits for its turn however many wait: whoever was revoked is to get nothing more (R3). There is one for each change of devices
    /// or members that is under way.
    func propose(
        in conversation: ConversationID,
        decided: @escaping (Result<Removals, Failure>, @escaping (Bool) -> Void) -> Void
    ) {
        enter(conversation, isOwed: true, refused: { decided(.failure($0), { _ in }) }) { finish in
            self.look(at: conversation, for: .server, readsLost: true) {
                [authority = self.authority]
                (standing, follower, facts) throws(StoreFailure) -> Removals in
                let generation = standing.standing.position.generation
                guard let follower else { return Removals(generation: generation) }
                do throws(Failure) {
                    return Removals(
                        generation: generation, rulings: try follower.removals(of: facts.lost, by: authority),
                        waiting: follower.hasWaitingRemoves ? follower : nil)
                } catch { throw .refused(error) }
            } then: { result in
                decided(result) { wereTaken in
                    if case .success(let removals) = result, let last = removals.rulings.last {
                        if wereTaken {
                            self.shelf.put(last.next, for: conversation)
                        } else {
                            self.shelf.drop(conversation)
                        }
                    }
                    finish()
                }
            }
        }
    }

    /// What is known of a conversation's group may be late.
    func forget(_ conversation: ConversationID) { shelf.drop(conversation) }

    // MARK: One after the other

    private func enter(
        _ conversation: ConversationID, isOwed: Bool = false, refused: (Failure) -> Void, _ request: @escaping Request
    ) {
        guard lines[conversation, default: HandshakeLine()].add(request, isOwed: isOwed) else {
            return refused(Failure(.busy, sentence: "too much waits for the group of this conversation"))
        }
        goOn(conversation)
    }

    private func goOn(_ conversation: ConversationID) {
        guard let request = lines[conversation]?.next() else {
            if lines[conversation]?.isIdle == true { lines[conversation] = nil }
            return
        }
        request { [weak self] in
            self?.lines[conversation]?.finish()
            self?.goOn(conversation)
        }
    }

    /// Reads where the conversation stands and its group, from memory where that is the one, and has `work` done in the lane.
    private func look<Value: Sendable>(
        at conversation: ConversationID, for reader: DeviceReader, isFounding: Bool = false, readsLost: Bool = false,
        _ work: @escaping @Sendable (DeviceStanding, GroupFollower?, FoundingFacts) throws(StoreFailure) -> Value,
        then: @escaping (Result<Value, Failure>) -> Void
    ) {
        let known = shelf.latest(of: conversation)
        context.bridge.compute { [store = context.store, authority, lane] () throws(StoreFailure) in
            let standing = try await store.standing(of: conversation, for: reader)
            let mark = standing.standing.position.mark
            var facts = FoundingFacts()
            if isFounding { try await facts.read(standing.conversation, reader.account, from: store) }
            if isFounding, mark.isGroup {
                facts.rows = try await GroupRows.read(GroupFollower.kinds, of: conversation, from: store)
            }
            if mark.isGroup, isFounding || readsLost {
                facts.lost = Set(try await store.lostLeaves(of: conversation).map(\.reader.device))
            }
            var rows: GroupRows?
            if mark.isGroup, known?.mark != mark {
                rows =
                    isFounding
                    ? facts.rows : try await GroupRows.read(GroupFollower.kinds, of: conversation, from: store)
            }
            let name = GroupName(conversation: conversation, incarnation: mark.incarnation)
            let compute = { @Sendable [rows, facts] () throws(StoreFailure) in
                var follower = mark.isGroup ? known : nil
                if let rows { follower = try GroupFollower.load(rows, of: name, by: authority) }
                return try work(standing, follower, facts)
            }
            guard let lane else { return try compute() }
            return try await lane.run(compute)
        } then: { result in
            then(result.mapError { self.context.failure($0) })
        }
    }
}
