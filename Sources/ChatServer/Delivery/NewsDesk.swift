import ChatProtocol

/// What was committed in conversations, as connections are to be told of it: entries as frames, made beside the loop.
package struct ToldNews: Sendable {
    struct Change: Sendable {
        var conversation: ConversationInfo
        var change: ReaderChange
    }

    var changes: [Change]
    var runs: [EntryRun]

    package init(_ news: [News]) {
        changes = news.flatMap { part in
            part.changes.map { Change(conversation: part.conversation, change: $0) }
        }
        runs = EntryRun.runs(of: news)
    }
}

/// Tells connections what was committed, by this server or another one that shares the store; who carried something out
/// tells nobody else of it. Confined to the hub's event loop.
final class NewsDesk {
    private let deliverer: Deliverer
    private let connections: ConnectionRegistry
    /// Called with a room that is nobody's any more.
    var roomEnded: (ConversationID) -> Void = { _ in }

    init(deliverer: Deliverer, connections: ConnectionRegistry) {
        self.deliverer = deliverer
        self.connections = connections
    }

    /// Who comes and goes first: whoever is told that they are in hears nothing before that.
    func tell(_ news: ToldNews) {
        for item in news.changes { tell(item.change, in: item.conversation) }
        for run in news.runs { deliverer.deliver(run) }
    }

    private func tell(_ change: ReaderChange, in conversation: ConversationInfo) {
        switch change {
        case .joined(let account):
            connections.tell(MemberChanged(conversation: conversation.id, account: account, change: .joined))
        case .left(let account, let seq):
            deliverer.ended(conversation.id, after: seq, forAllOf: account)
            connections.tell(MemberChanged(conversation: conversation.id, account: account, change: .left))
        case .began(let reader, let seq): deliverer.began(conversation, behind: seq, for: reader)
        case .ended(let reader, let seq): deliverer.ended(conversation.id, after: seq, for: reader)
        case .welcomed(let reader):
            for session in connections.sessions(of: reader) where session.subscription != nil {
                session.send(GroupWelcome(conversation: conversation.id))
            }
        case .removed: roomEnded(conversation.id)
        }
    }
}
