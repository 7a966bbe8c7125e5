import CLISupport
import ChatProtocol
import GroupRules
import MLS

/// Founding, and joining from outside.
extension Joiner {
    // MARK: Making

    /// Founds the group with all who belong to it by themselves and have a key package: every active device of the parties, of the
    /// maker of a room, and nobody else of everyone.
    ///
    /// - Parameter previous: the group that it goes on from.
    func found(
        _ conversation: ConversationID, as target: GroupTarget, after previous: GroupPolicy.Previous? = nil
    ) async throws(Problem) -> GroupCourse.Event {
        switch target {
        case .direct(let peer): return try await found(conversation, with: peer, after: previous)
        case .room(let name, let founding?) where founding.isAnew && previous != nil:
            return try await foundAnew(conversation, name)
        case .room where previous != nil: throw Problem(.notInGroup, sent: .no)
        case .room(let name, let founding?):
            let own = try await ownPackages(in: conversation)
            let room = GroupPolicy.Room(
                name: name, admins: [place.party], adders: founding.adders, access: founding.access)
            return try await found(conversation, .room(room), adding: own)
        case .room(let name, nil): throw .notFounded(name)
        case .everyone: return try await found(conversation, .everyone, adding: [], after: previous)
        case .unknown: throw Problem(.notInGroup, sent: .no)
        }
    }

    /// Of this account's other devices.
    func ownPackages(in conversation: ConversationID) async throws(Problem) -> [KeyPackage] {
        try await packagesToAdd(of: ownPeer, in: conversation)
    }

    private var ownPeer: Peer { Peer(account: place.own.place.account, name: place.own.name) }

    private func found(
        _ conversation: ConversationID, with peer: Peer, after previous: GroupPolicy.Previous?
    ) async throws(Problem) -> GroupCourse.Event {
        let own = ownPeer
        async let mine = packages(of: own, in: conversation)
        async let others = peer.account == own.account ? nil : packages(of: peer, in: conversation)
        let (ours, theirs) = (try await mine.get(), try await others?.get())
        guard let party = theirs == nil ? place.party : theirs?.party, theirs?.choice.packages.isEmpty != true else {
            return .nobodyToAdd
        }
        // A restored server may know less of them than this device; also of one that holds nothing of it any more.
        let known = try await store.withStore { try $0.lastKnown(of: conversation) }
        let previous = previous ?? known
        var keys = TakenKeys()
        return try await found(
            GroupPolicy.direct(
                place.party, party, on: place.server,
                incarnation: try await incarnation(of: conversation, after: previous), previous: previous),
            conversation, adding: keys.unused(ours.choice.packages + (theirs?.choice.packages ?? [])))
    }

    private func incarnation(
        of conversation: ConversationID, after previous: GroupPolicy.Previous?
    ) async throws(Problem) -> UInt32 {
        guard let previous else { return 0 }
        // A restored server may know less of them than this device; and one that was lost is none that is founded now: whoever was in that
        // enters no group of its name by a Welcome (K5).
        let (held, buried) = try await store.withStore { store in
            (try store.groupStanding(of: conversation)?.group.incarnation, try store.lastBuried(of: conversation))
        }
        let last = max(previous.incarnation, held ?? 0, buried ?? 0)
        guard last < .max else { throw .historyForked("there is no incarnation behind \(last)") }
        return last + 1
    }

    private func found(
        _ conversation: ConversationID, _ kind: GroupPolicy.Kind, adding packages: [KeyPackage],
        after previous: GroupPolicy.Previous? = nil
    ) async throws(Problem) -> GroupCourse.Event {
        let name = GroupName(
            conversation: conversation, incarnation: try await incarnation(of: conversation, after: previous))
        return try await found(
            GroupPolicy(server: place.server, group: name, kind: kind, previous: previous), conversation,
            adding: packages)
    }

    func found(
        _ policy: GroupPolicy, _ conversation: ConversationID, adding packages: [KeyPackage]
    ) async throws(Problem) -> GroupCourse.Event {
        let founding = try StagedGroup.founding(
            place, policy, in: conversation, adding: packages, now: WallClock.now)
        guard let kind = try await stage(founding) else { return try await standing(conversation) }
        return .made(kind)
    }

