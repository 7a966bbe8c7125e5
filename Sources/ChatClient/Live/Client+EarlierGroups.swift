import CLISupport
import ChatProtocol
import GroupRules
import System

/// A device that was let in later comes into the conversations that its account has already, when it stays connected for the first time.
extension Client {
    /// Pages of accounts among which others are looked for with whom there is a conversation.
    private static let pages = 16
    /// So many are entered at once, before it is said that what was missed is there; of others one a second.
    private static let atOnce = 4

    /// Whoever listens hears that it is live after so long at the latest.
    private static let patienceToComeIn = Duration.seconds(5)

    /// What comes before this device says that it is live: others can add it, and it is in the conversations that there are. What takes
    /// longer goes on behind that.
    func comeIn(on link: Link) async {
        guard let welcome = link.welcomeSoFar else { return }
        let meaning = LoginMeaning(welcome)
        let isReady = meaning == .ready
        let mayNotBeAdded = isReady && KeyPackageKeeper.isDue(welcome)
        let isIn = Later<Void>()
        let isWithEveryone = Later<Void>()
        if isReady || meaning == .begin {
            Task(executorPreference: MainThread.preferred) {
                await self.enterEveryone(on: link)
                isWithEveryone.set(())
            }
        } else {
            isWithEveryone.set(())
        }
        Task(executorPreference: MainThread.preferred) {
            if mayNotBeAdded { await self.refillKeyPackages(on: link, atEnd: false) }
            if isReady { await self.enterEarlierGroups(on: link, welcome, isIn) }
            isIn.set(())
            if isReady {
                await self.refreshBlocks(on: link)
                await self.enterMissingRooms(on: link)
            }
            if !mayNotBeAdded { await self.refillKeyPackages(on: link, atEnd: false) }
        }
        let timer = ClientLoop.at(Monotonic.now + Self.patienceToComeIn) {
            isIn.set(())
            isWithEveryone.set(())
        }
        defer { timer.cancel() }
        await isIn.value
        await isWithEveryone.value
    }

    /// - Parameter isIn: set when those are entered that are entered at once.
    private func enterEarlierGroups(on link: Link, _ welcome: Welcome, _ isIn: Later<Void>) async {
        do throws(Problem) {
            guard try store({ try !$0.hasEnteredEarlierGroups(welcome.device) }) else { return }
            let groups = try await earlierGroups(on: link, welcome)
            try await oneByOne(groups, on: link, rests: { isIn.set(()) }) { await self.enterGroup(of: $0, on: link) }
            try noteEntered(welcome.device)
        } catch { log.info("the conversations of this account are not entered yet: \(error.text)") }
    }

    /// Enters conversations, as long as the connection stands.
    ///
    /// - Parameter rests: called before each that is waited for.
    func oneByOne<Item: Sendable>(
        _ items: [Item], on link: Link, rests: () -> Void = {}, enter: (Item) async -> Void
    ) async throws(Problem) {
        for (number, item) in items.enumerated() {
            if number >= Self.atOnce {
                rests()
                try? await Task.sleep(for: .seconds(1))
            }
            if let end = link.end { throw end }
            await enter(item)
        }
    }

    private func noteEntered(_ device: DeviceID) throws(Problem) {
        try store { store in try store.write { try store.noteEnteredEarlierGroups(device) } }
    }

    /// Direct conversations with a group that this device is in none of. Which may exist follows from who there is: their identifiers are
    /// those of two accounts.
    private func earlierGroups(on link: Link, _ welcome: Welcome) async throws(Problem) -> [ConversationID] {
        let own = welcome.account.id
        let users = try await users(onlineOnly: false, on: link, pages: Self.pages)
        let ids = users.map { ConversationID.direct(own, $0.account.id, on: welcome.server) }
        var found: [ConversationID] = []
        for part in ids.pages(of: Limits.page) {
            let known: Conversations = try await link.request(LookUpConversations(ids: part))
            let groups = known.conversations.filter { $0.epoch > .first && $0.type == .direct }
            found += try store { store in
                try store.write { try store.remember(groups, own: own, now: WallClock.now) }
                return try groups.map(\.id).filter { try store.groupStanding(of: $0) == nil }
            }
        }
        return found
    }
}
