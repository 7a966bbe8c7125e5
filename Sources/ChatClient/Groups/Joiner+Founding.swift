import CLISupport
import ChatProtocol
import GroupRules
import MLS

/// Founding, and joining from outside.
extension Joiner {
    // MARK: Making

    /// Founds the group with every active device of both accounts that has a key package.
    func found(_ conversation: ConversationID, with peer: Peer) async throws(Problem) -> GroupCourse.Event {
        let own = Peer(account: place.own.place.account, name: place.own.name)
        async let mine = packages(of: own, in: conversation)
        async let others = peer.account == own.account ? nil : packages(of: peer, in: conversation)
        let (ours, theirs) = (try await mine.get(), try await others?.get())
        guard let party = theirs == nil ? place.party : theirs?.party, theirs?.choice.packages.isEmpty != true else {
            return .nobodyToAdd
        }
        let founding = try StagedGroup.founding(
            place, with: party, in: conversation, adding: ours.choice.packages + (theirs?.choice.packages ?? []),
            now: WallClock.now)
        return .made(try await stage(founding))
    }

    /// Joins a group of which this device holds nothing.
    func join(_ conversation: ConversationID) async throws(Problem) -> GroupCourse.Event {
        let part: GroupPart = try await wire.ask(ReadGroup(conversation: conversation))
        var tree = part.tree
        while tree.count < Int(part.treeSize) {
            let next: GroupPart = try await wire.ask(
                ReadGroup(
                    conversation: conversation, offset: UInt32(clamping: tree.count), position: part.position))
            guard !next.tree.isEmpty, next.offset == UInt32(clamping: tree.count) else {
                throw Problem(.protocolFault, "the server gave another part of a tree than was asked for")
            }
            tree += next.tree
        }
        let joining = try StagedGroup.joining(
            part.groupInfo, tree: tree, at: part.position, place, in: conversation, now: WallClock.now)
        return .made(try await stage(joining))
    }

    /// On disk before it is sent. What another process has under way goes first.
    private func stage(_ staged: StagedGroup) async throws(Problem) -> WaitingCommit.Kind {
        try await store.withStore { store in
            try store.writeSynced {
                if try staged.stage(in: store) { return staged.commit.kind }
                return try store.waitingCommit(of: staged.commit.conversation)?.kind ?? staged.commit.kind
            }
        }
    }

    // MARK: Packages

    private struct Found: Sendable {
        var choice: PackageChoice
        var party: Party?
    }

    private func packages(
        of peer: Peer, in conversation: ConversationID
    ) async -> Result<Found, Problem> {
        do throws(Problem) {
            let taken: [DeviceKeyPackage]
            do throws(Problem) {
                let reply: KeyPackages = try await wire.ask(
                    TakeKeyPackages(conversation: conversation, account: peer.account))
                taken = reply.packages
            } catch {
                guard error.code == ErrorCode.noDevice.name else { throw error }
                taken = []
            }
            var found = try await choose(taken, of: peer)
            if !found.choice.refused.isEmpty || found.party == nil {
                try await refresh(peer.account, peer.name)
                found = try await choose(taken, of: peer)
            }
            for (device, reason) in found.choice.refused {
                log.warning("device \(device) of \(peer.name) is not added: \(reason)")
            }
            return .success(found)
        } catch { return .failure(error) }
    }

    private func choose(_ taken: [DeviceKeyPackage], of peer: Peer) async throws(Problem) -> Found {
        try await store.withStore { store in
            try store.read {
                let chain = try store.chain(of: peer.account)
                let record = try store.keyRecord(of: peer.account, named: peer.name, compared: nil)
                return Found(
                    choice: PackageChoice(taken, chain: chain, pin: record.person.pin, now: WallClock.now),
                    party: chain.map { Party(account: peer.account, root: $0.root) })
            }
        }
    }

    // MARK: Sending

    /// Sends what waits, and puts it in its place when the server has taken it.
    func send(_ conversation: ConversationID) async throws(Problem) -> GroupCourse.Event {
        let known = try await store.withStore { try $0.waitingCommit(of: conversation) }
        guard let waiting = known, waiting.kind.isStaged else {
            // Another process has finished it, or it is a member's, who goes on by the log.
            return try await held(conversation).mark.map { .taken($0) } ?? .refused(.groupExists)
        }
        let done: Appended
        do throws(Problem) { done = try await ask(waiting) } catch {
            guard let code = ErrorCode.allCases.first(where: { $0.name == error.code }) else { throw error }
            if code.isFinal { try await giveWay(waiting) }
            return .refused(code)
        }
        return .taken(try await promote(waiting, done))
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

    /// E3: nothing of the group was processed before this place.
    private func promote(_ waiting: WaitingCommit, _ done: Appended) async throws(Problem) -> GroupMark {
        let hash = waiting.hash(at: done.seq, place.generation, by: place.own.device)
        let generation = place.generation
        try await store.withStore { store in
            try store.writeSynced {
                guard try store.waitingCommit(of: waiting.conversation)?.id == waiting.id,
                    try store.promoteStagedGroup(waiting.group.groupId)
                else { return }
                try store.setGroupStanding(
                    GroupStanding(group: waiting.group, generation: generation, seq: done.seq, hash: hash))
                try store.dropWaitingCommit(of: waiting.conversation)
            }
        }
        let position = waiting.position
        return GroupMark(incarnation: position.incarnation, epoch: position.epoch.advanced(by: 1))
    }

    private func giveWay(_ waiting: WaitingCommit) async throws(Problem) {
        try await store.withStore { store in
            try store.writeSynced {
                guard try store.waitingCommit(of: waiting.conversation)?.id == waiting.id else { return }
                try store.giveWay(in: waiting.conversation)
            }
        }
    }
}

extension ErrorCode {
    /// Whether what was asked to be committed will never be taken.
    fileprivate var isFinal: Bool {
        switch self {
        case .turnTaken, .removalPending, .removalsLeftOut, .noDevice: false
        case .groupExists, .preconditionFailed, .noGroup, .notInGroup: true
        default: exitStatus != .temporary && exitStatus != .unreachable
        }
    }
}
