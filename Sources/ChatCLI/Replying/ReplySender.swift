import CLISupport
import ChatClient
import ChatProtocol

/// What is sent in answer to a message.
struct Reply: Sendable {
    let message: ReceivedMessage
    let number: UInt64
    let parts: [String]

    /// - Parameter number: what the parts' tags tell of it.
    init(to message: ReceivedMessage, number: UInt64, parts: [String]) {
        self.message = message
        self.number = number
        self.parts = parts
    }

    /// More than the parts of the longest reply.
    private static let tagsPerReply: UInt64 = 32

    static func number(ofTag tag: UInt64) -> UInt64 { tag / tagsPerReply }

    func tag(ofPart index: Int) -> UInt64 { number * Self.tagsPerReply + UInt64(index) }

    /// One part as a message. What it is called follows from the message that it answers, so that sending it again, also
    /// by another process or device of the account, changes nothing.
    func outgoing(part index: Int) -> OutgoingMessage {
        OutgoingMessage(
            conversation: message.conversation, body: parts[index],
            key: "reply \(message.from) \(message.id.uuid) \(index + 1)", replyTo: message.id, auto: true)
    }
}

/// Sends parts of replies in the order in which they are handed over, across lost connections, for as long as it takes.
struct ReplySender: Sendable {
    let sender: MessageSender

    /// The first part goes alone: only where it stands may others follow it. After a crash, or where another machine
    /// answers for the same account, the server may have the beginning of another answer.
    func sendFirst(of reply: Reply) { post(reply, 0..<1) }
    func sendRest(of reply: Reply) { post(reply, 1..<reply.parts.count) }

    /// No reply follows.
    func finish() { Task { await sender.close() } }

    private func post(_ reply: Reply, _ parts: Range<Int>) {
        for index in parts { sender.post(reply.outgoing(part: index), tag: reply.tag(ofPart: index)) }
    }
}

extension Problem {
    /// Whether a message was refused because of where it was to go or what it is, so that another may be taken.
    var isAboutRecipient: Bool {
        switch exit {
        case .badData, .unknownName: true
        case .refused: [ErrorCode.forbidden.name, ErrorCode.notAMember.name].contains(code)
        default: false
        }
    }
}
