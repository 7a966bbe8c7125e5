import CLISupport
import ChatProtocol

/// What a lasting connection needs of the profile.
extension Client {
    /// The server of this profile.
    var address: ServerAddress { (try? identity().address) ?? settings.serverOfNewProfiles }

    /// The lasting connection, begun where there is none.
    func startLive(options: Subscribe.Options, requiresFirstConnection: Bool) async -> LiveConnection {
        let options = options.union(subscribesAlways)
        return await connections.beginLive {
            LiveConnection(
                client: self, options: options, requiresFirstConnection: requiresFirstConnection, log: log)
        }
    }

    /// - Parameter whenIdle: after what was asked on it is answered.
    func stopLive(whenIdle: Bool = false) async {
        await connections.takeLive()?.stop(whenIdle: whenIdle)
    }

    /// Takes a listener off; the connection ends with the last one.
    func leaveLive(_ key: ObjectIdentifier) async {
        guard let live = await connections.live, await live.removeListener(key) else { return }
        await stopLive(whenIdle: true)
    }

    /// Keeps accounts that were told, for their names. What cannot be kept now will be told again.
    func remember(_ accounts: [AccountRecord]) {
        do throws(Problem) {
            try store { store in
                guard try !store.unknown(accounts: Set(accounts.map(\.id))).isEmpty else { return }
                try store.write { try store.remember(accounts, now: WallClock.now) }
            }
        } catch { log.debug("names not kept: \(error.text)") }
    }

    /// A receipt with names; nil for one's own, and for a conversation that is not known here.
    func receiptNotice(_ conversation: ConversationID, _ state: ReceiptState) -> ReceiptNotice? {
        do throws(Problem) {
            return try store { store in
                guard let known = try store.conversation(conversation), let own = try store.identity()?.account,
                    state.account != own
                else { return nil }
                return ReceiptNotice(
                    conversation: known.name, user: try store.name(of: state.account), time: WallClock.now,
                    delivered: state.delivered, read: state.read)
            }
        } catch {
            log.debug("a receipt is not told: \(error.text)")
            return nil
        }
    }

    // MARK: Shown

    /// Marks messages as shown to a person, and tells the server where that is wanted (`receipts`).
    package func markShown(_ messages: [ReceivedMessage]) async throws(Problem) {
        try store { store in
            try store.write { try store.markShown(messages) }
            store.wake()
        }
        guard settings.receipts, let live = await connections.live, let link = try? await live.link() else { return }
        await tellReadMarks(on: link)
    }

    /// Marks notices of gaps up to this one as shown.
    package func markShown(_ gap: GapNotice) throws(Problem) {
        guard let cursor = gap.cursor else { return }
        try store { store in try store.write { try store.markGapsShown(upTo: cursor.position) } }
    }

    /// Tells the server how far a person has come, as far as it does not know.
    func tellReadMarks(on link: Link) async {
        guard settings.receipts else { return }
        do throws(Problem) {
            let marks = try store { try $0.untoldReadMarks() }
            guard !marks.isEmpty else { return }
            for mark in marks { link.post(mark) }
            // Marks have no reply; what follows them is answered when they were taken.
            let _: Pong = try await link.request(Ping())
            try store { store in try store.write { try store.noteTold(marks) } }
        } catch { log.debug("read marks not told: \(error.text)") }
    }
}
