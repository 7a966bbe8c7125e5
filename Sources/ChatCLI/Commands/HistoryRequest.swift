import CLISupport
import ChatClient
import ChatProtocol

/// What of the store is asked for, by `chat history` and by the method `history`.
struct HistoryRequest: Sendable {
    var with: UserName?
    var room: UserName?
    var everyone: Bool
    /// One message, with an acknowledgement a recipient.
    var id: MessageID?
    var limit: Int
    /// Server's time.
    var since: Timestamp?
    /// Server's time.
    var until: Timestamp?
    var search: String?

    /// Refuses what contradicts itself.
    ///
    /// - Parameter typed: how the caller has written an option of this name.
    func check(typed: (String) -> String) throws(Problem) {
        if [with != nil, room != nil, everyone].count(where: { $0 }) > 1 {
            throw Problem(
                .usage, "\(typed("with")), \(typed("room")) and \(typed("everyone")) cannot be combined")
        }
        if id != nil && (with != nil || room != nil || everyone || since != nil || until != nil || search != nil) {
            throw Problem(
                .usage, "\(typed("id")) is one message; it cannot be combined with what selects others")
        }
    }

    /// What there is, in the order in which it is told.
    func lines(of client: Client) async throws(Problem) -> [HistoryLine] {
        guard let id else { return try await client.history(query).map(HistoryLine.item) }
        guard let detail = try await client.message(id: id) else { return [] }
        return [.item(.message(detail.message))] + detail.recipients.map(HistoryLine.recipient)
    }

    /// Nil: all.
    var conversation: ConversationName? {
        with.map { .user($0) } ?? room.map { .room($0) } ?? (everyone ? .everyone : nil)
    }

    private var query: HistoryQuery {
        HistoryQuery(conversation: conversation, limit: limit, since: since, until: until, search: search)
    }
}

/// One thing that a history tells.
enum HistoryLine: Sendable {
    case item(StoredItem)
    case recipient(MessageDetail.Recipient)

    var isMessage: Bool {
        if case .item(.message) = self { true } else { false }
    }

    var object: JSONObject {
        switch self {
        case .item(.message(let message)): JSONLines.message(message)
        case .item(.gap(let gap)): JSONLines.gap(gap)
        case .recipient(let recipient): JSONLines.acknowledgement(recipient.acknowledgement, user: recipient.user)
        }
    }

    func plain(_ plain: PlainText) -> String {
        switch self {
        case .item(.message(let message)): plain.message(message)
        case .item(.gap(let gap)): plain.gap(gap)
        case .recipient(let recipient): "    \(recipient.user): \(recipient.acknowledgement.status.rawValue)"
        }
    }
}
