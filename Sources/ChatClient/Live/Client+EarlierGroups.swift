import CLISupport
import ChatProtocol
import GroupRules

/// A device that was let in later comes into the conversations that its account has already, when it stays connected for the first time.
extension Client {
    /// Pages of accounts among which others are looked for with whom there is a conversation.
    private static let pages = 16
    /// So many are entered before it is said that what was missed is there; of others one a second.
    private static let atOnce = 4

    /// What comes before this device says that it is live: others can add it, and it is in the conversations that there are.
    func comeIn(on link: Link) async {
        guard let welcome = link.welcomeSoFar, LoginMeaning(welcome) == .ready else { return }
        if KeyPackageKeeper.isDue(welcome) { await refillKeyPackages(on: link, atEnd: false) }
        do throws(Problem) {
            guard try store({ try !$0.hasEnteredEarlierGroups(welcome.device) }) else { return }
            let earlier = try await earlierGroups(on: link, welcome)
            for conversation in earlier.prefix(Self.atOnce) { await enterGroup(of: conversation, on: link) }
            guard earlier.count > Self.atOnce else { return try noteEntered(welcome.device) }
            Task { [log] in
                for conversation in earlier.dropFirst(Self.atOnce) where link.end == nil {
                    try? await Task.sleep(for: .seconds(1))
                    await enterGroup(of: conversation, on: link)
                }
                guard link.end == nil else { return }
                do throws(Problem) { try noteEntered(welcome.device) } catch { log.info("\(error.text)") }
            }
        } catch { log.info("the conversations of this account are not entered yet: \(error.text)") }
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
