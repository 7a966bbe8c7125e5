import CLISupport
import ChatProtocol
import GroupRules
import MLS

/// Entering by a Welcome.
extension Joiner {
    /// Welcomes of a conversation that are looked at in one go: one that is no good does not hide the next.
    private static let welcomes = 8

    func readWelcome(_ conversation: ConversationID) async throws(Problem) -> GroupCourse.Event {
        let held = try await held(conversation)
        let known = held.isRemoved ? nil : held.mark
        var event = GroupCourse.Event.noWelcome
        for _ in 0..<Self.welcomes {
            let fresh = try MessageIdentity.new(now: WallClock.now)
            let request = try await store.withStore { store in
                try store.writeWithReserve(isSynced: true) { try store.welcomeRequest(of: conversation, orKeep: fresh) }
            }
            let part: WelcomePart = try await wire.ask(ReadWelcome(conversation: conversation, request: request))
            guard !part.welcome.isEmpty else {
                try await forgetRequest(conversation)
                return event
            }
            guard part.conversation == conversation else {
                throw Problem(.protocolFault, "the server gave another conversation's Welcome than was asked for")
            }
            if let mark = try await enter(part, behind: known) { return .entered(mark) }
            event = .welcomeFailed
        }
        return event
    }

    /// Reads what was written to this device in a conversation that it is in no more: to the end of what it was in, and by the Welcomes
    /// that wait, of which each leads to the next.
    func readRest(of conversation: ConversationID) async throws(Problem) {
        for _ in 0..<Self.welcomes {
            if case let held = try await held(conversation), held.mark != nil, !held.isRemoved {
                _ = try await LogReader(store: store, wire: wire, log: log).read(conversation)
            }
            let held = try await held(conversation)
            guard held.mark == nil || held.isRemoved, case .entered = try await readWelcome(conversation) else {
                return
            }
        }
    }

    private func forgetRequest(_ conversation: ConversationID) async throws(Problem) {
        try await store.withStore { store in
            try store.writeWithReserve { try store.forgetWelcomeRequest(of: conversation) }
        }
    }

    /// K5, K4. Nil: it is no good.
    ///
    /// - Parameter known: what is held already: a Welcome that leads there, which a restore has brought back, leads no further.
    private func enter(_ part: WelcomePart, behind known: GroupMark?) async throws(Problem) -> GroupMark? {
        let references = WelcomedGroup.references(part.welcome)
        let package = try await store.withStore { store in
            try references.lazy.compactMap { try store.keyPackageSecrets($0) }.first
        }
        guard let package else { return try await refuse(part, "its key package is not this device's") }
        let welcomed: WelcomedGroup
        switch try await open(part, with: package) {
        case .success(let opened): welcomed = opened
        case .failure(let refusal): return try await refuse(part, refusal.text)
        }
        if let known, welcomed.mark <= known {
            return try await refuse(part, "this device is there, or further on")
        }
        if let former = try await former(part.conversation), former.policy.group.incarnation < welcomed.name.incarnation
        {
            do throws(Problem) { try await follow(welcomed, former) } catch {
                guard error.code == LocalCode.historyForked.rawValue else { throw error }
                return try await refuse(part, error.text)
            }
        }
        let page = try await page(of: part)
        if let commit = page?.entries.first {
            do throws(WelcomedGroup.Refusal) { try welcomed.check(commit) } catch {
                return try await refuse(part, error.text)
            }
        }
        let hash = page.flatMap { self.hash(of: welcomed, $0) }
        let (place, time) = (place, page?.entries.first?.time)
        let refusal = try await store.withStore { store -> WelcomedGroup.Refusal? in
            try store.writeSynced {
                // Whoever was removed holds nothing of it but a tombstone.
                let isRemoved = try store.heldGroup(of: part.conversation).isRemoved
                let held = isRemoved ? nil : try store.groupStanding(of: part.conversation)
                // Another process of the profile was first.
                if held?.group == welcomed.name { return nil }
                let tombstone = try store.tombstone(of: welcomed.name)
                let isBlocked = try store.isBlocked(welcomed.adder)
                let pinned = try welcomed.room.flatMap { try store.pinnedRoom($0) }
                do throws(WelcomedGroup.Refusal) {
                    try welcomed.check(
                        deliveredFor: part.conversation, place, heldIncarnation: held?.group.incarnation,
                        tombstone: tombstone, pinnedRoom: pinned, isBlocked: isBlocked)
                } catch { return error }
                try welcomed.enter(store, place, seq: part.seq, time: time, hash: hash)
                store.wake()
                return nil
            }
        }
        if let refusal { return try await refuse(part, refusal.text) }
        return welcomed.mark
    }

