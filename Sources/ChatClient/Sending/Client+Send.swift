import CLISupport
import ChatProtocol

/// Sending, and what a sender needs of the profile.
extension Client {
    /// Sends each message and tells what became of it, in the order given. It never throws: what fails says so.
    ///
    /// Where the server cannot be reached at once they fail, or are queued; a connection that is lost meanwhile is
    /// made again until the time is up. Where the task is cancelled it still tells of each message.
    package func send(_ messages: [OutgoingMessage], options: SendOptions = SendOptions()) async -> [Acknowledgement] {
        ClientLoop.warmUp()
        let sender = MessageSender(client: self, options: options, isPatient: false)
        let submission = Task {
            for (index, message) in messages.enumerated() { await sender.submit(message, tag: UInt64(index)) }
            await sender.finish()
        }
        // Not in this task: in one that is cancelled the stream would end, and what was sent would not be known.
        let collection = Task {
            var acknowledgements: [Acknowledgement?] = Array(repeating: nil, count: messages.count)
            for await result in sender.results { acknowledgements[Int(result.tag)] = result.acknowledgement }
            return acknowledgements.compactMap { $0 }
        }
        await submission.value
        return await collection.value
    }

    /// For many messages, many in flight, for as long as they come; see `MessageSender`. It keeps trying where the
    /// server cannot be reached, for each message until its time is up.
    package nonisolated func makeSender(options: SendOptions = SendOptions()) -> MessageSender {
        MessageSender(client: self, options: options, isPatient: true)
    }

    /// A conversation that messages may be appended to.
    struct OpenedConversation: Sendable {
        var id: ConversationID
        /// Whose receipts count; nil for everyone.
        var recipient: AccountID?
    }

    /// The conversation, where it is known here. Messages of the outbox to it are sent first.
    ///
    /// - Throws: a problem that may pass where those could not be sent.
    func knownConversation(_ name: ConversationName, on link: Link) async throws(Problem) -> OpenedConversation? {
        if try store({ try $0.hasQueued(for: name) }) {
            await flushQuietly(on: link)
            if try store({ try $0.hasQueued(for: name) }) {
                throw Problem(.busy, "an earlier message to \(name) waits in the outbox", hint: "see chat outbox list")
            }
        }
        return try recall(name)
    }

    func recall(_ name: ConversationName) throws(Problem) -> OpenedConversation? {
        try store { store in
            switch name {
            case .everyone:
                try store.identity().map { OpenedConversation(id: $0.everyone, recipient: nil) }
            case .user(let user):
                try store.conversation(with: user).map {
                    OpenedConversation(id: $0, recipient: try store.account(named: user))
                }
            }
        }
    }

    /// Asks the server for the direct conversation with a user.
    func openConversation(_ name: ConversationName, on link: Link) async throws(Problem) -> OpenedConversation {
        guard case .user(let user) = name else {
            let welcome = try await link.welcome()
            return OpenedConversation(id: welcome.everyone, recipient: nil)
        }
        let found: Conversations
        do throws(Problem) { found = try await link.request(OpenConversation(with: user)) } catch {
            guard error.code == ErrorCode.noSuchUser.name else { throw error }
            throw Problem(.noSuchUser, "there is no user \(user)", hint: "chat who --users lists everybody", sent: .no)
        }
        guard let conversation = found.conversations.first,
            let member = conversation.members.first(where: { $0.name == user })
        else { throw Problem(.protocolFault, "\(link.address) opened another conversation than the one with \(user)") }
        let own = try ownAccount()
        try store { store in
            try store.write { try store.remember([conversation], own: own, now: WallClock.now) }
        }
        return OpenedConversation(id: conversation.id, recipient: member.id)
    }

    /// Keeps messages that the server has taken. They are taken whatever happens here: another way to them is the log.
    func storeSent(_ messages: [(Appended, Content)]) {
        do throws(Problem) {
            try store { store in
                guard let identity = try store.identity() else { return }
                let now = WallClock.now
                let hasNews = try store.write {
                    try messages.reduce(false) { hasNews, message in
                        let (appended, content) = message
                        // What the server has under this identifier may be what was sent first.
                        guard !appended.duplicate || appended.digest == Self.digest(content) else { return hasNews }
                        let entry = IncomingEntry(
                            appended, content: content, sender: identity.account, device: identity.device)
                        return try store.storeSent(entry, now: now) || hasNews
                    }
                }
                if hasNews { store.wake() }
            }
        } catch { log.warning("sent, but not kept in the history: \(error.text)") }
    }

    /// Puts a message into the outbox.
    func queue(
        _ conversation: ConversationName, id: MessageID, content: Content, expires: Duration?
    ) throws(Problem) {
        let now = WallClock.now
        let expiry = expires.map { now &+ UInt64(max(0, $0.milliseconds)) }
        try store { store in
            try store.writeSynced {
                try store.queue(conversation, id: id, content: content, now: now, expires: expiry)
            }
        }
    }
}

extension Duration {
    /// Whole milliseconds.
    var milliseconds: Int64 {
        let (seconds, attoseconds) = components
        return seconds.multipliedReportingOverflow(by: 1000).partialValue + attoseconds / 1_000_000_000_000_000
    }
}