    /// Joins a group from outside, over its own leaf where it has one. To where many come at once, in turns.
    ///
    /// - Parameter isReturning: what is held of the group cannot be gone on with.
    func join(
        _ conversation: ConversationID, as target: GroupTarget, isReturning: Bool = false
    ) async throws(Problem) -> GroupCourse.Event {
        switch target {
        case .unknown: throw Problem(.notInGroup, sent: .no)
        case .direct: break
        case .room, .everyone:
            do throws(Problem) { let _: Turn = try await wire.ask(TakeTurn(conversation: conversation)) } catch {
                guard error.code == ErrorCode.turnTaken.name else { throw error }
                return .refused(.turnTaken)
            }
        }
        // What this device has committed from where it lost its way is never taken: the server has another commit there.
        if isReturning, let waiting = try await store.withStore({ try $0.waitingCommit(of: conversation) }),
            waiting.kind == .commit
        {
            try await drop(waiting)
        }
        let (info, tree, position) = try await description(of: conversation)
        let former = try await former(conversation)
        let judge = place.judge
        let follower: PublicGroup
        let restored: Set<DeviceID>
        do {
            let next = try GroupPolicy(info.groupContext)
            if case .room(_, let founding?) = target, founding.isAnew {
                return .deserted(try await previous(for: next, info, former))
            }
            // Another process of the profile has come in meanwhile.
            if !isReturning, former?.policy.group == next.group { return try await standing(conversation) }
            let ground = try await ground(next, info, former, in: conversation)
            follower = try ground.follower(info, tree: tree, judge: judge)
            if let previous = try await desertion(of: follower) { return .deserted(previous) }
            // Somebody has added this device while it asked, or while it was to come back to an earlier incarnation: what was written since is
            // for the leaf that it has by that.
            let isElsewhere = !isReturning || former?.policy.group != next.group
            if isElsewhere, target != .everyone, follower.members.credentials.contains(where: isOwn),
                case .entered(let mark) = try await readWelcome(conversation)
            {
                return .entered(mark)
            }
            if former == nil { try meet(follower, info, next) }
            restored = ground.broughtBack(follower, former)
        } catch let problem as Problem { throw problem } catch {
            throw Problem(.protocolFault, "the server describes a group that cannot be joined: \(error)")
        }
        let joining: StagedGroup
        do throws(Problem) {
            joining = try StagedGroup.joining(
                follower, info, at: position, place, in: conversation, as: target, now: WallClock.now)
        } catch {
            guard error.code == ErrorCode.removalPending.name else { throw error }
            return try await wait(for: error, follower, in: conversation, as: target)
        }
        guard let kind = try await stage(joining, isReturning: isReturning, restored) else {
            return try await standing(conversation)
        }
        return .made(kind)
    }

    private func isOwn(_ credential: DeviceCredential) -> Bool {
        credential.party == place.party && credential.device == place.own.device
    }

    func description(
        of conversation: ConversationID
    ) async throws(Problem) -> (info: GroupInfo, tree: [UInt8], position: ConversationPosition) {
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
        guard let info = try? GroupInfo(decoding: part.groupInfo) else {
            throw Problem(.protocolFault, "the server describes a group that is none")
        }
        return (info, tree, part.position)
    }

    /// On disk before it is sent. What another process has under way goes first.
    ///
    /// - Returns: nil where another process has brought this device into the group already.
    private func stage(
        _ staged: StagedGroup, isReturning: Bool = false, _ restored: Set<DeviceID> = []
    ) async throws(Problem) -> WaitingCommit.Kind? {
        let commit = staged.commit
        return try await store.withStore { store in
            try store.writeWithReserve(isSynced: true) {
                if let waiting = try store.waitingCommit(of: commit.conversation) { return waiting.kind }
                let held = try store.heldGroup(of: commit.conversation)
                // Of a founding the server says whether anybody was first.
                let isSecond = commit.kind == .externalJoin && !isReturning && !held.isRemoved
                if isSecond, let mark = held.mark, mark.incarnation >= commit.group.incarnation { return nil }
                if isReturning { try store.noteResync(in: commit.conversation, now: WallClock.now) }
                try store.noteRestored(restored, in: commit.conversation)
                _ = try staged.stage(in: store, now: WallClock.now)
                return commit.kind
            }
        }
    }

    // MARK: Packages

    /// Packages of an account's devices that may be added (G1); none where it has left none.
    func packagesToAdd(of peer: Peer, in conversation: ConversationID) async throws(Problem) -> [KeyPackage] {
        try await packages(of: peer, in: conversation).get().choice.packages
    }

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
                let record = try gate.record(of: peer.account, named: peer.name, in: store)
                switch gate.finding(record) {
                case .open, .unknown: break
                case let closed: throw gate.problem(closed, of: peer.name)
                }
                return Found(
                    choice: PackageChoice(taken, chain: chain, pin: record.person.pin, now: WallClock.now),
                    party: chain.map { Party(account: peer.account, root: $0.root) })
            }
        }
    }
}