    private func open(
        _ part: WelcomePart, with package: KeyPackageSecrets
    ) async throws(Problem) -> Result<WelcomedGroup, WelcomedGroup.Refusal> {
        do throws(WelcomedGroup.Refusal) {
            return .success(try WelcomedGroup(part.welcome, with: package, place))
        } catch {
            guard error.lacksTree else { return .failure(error) }
        }
        let (_, tree, _) = try await description(of: part.conversation)
        do throws(WelcomedGroup.Refusal) {
            return .success(try WelcomedGroup(part.welcome, with: package, place, tree: tree))
        } catch { return .failure(error) }
    }

    /// I2: it must be what goes on from the group that is held. Where it has ended since its founding is not kept any more (I1): nobody writes
    /// there again, and in a direct conversation, where each of the two may found, the policy that it has alone is checked, so that what was
    /// written there is read.
    private func follow(_ welcomed: WelcomedGroup, _ former: Former) async throws(Problem) {
        let followed: PublicGroup
        do throws(Problem) {
            followed = try await followFounding(of: welcomed.name, former, to: welcomed.mark.epoch)
        } catch {
            guard error.code == LocalCode.historyForked.rawValue, case .direct = welcomed.policy.kind,
                try await isOver(welcomed.name)
            else { throw error }
            return try former.check(welcomed.policy, kept: try await kept(former, for: welcomed.policy))
        }
        guard followed.context == welcomed.group.context else {
            throw .historyForked("a Welcome leads into another group than its founding does")
        }
    }

    /// The private half stays (K4), and the next Welcome is asked for.
    private func refuse(_ part: WelcomePart, _ text: String) async throws(Problem) -> GroupMark? {
        log.warning("a Welcome is not entered: \(text)")
        try await forgetRequest(part.conversation)
        return nil
    }

    /// The log from the commit on with which a Welcome came; nil where that is not told: to who has left meanwhile, or of a log that
    /// does not go so far.
    private func page(of part: WelcomePart) async throws(Problem) -> LogPage? {
        do throws(Problem) {
            let page = try await wire.readLog(of: part.conversation, after: part.seq.previous)
            guard let entry = page.entries.first, entry.seq == part.seq, !page.hashed.contains(entry.seq) else {
                return nil
            }
            return page
        } catch {
            guard error.isOfPlace else { throw error }
            return nil
        }
    }

    /// The hash of the log behind the commit that has let this device in (M3): known where that is the founding's first entry. It begins
    /// with the server's generation then, which is another one where a restore lies between: the server's claim is taken there.
    private func hash(of welcomed: WelcomedGroup, _ page: LogPage) -> LogHash? {
        guard welcomed.mark.epoch == 1, let entry = page.entries.first, page.through >= page.standing.head,
            !page.gaps.contains(where: { $0.reason == .restored })
        else { return nil }
        return LoggedEntry(entry).hashAsFirst(of: welcomed.name, place.generation)
    }
}

extension LoggedEntry {
    fileprivate init(_ entry: Entry) {
        self.init(
            seq: entry.seq, kind: entry.payloadKind, device: entry.device, id: entry.id, payload: entry.payload)
    }
}
