import CLISupport
import ChatProtocol
import Transport

// The verbs whose bodies are under way. Each fails loudly; this file shrinks to nothing.

extension Problem {
    fileprivate static func unfinished(_ verb: String) -> Problem {
        Problem(.internalFault, "\(verb) is not built yet")
    }
}

// MARK: account

extension Client {
    /// Makes an account and logs this device in.
    package func register(
        user: UserName, displayName: String?, password: [UInt8], invite: [UInt8]? = nil, deviceName: String? = nil
    ) async throws(Problem) -> WhoAmI { throw .unfinished("register") }

    /// Logs this device in by password; from then on its own key does.
    package func login(user: UserName, password: [UInt8], deviceName: String? = nil) async throws(Problem) -> WhoAmI {
        throw .unfinished("login")
    }

    /// Takes over an identity that `addDevice` made. `user`, where given, must be whose it is.
    package func login(identityFile: String, user: UserName? = nil) async throws(Problem) -> WhoAmI {
        throw .unfinished("login")
    }

    /// Revokes this device on the server; with `forget` the local data go too.
    package func logout(forget: Bool) async throws(Problem) { throw .unfinished("logout") }

    /// From the local store; never connects.
    package func whoAmI() throws(Problem) -> WhoAmI { throw .unfinished("whoami") }

    package func changePassword(old: [UInt8], new: [UInt8], revokeOthers: Bool) async throws(Problem) {
        throw .unfinished("passwd")
    }
}

// MARK: send

extension Client {
    /// Sends each message and tells what became of it, in the order given. It never throws: what fails says so.
    package func send(_ messages: [OutgoingMessage], options: SendOptions = SendOptions()) async -> [Acknowledgement] {
        messages.map {
            Acknowledgement(
                id: nil, conversation: $0.conversation, time: 0, status: .failed, problem: .unfinished("send"))
        }
    }

    /// For many messages, many in flight: see `MessageSender`.
    package func makeSender(options: SendOptions = SendOptions()) -> MessageSender { MessageSender() }
}

/// Sends messages in the order in which they are submitted, many in flight, across lost connections.
package actor MessageSender {
    /// One for each submitted message, when it is decided; ends after `finish`, when all are.
    package nonisolated let results: AsyncStream<SendResult>
    private let continuation: AsyncStream<SendResult>.Continuation

    init() { (results, continuation) = AsyncStream.makeStream() }

    /// Hands over a message. Suspends while as many are under way as may be (the server is away, or slows us down).
    package func submit(_ message: OutgoingMessage, tag: UInt64) async {
        continuation.yield(
            SendResult(
                tag: tag,
                acknowledgement: Acknowledgement(
                    id: nil, conversation: message.conversation, time: 0, status: .failed,
                    problem: .unfinished("send"))))
    }

    /// No message follows.
    package func finish() { continuation.finish() }
}

// MARK: listen

extension Client {
    /// Opens the store, takes the resume point, and begins to connect.
    ///
    /// - Throws: 75 `resume_point_in_use` naming the process that has it, 65 for another store's cursor, 77 not
    ///   logged in. What the connection meets is thrown by `MessageListener.next`.
    package func listen(_ options: ListenOptions) async throws(Problem) -> MessageListener {
        throw .unfinished("listen")
    }

    /// Marks as shown to a person, and tells the server where that is wanted (`receipts`).
    package func markShown(_ messages: [ReceivedMessage]) async throws(Problem) { throw .unfinished("mark") }
}

/// Tells what the store holds and will hold, in one order, at the reader's pace.
package actor MessageListener {
    init() {}

    /// The next event. It waits for one; with a `deadline` no longer than that.
    ///
    /// - Throws: what ends it: 69 where the first connection failed, 77 a refused login, 78, 79. Then it has ended.
    package func next(deadline: ContinuousClock.Instant? = nil) async throws(Problem) -> ListenOutcome { .ended }

    /// The event was written, or its command has returned 0: moves the resume point behind it (and behind what the
    /// filter left out after it). Without a resume point this does nothing.
    package func done(_ event: ListenEvent) async throws(Problem) {}

    /// Ends it: gives the resume point free and goes offline. `next` gives `ended` from then on.
    package func stop() async {}
}

// MARK: history, unread

