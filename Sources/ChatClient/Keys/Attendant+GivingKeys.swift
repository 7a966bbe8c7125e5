import CLISupport
import ChatProtocol
import GroupRules

/// Who approves a device tells it whom it knows by their keys, in the group of the account's own devices.
extension Attendant {
    /// Tells them to those that have come into the group of own devices. Where there is no such group yet it is founded, for them to come in.
    func giveKeys(on link: Link) async { await giveKeys(on: link) { _ in true } }

    /// Behind what a command was asked for: it enters that group once, and looks no further who has come in than it has read.
    func giveKeysAtEnd(on link: Link) async {
        let timer = ClientLoop.closesAtEnd(link)
        defer { timer.cancel() }
        await giveKeys(on: link) { held in held.mark == nil || held.isRemoved || held.waiting != nil }
    }

    private func giveKeys(on link: Link, entersWhere isDue: (GroupCourse.Held) -> Bool) async {
        do throws(Problem) {
            let own = try identity()
            guard try store({ try $0.owesKeys(own) }) else { return }
            if isDue(try store { try $0.heldGroup(of: own.notes) }) { try await enterNotes(own, on: link) }
            let due = try store { try $0.dueKeys(own) }
            guard !due.devices.isEmpty else { return }
            var isDone = due.keys.keys.isEmpty
            if !isDone { isDone = try await write(due.keys, to: own.notes, on: link) }
            if isDone { try store { store in try store.writeSynced { try store.dropOwedKeys(due.devices) } } }
        } catch { log.info("own devices are not told yet whom this one knows: \(error.text)") }
    }

    private func enterNotes(_ own: Identity, on link: Link) async throws(Problem) {
        if try store({ try $0.conversation(own.notes) == nil }) {
            let found: Conversations = try await link.request(OpenConversation(with: own.name))
            try store { store in
                try store.write { try store.remember(found.conversations, own: own.account, now: WallClock.now) }
            }
        }
        try await groupPassage.enter(own.notes, on: link)
    }

    /// - Returns: whether it was taken; else it is said again.
    func write(_ keys: KnownKeys, to conversation: ConversationID, on link: Link) async throws(Problem) -> Bool {
        let message = UnsealedMessage(
            conversation: conversation, id: try MessageIdentity.new(now: WallClock.now),
            content: keys.content(sent: WallClock.now))
        guard case .append(let append)? = try await groupPassage.seal([message], SendOptions()).first else {
            return false
        }
        let appended: Appended = try await link.request(append)
        let own = try identity()
        _ = try onProfile { profile in
            try profile.withOpener { opener, store in
                try opener.acknowledged(appended, in: store, as: own, now: WallClock.now)
            }
        }
        return true
    }
}

extension Identity {
    /// The conversation of an account with itself, whose group is that of its own devices.
    var notes: ConversationID { .direct(account, account, on: server) }
}

extension ClientStore {
    /// Whether a device is owed something that is active still. One that was revoked meanwhile is owed nothing.
    fileprivate func owesKeys(_ own: Identity) throws -> Bool {
        let owed = try devicesOwedKeys()
        guard !owed.isEmpty else { return false }
        let chain = try chain(of: own.account)
        let gone = owed.filter { chain?.devices[$0]?.isActive == false }
        if !gone.isEmpty { try write { try dropOwedKeys(gone) } }
        return owed.contains { chain?.devices[$0]?.isActive == true }
    }

    /// What is owed to those that have a leaf in the group of own devices.
    fileprivate func dueKeys(_ own: Identity) throws -> (devices: [DeviceID], keys: KnownKeys) {
        guard let standing = try groupStanding(of: own.notes) else { return ([], KnownKeys([])) }
        let present = Set(try leaves(of: own.account, in: standing).map(\.credential.device))
        let due = try devicesOwedKeys().filter(present.contains)
        return (due, KnownKeys(due.isEmpty ? [] : try keysForOwnDevices(limit: KnownKeys.most)))
    }
}
