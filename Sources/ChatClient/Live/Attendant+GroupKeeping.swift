import CLISupport
import ChatProtocol
import System

/// Sees to it that the keys of this device's leaves stay fresh (E8).
extension Attendant {
    /// Groups that a command sees to behind its own messages.
    private static let mostAtEnd = 4

    /// Gives this device's leaves other keys in time, as long as a connection stays.
    func keepGroupsFresh(on link: Link) async {
        let news = groupKeeper.news
        link.whenUnusable { news.open() }
        var read: Set<ConversationID> = []
        while link.end == nil {
            var next = WallClock.now + GroupWatch.longest
            do throws(Problem) {
                let former = try store { try $0.conversationsOfFormerLife() }.filter { !read.contains($0) }
                for conversation in former.prefix(GroupWatch.most) where link.end == nil {
                    read.insert(conversation)
                    await goOnReading(conversation, on: link)
                }
                let facts = try ownLeaves().mapValues(\.facts)
                let round = await groupKeeper.round(facts, now: WallClock.now)
                for conversation in round.due where link.end == nil { await refresh(conversation, on: link) }
                for conversation in try store({ try $0.conversationsWithoutHash(limit: GroupWatch.most) })
                where link.end == nil { await askForHash(of: conversation, on: link) }
                await giveKeys(on: link)
                next = former.count > GroupWatch.most ? WallClock.now + GroupWatch.pause : round.next
            } catch { log.info("the groups are not looked at: \(error.text)") }
            await news.passAndClose(until: Monotonic.now + (next - WallClock.now))
        }
    }

    /// What a command has left to be done behind its own messages: only in the conversations that it has written to.
    func keepGroupsFreshAtEnd(on link: Link) async {
        let written = tools.writtenGroups.take()
        guard !written.isEmpty, link.end == nil else { return }
        do throws(Problem) {
            var plan = CommitPlan()
            let now = WallClock.now
            let due = try ownLeaves(written).filter {
                plan.step($0.value.facts, isLasting: false, now: now, random: 0) != .nothing
            }
            let unknown = try store { store in
                try written.sorted().filter { try store.groupStanding(of: $0).map { $0.hash == nil } ?? false }
            }
            let wanted = written.intersection(link.commitsWanted.take())
            guard !due.isEmpty || !unknown.isEmpty || !wanted.isEmpty else { return }
            let timer = ClientLoop.closesAtEnd(link)
            defer { timer.cancel() }
            // Who has to go from an open room where nobody stays who could see to it.
            for conversation in wanted.sorted().prefix(Self.mostAtEnd) {
                await commitWanted(in: conversation, on: link)
            }
            for conversation in due.keys.sorted().prefix(Self.mostAtEnd) { await refresh(conversation, on: link) }
            for conversation in unknown.prefix(Self.mostAtEnd) { await askForHash(of: conversation, on: link) }
        } catch { log.info("the groups are not looked at: \(error.text)") }
    }

    /// Other keys for this device's leaf than it has now, unless another process is quicker.
    private func refresh(_ conversation: ConversationID, on link: Link) async {
        // What is kept for alerts is not for what can wait.
        guard DiskRoom.free(at: settings.profileDirectory.path) ?? .max >= ProfileStore.roomNotice else { return }
        await groupKeeper.keep(conversation) { () async throws(Problem) in
            guard let leaf = try await self.ownLeaf(in: conversation) else { return }
            let target = try await self.profile.withStore { try $0.groupTarget(of: conversation) }
            try await self.groupPassage.joiner(link).commit(.path(after: leaf.key), to: conversation, as: target)
        }
    }

    /// Behind a restore of the server this device's leaf is seen to once its group is in the server's present life, also where nobody of this
    /// profile writes.
    private func goOnReading(_ conversation: ConversationID, on link: Link) async {
        await groupKeeper.keep(conversation) { () async throws(Problem) in
            try await self.groupPassage.joiner(link).goOnReading(conversation)
        }
    }

    /// M3: reads to the head of a log whose hash is not known here, where the server says what it is.
    private func askForHash(of conversation: ConversationID, on link: Link) async {
        await groupKeeper.keep(conversation) { () async throws(Problem) in
            _ = try await LogReader(store: self.profile, wire: link, log: self.log).read(conversation)
        }
    }

    private func ownLeaf(in conversation: ConversationID) throws(Problem) -> OwnLeaf? {
        try store { try $0.ownLeaf(in: conversation, now: WallClock.now) }
    }

    /// Of all groups, or of these conversations.
    private func ownLeaves(_ wanted: Set<ConversationID>? = nil) throws(Problem) -> [ConversationID: OwnLeaf] {
        try store { store in
            let conversations = try wanted.map(Array.init) ?? store.conversationsWithGroups()
            var leaves: [ConversationID: OwnLeaf] = [:]
            for conversation in conversations {
                leaves[conversation] = try store.ownLeaf(in: conversation, now: WallClock.now)
            }
            return leaves
        }
    }
}
