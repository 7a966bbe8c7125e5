import CLISupport
import ChatProtocol
import GroupRules
import System

/// A device that was let in later comes into the conversations that its account has already, when it stays connected for the first time.
extension Attendant {
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
            if isReady {
                // Nobody waits for what this device was in already.
                if (try? await self.staysFirst(welcome)) != true { isIn.set(()) }
                await self.refreshBlocks(on: link)
                await self.enterMissing(on: link, welcome) { isIn.set(()) }
            }
            isIn.set(())
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

    /// Whether this device stays connected for the first time.
    private func staysFirst(_ welcome: Welcome) throws(Problem) -> Bool {
        try store { try !$0.hasEnteredEarlierGroups(welcome.device) }
    }

    /// Enters, newest first, what this device is in no group of: rooms, and where it stays for the first time direct conversations.
    ///
    /// - Parameter rests: called before each that is waited for.
    func enterMissing(on link: Link, _ welcome: Welcome, rests: () -> Void = {}) async {
        do throws(Problem) {
            let isFirst = try staysFirst(welcome)
            let groups = isFirst ? try await earlierGroups(on: link, welcome) : []
            let missing = MissingGroup.newestFirst(groups + (try await missingRooms(on: link)))
            for (number, group) in missing.enumerated() {
                if number >= Self.atOnce {
                    rests()
                    try? await Task.sleep(for: .seconds(1))
                }
                if let end = link.end { throw end }
                switch group.way {
                case .direct(let conversation): await enterGroup(of: conversation, on: link)
                case .room(let record): await enter(record, on: link)
                }
            }
            if isFirst { try noteEntered(welcome.device) }
        } catch { log.info("the conversations of this account are not all entered yet: \(error.text)") }
    }

    private func noteEntered(_ device: DeviceID) throws(Problem) {
        try store { store in try store.write { try store.noteEnteredEarlierGroups(device) } }
    }

    /// Direct conversations with a group that this device is in none of. Which may exist follows from who there is: their identifiers are
    /// those of two accounts.
    private func earlierGroups(on link: Link, _ welcome: Welcome) async throws(Problem) -> [MissingGroup] {
        let own = welcome.account.id
        let users = try await link.users(onlineOnly: false, pages: Self.pages)
        let ids = users.map { ConversationID.direct(own, $0.account.id, on: welcome.server) }
        var found: [MissingGroup] = []
        for part in ids.pages(of: Limits.page) {
            let known: Conversations = try await link.request(LookUpConversations(ids: part))
            let groups = known.conversations.filter { $0.epoch > .first && $0.type == .direct }
            found += try store { store in
                try store.write { try store.remember(groups, own: own, now: WallClock.now) }
                return try groups.filter { try store.groupStanding(of: $0.id) == nil }
                    .map { MissingGroup(lastTime: $0.lastTime, way: .direct($0.id)) }
            }
        }
        return found
    }

    private func missingRooms(on link: Link) async throws(Problem) -> [MissingGroup] {
        let records = try await roomBook.records(.own, on: link)
        return try store { store in
            try records.filter { try $0.access != .unfounded && store.isMissing($0) }
                .map { MissingGroup(lastTime: $0.lastTime, way: .room($0)) }
        }
    }
}

/// A conversation of this account that this device is in no group of.
struct MissingGroup: Equatable, Sendable {
    enum Way: Equatable, Sendable {
        case direct(ConversationID)
        case room(RoomRecord)
    }

    /// When something was written there last, by the server's word.
    var lastTime: Timestamp
    var way: Way

    /// What was written to last is missed first. Of those of one moment, in the order given.
    static func newestFirst(_ groups: [MissingGroup]) -> [MissingGroup] {
        groups.enumerated().sorted { ($1.element.lastTime, $0.offset) < ($0.element.lastTime, $1.offset) }
            .map(\.element)
    }
}
