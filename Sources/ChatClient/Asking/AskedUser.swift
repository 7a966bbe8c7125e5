import ChatProtocol
import SQLite

/// One of those who are asked, a user or a room, and the message that asks.
struct AskedUser: Equatable, Sendable {
    /// As it stands with a conversation in the store.
    enum Peer: Equatable, Sendable {
        case account(AccountID)
        case room(UserName)
    }

    var conversation: ConversationName
    var peer: Peer
    var id: MessageID

    init(name: UserName, account: AccountID, id: MessageID) {
        conversation = .user(name)
        peer = .account(account)
        self.id = id
    }

    init(room: UserName, id: MessageID) {
        conversation = .room(room)
        peer = .room(room)
        self.id = id
    }
}

extension AskedUser.Peer: Bindable {
    func bind(to statement: Statement, at index: Int32) throws(SQLiteError) {
        switch self {
        case .account(let account): try account.bind(to: statement, at: index)
        case .room(let name): try name.text.bind(to: statement, at: index)
        }
    }
}
