import CLISupport
import ChatProtocol
import System

/// What happens to a sender.
enum SenderEvent: Sendable {
    case submitted(SendSubmission)
    case connected(Link)
    case connectFailed(Problem)
    case resolved(ConversationName, Result<OpenedConversation, Problem>, on: ObjectIdentifier)
    case replied(tag: UInt64, Result<Appended, Problem>, on: ObjectIdentifier)
    case receipt(ConversationID, ReceiptState)
}

/// A sender's side of one connection: what is asked on it comes back as an event.
struct SenderWire: Sendable {
    let link: Link
    let mailbox: Mailbox<SenderEvent>

    init(_ link: Link, _ mailbox: Mailbox<SenderEvent>) {
        self.link = link
        self.mailbox = mailbox
        link.whenUnusable { mailbox.gate.open() }
    }

    /// Whether what came from `origin` came from here, and the connection stands.
    func isOrigin(_ origin: ObjectIdentifier) -> Bool { ObjectIdentifier(link) == origin && link.end == nil }

    func append(_ sealed: SealedAppend, tag: UInt64) {
        let append = sealed.append
        let (mailbox, origin, address) = (mailbox, ObjectIdentifier(link), link.address)
        link.send(append) { reply in
            let result = reply.flatMap { frame in
                Result { () throws(Problem) in
                    let appended: Appended = try Link.decode(frame, from: address)
                    guard appended.answers(append, digest: sealed.digest) else {
                        throw Problem(.protocolFault, "\(address) acknowledged another message than the one sent")
                    }
                    return appended
                }
            }
            mailbox.post(.replied(tag: tag, result, on: origin))
        }
    }

    func open(_ name: ConversationName, anew: Bool, after refusal: ErrorCode?, _ access: SendingAccess) {
        let (mailbox, origin, link) = (mailbox, ObjectIdentifier(link), link)
        Task(executorPreference: MainThread.preferred) {
            do throws(Problem) {
                let opened = try await access.open(name, on: link, anew: anew, after: refusal)
                mailbox.post(.resolved(name, .success(opened), on: origin))
            } catch { mailbox.post(.resolved(name, .failure(error), on: origin)) }
        }
    }

    /// Asks how far the conversation has come, and for what follows.
    func watch(_ conversation: ConversationID) {
        let mailbox = mailbox
        link.send(QueryReceipts(conversation: conversation, watch: true)) { reply in
            guard let frame = try? reply.get(), let receipts = try? frame.decode(Receipts.self) else { return }
            for state in receipts.states { mailbox.post(.receipt(conversation, state)) }
        }
    }
}

extension Appended {
    /// Whether it is the answer to `append`, whose payload has this digest.
    func answers(_ append: Append, digest: [UInt8]) -> Bool {
        id == append.id && conversation == append.conversation && (duplicate || self.digest == digest)
    }
}
