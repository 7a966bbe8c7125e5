import ChatProtocol
import GroupRules

/// A handshake that somebody asks for, and where they think that the conversation stands.
struct HandshakeQuestion: Sendable {
    var conversation: ConversationID
    var author: DeviceReader
    /// Nil with a founding.
    var position: ConversationPosition?
    var founding: [UInt8]?
    var commit: [UInt8]
    var groupInfo: [UInt8]
    var welcome: [UInt8]

    /// - Parameter everyone: devices that everyone's group may have.
    func ruling(
        _ standing: DeviceStanding, former: GroupFollower?, _ facts: FoundingFacts, everyone: Int,
        by authority: GroupAuthority
    ) throws(Failure) -> GroupRuling {
        let handshake = GroupHandshake(
            conversation: standing.conversation, author: author, founding: founding, commit: commit,
            groupInfo: groupInfo, welcome: welcome,
            mostDevices: standing.conversation.audience == .everyone ? everyone : Limits.groupDevices)
        if founding != nil {
            return try GroupFollower.found(
                handshake, after: former, facts, by: authority)
        }
        guard let former else { throw Failure(.noGroup, current: standing.standing) }
        return try former.judge(handshake, by: authority)
    }
}

/// What is thought of a handshake; the store has the last word.
struct HandshakeDecision: Sendable {
    var standing: DeviceStanding
    /// Where the conversation must stand for it.
    var position: ConversationPosition
    /// Nil: it was not looked at, since the conversation stands elsewhere.
    var ruling: Result<GroupRuling, Failure>?
    var former: GroupFollower?
}

/// A group as it stands, for who wants to join.
struct GroupView: Sendable {
    var standing: DeviceStanding
    var follower: GroupFollower?
    var groupInfo: [UInt8]
    var tree: [UInt8]?
}

/// What the desk tells of itself.
package struct GroupFigures: Sendable, Equatable {
    package var followers = 0
    package var bytes = 0
    package var handshakes: UInt64 = 0
    package var refused: UInt64 = 0
    /// Of commits that members could not process.
    package var reports: UInt64 = 0
    /// Conversations in which something is looked at, or waits for it.
    package var lines = 0
}