extension Client {
    /// From the local store, oldest first; never connects.
    package func history(_ query: HistoryQuery) throws(Problem) -> [StoredItem] { throw .unfinished("history") }
    /// One message of the local store with an acknowledgement a recipient; nil where there is none.
    package func message(id: MessageID) throws(Problem) -> MessageDetail? { throw .unfinished("history") }
    /// When this device last knew everything, Unix milliseconds; nil: never.
    package func lastSync() throws(Problem) -> UInt64? { throw .unfinished("history") }
    /// Fetches what was missed into the store; for `id` also how far that message has come.
    package func sync(receiptsOf id: MessageID? = nil, timeout: Duration? = .seconds(30)) async throws(Problem) {
        throw .unfinished("history")
    }
    /// Conversations with messages that were not shown; never connects.
    package func unread() throws(Problem) -> [UnreadCount] { throw .unfinished("unread") }
    /// The counts now and after each change. Online, and takes deliveries.
    package func watchUnread() async throws(Problem) -> UnreadWatch { throw .unfinished("unread") }
}

package actor UnreadWatch {
    init() {}
    /// The counts, once at first and then whenever they have changed; nil after `stop`.
    package func next() async throws(Problem) -> [UnreadCount]? { nil }
    package func stop() async {}
}

// MARK: people

extension Client {
    /// Who is online, or everybody.
    package func users(onlineOnly: Bool) async throws(Problem) -> [AccountStatus] { throw .unfinished("who") }
    /// Returns when the user is online. Nil timeout: waits for ever.
    ///
    /// - Throws: 67 no such user, 124.
    package func waitUntilOnline(_ user: UserName, timeout: Duration?) async throws(Problem) {
        throw .unfinished("who")
    }
    /// Names for completion and Tab, from the local store; empty where there is none. Never fails, never connects.
    package func completionNames() -> [UserName] { [] }
}

// MARK: outbox

extension Client {
    package func outbox() throws(Problem) -> [OutboxItem] { throw .unfinished("outbox") }
    /// Sends what is queued, failed ones too; an acknowledgement for each.
    package func flushOutbox(timeout: Duration? = .seconds(30)) async throws(Problem) -> [Acknowledgement] {
        throw .unfinished("outbox")
    }
    /// - Throws: 67 `no_such_name`.
    package func dropFromOutbox(_ id: MessageID) throws(Problem) { throw .unfinished("outbox") }
}

// MARK: resume points

extension Client {
    package func resumePoints() throws(Problem) -> [ResumePoint] { throw .unfinished("resume") }
    /// - Throws: 75 where a process uses it, 65 for another store's cursor.
    package func setResumePoint(_ name: UserName, to start: ListenStart) throws(Problem) { throw .unfinished("resume") }
    /// - Throws: 67 `no_such_name`, 75 where a process uses it.
    package func removeResumePoint(_ name: UserName) throws(Problem) { throw .unfinished("resume") }
}

// MARK: devices

extension Client {
    /// This account's devices.
    package func devices() async throws(Problem) -> [DeviceRecord] { throw .unfinished("device") }
    /// Makes a device for another machine or a container and writes its identity to `file`, which must not exist.
    package func addDevice(identityFile: String, name: String? = nil) async throws(Problem) -> DeviceID {
        throw .unfinished("device")
    }
    /// `id`: hexadecimal, or the device's name where only one has it.
    package func revokeDevice(_ id: String) async throws(Problem) { throw .unfinished("device") }
    package func renameDevice(_ id: String, to name: String) async throws(Problem) { throw .unfinished("device") }
}

// MARK: servers, profiles, doctor

extension Client {
    package func knownServers() throws(Problem) -> [KnownServer] { throw .unfinished("server") }
    /// Connects, and keeps what the trust policy and the person say.
    package func trustServer(_ address: ServerAddress) async throws(Problem) -> KnownServer {
        throw .unfinished("server")
    }
    /// - Throws: 67 `no_such_name`.
    package func forgetServer(_ address: ServerAddress) throws(Problem) { throw .unfinished("server") }
    package func profiles() throws(Problem) -> [ProfileSummary] { throw .unfinished("profile") }
    /// Looks at everything in turn and tells each as it is known.
    package func doctor(_ report: @escaping @Sendable (DoctorCheck) async -> Void) async {
        await report(
            DoctorCheck(name: "doctor", status: .failed, text: "not built yet", problem: .unfinished("doctor")))
    }
}
