import CLISupport
import ChatClient
import ChatProtocol

/// What the prompt knows: whom it writes to, what came last, whether the server is there. A plain value.
struct REPLState: Sendable {
    enum Connection: Equatable, Sendable { case connecting, connected, lost }

    /// A message that came, and can be answered.
    struct Received: Equatable, Sendable {
        var id: MessageID
        var conversation: ConversationName
        var from: UserName
    }

    /// How many messages `/history` shows where no number is given.
    static let usualHistory = 20

    let user: UserName
    let hasTerminal: Bool
    private(set) var target: ConversationName?
    /// What `/reply` answers.
    private(set) var lastReceived: Received?
    /// In each conversation the last message that no program sent by itself.
    private var personal: [ConversationName: Received] = [:]
    var connection = Connection.connecting
    /// Messages that were typed and that the server does not have yet.
    var waiting = 0

    init(user: UserName, hasTerminal: Bool) {
        self.user = user
        self.hasTerminal = hasTerminal
    }

    mutating func received(_ message: ReceivedMessage) {
        guard !message.own else { return }
        let received = Received(id: message.id, conversation: message.conversation, from: message.from)
        if !message.auto { personal[message.conversation] = received }
        // A program's remark ("please answer with yes or no") is not what a person wants to answer.
        lastReceived = personal[message.conversation] ?? received
    }

    /// What a line means here and now.
    ///
    /// - Throws: 64 where it means nothing, 65 for a text that no message can have.
    mutating func decide(_ line: REPLLine) throws(Problem) -> REPLAction {
        switch line {
        case .blank: return .nothing
        case .text(let text): return try send(text, to: try currentTarget())
        case .target(let conversation):
            target = conversation
            return .retargeted(conversation)
        case .direct(let user, let text): return try send(text, to: .user(user))
        case .broadcast(let text): return try send(text, to: .everyone)
        case .reply(let text): return try reply(text)
        case .who: return .ask(.users(onlineOnly: true))
        case .users: return .ask(.users(onlineOnly: false))
        case .rooms: return .ask(.rooms)
        case .join(let room): return .ask(.join(room))
        case .leave(let room): return .ask(.leave(try self.room(room, "/leave ROOM")))
        case .members(let room): return .ask(.members(try self.room(room, "/members ROOM")))
        case .history(let count):
            return .ask(.history(HistoryQuery(conversation: target, limit: count ?? Self.usualHistory)))
        case .edit:
            guard hasTerminal else {
                throw Problem(.usage, "/edit needs a terminal", hint: "write the text into the line itself")
            }
            return .edit(try currentTarget())
        case .help(let verb): return .show(REPLCommandTable.help(verb))
        case .quit: return .quit
        }
    }

    /// A message to the conversation, where its text can be one.
    func send(_ text: String, to conversation: ConversationName) throws(Problem) -> REPLAction {
        .send(OutgoingMessage(conversation: conversation, body: try MessageText.check(text)))
    }

    private func currentTarget() throws(Problem) -> ConversationName {
        guard let target else {
            throw Problem(
                .usage, "nobody to write to yet; nothing was sent",
                hint: "choose with /to USER, /to #ROOM or /to all, or send once with /dm USER TEXT")
        }
        return target
    }

    /// The one that was named, or the one that is written to.
    private func room(_ named: UserName?, _ usage: String) throws(Problem) -> UserName {
        guard let room = named ?? target?.room else {
            throw Problem(.usage, "it is no room that is written to", hint: "name one: \(usage)")
        }
        return room
    }

    mutating func apply(_ change: REPLAnswer.Change) {
        switch change {
        case .joined(let room): target = .room(room)
        // Nobody is written to then, rather than somebody else.
        case .left(let room): if target == .room(room) { target = nil }
        }
    }

    private func reply(_ text: String) throws(Problem) -> REPLAction {
        guard let lastReceived else {
            throw Problem(
                .usage, "no message has come yet that could be replied to; nothing was sent",
                hint: "send with /dm USER TEXT")
        }
        let body = try MessageText.check(text)
        return .reply(
            OutgoingMessage(conversation: lastReceived.conversation, body: body, replyTo: lastReceived.id),
            to: lastReceived.from)
    }
}

/// The prompt: who I am, whom I write to, and what is not as it should be.
struct REPLPrompt: Sendable {
    var palette: Palette

    func text(_ state: REPLState) -> String {
        var text = state.user.text
        switch state.target {
        case .user(let other): text += " → " + bold(other.text)
        case .everyone: text += " → " + bold("all")
        case .room(let name)?: text += " → " + bold("#" + name.text)
        case nil: break
        }
        let queued = state.waiting > 0 ? ", \(state.waiting) queued" : ""
        switch state.connection {
        case .connected: break
        case .connecting: text += " (connecting\(queued))"
        case .lost: text += " (not connected\(queued))"
        }
        return text + "> "
    }

    /// Readline must know what takes no room: \001 and \002 stand around it (RL_PROMPT_START_IGNORE, …_END_IGNORE).
    private func bold(_ text: String) -> String {
        palette.isColoured ? "\u{1}\u{1b}[1m\u{2}\(text)\u{1}\u{1b}[0m\u{2}" : text
    }
}

/// What is to be done about a line.
enum REPLAction: Equatable, Sendable {
    case nothing
    case retargeted(ConversationName)
    case send(OutgoingMessage)
    /// A message whose recipient was not typed, and is worth saying.
    case reply(OutgoingMessage, to: UserName)
    case ask(REPLRequest)
    case edit(ConversationName)
    case show([String])
    case quit
}
