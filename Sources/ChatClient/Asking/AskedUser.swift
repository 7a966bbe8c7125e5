import ChatProtocol

/// One of those who are asked, and the message that asks.
struct AskedUser: Equatable, Sendable {
    var name: UserName
    var account: AccountID
    var id: MessageID
}
