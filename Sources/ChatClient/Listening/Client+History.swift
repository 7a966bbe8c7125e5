import CLISupport
import ChatProtocol
import System

/// What was: from the local store.
extension Client {
    /// From the local store, oldest first; never connects.
    package func history(_ query: HistoryQuery) throws(Problem) -> [StoredItem] {
        try storeForReading { store in
            guard let reader = try store.itemReader() else { throw profile.notLoggedIn }
            return try store.history(query, reader: reader)
        }
    }

    /// One message of the local store with an acknowledgement a recipient; nil where there is none.
    package func message(id: MessageID) throws(Problem) -> MessageDetail? {
        try storeForReading { store in
            guard let reader = try store.itemReader(), let identity = try store.identity() else {
                throw profile.notLoggedIn
            }
            guard let message = try store.messages(id: id, reader: reader).last else { return nil }
            guard case .user(let peer) = message.conversation, message.own,
                let conversation = try store.conversation(with: peer)
            else { return MessageDetail(message: message, recipients: []) }
            let states = try store.receipts(of: conversation)
            let state = states.first { $0.user == peer && (peer == identity.name || $0.state.account != reader.own) }
            let status: Acknowledgement.Status =
                switch state?.state {
                case let state? where state.read >= message.seq: .read
                case let state? where state.delivered >= message.seq: .delivered
                default: .accepted
                }
            let acknowledgement = Acknowledgement(
                id: id, conversation: message.conversation, seq: message.seq, time: message.time, status: status)
            return MessageDetail(message: message, recipients: [.init(user: peer, acknowledgement: acknowledgement)])
        }
    }

    /// When this device last knew everything; nil: never.
    package func lastSync() throws(Problem) -> Timestamp? { try storeForReading { try $0.lastSync() } }

    /// Fetches what was missed into the store; for `id` also how far that message has come.
    ///
    /// - Parameters:
    ///   - conversation: what is wanted; nil: all.
    ///   - patience: how long nothing may come of what was missed; however much that is.
    /// - Throws: what stands in the way; 124 where nothing comes for too long.
    package func sync(
        of conversation: ConversationName? = nil, receiptsOf id: MessageID? = nil, patience: Duration = .seconds(30)
    ) async throws(Problem) {
        let isWithEveryone = conversation == nil || conversation == .everyone
        try await whileBusy { () async throws(Problem) in
            try await self.connections.fetch(patience: patience) { (link) async throws(Problem) in
                if isWithEveryone { await self.attendant.enterEveryone(on: link) }
                if let id { try await self.fetchReceipts(of: id, on: link) }
                await self.attendant.giveKeysAtEnd(on: link)
            }
        }
    }

    private func fetchReceipts(of id: MessageID, on link: Link) async throws(Problem) {
        guard let message = try message(id: id)?.message, let peer = message.conversation.user,
            let conversation = try store({ try $0.conversation(with: peer) })
        else { return }
        let receipts: Receipts = try await link.request(QueryReceipts(conversation: conversation))
        try storeReceipts(receipts.states, of: conversation)
    }

    // MARK: Unread

    /// Conversations with messages that were not shown; never connects.
    package func unread() throws(Problem) -> [UnreadCount] { try storeForReading { try $0.unread() } }

    /// The counts now and after each change; never connects.
    package func watchUnread() throws(Problem) -> ChangeWatch<[UnreadCount]> {
        _ = try identity()
        do { return try ChangeWatch(settings.profileDirectory) { try $0.unread() } } catch {
            throw Problem(store: error)
        }
    }
}
