import ChatProtocol
import GroupRules
import MLS
import SQLite
import StoredValues

/// Groups that this account has left of its own will.
extension ClientStore {
    /// Nothing is left of the group but that coming back needs a higher epoch. Within a transaction, which is synced.
    func leaveGroup(of conversation: ConversationID) throws {
        if let waiting = try waitingCommit(of: conversation) { try drop(waiting) }
        guard let standing = try groupStanding(of: conversation) else { return }
        if let summary = try StoredGroup.summary(of: standing.group.groupId, from: groupRows) {
            try bury(standing, epoch: summary.epoch)
        }
        try dropGroup(standing.group.groupId)
        try database.run("DELETE FROM group_standings WHERE conversation = ?", conversation)
        // What was sealed for it, found of its leaves, and kept to compare its log.
        try database.run("DELETE FROM outgoing WHERE conversation = ?", conversation)
        try database.run("DELETE FROM group_trusts WHERE conversation = ?", conversation)
        try database.run("DELETE FROM group_transcripts WHERE name = ?", standing.group.groupId)
        try database.run("DELETE FROM log_marks WHERE conversation = ?", conversation)
        try database.run("DELETE FROM own_leaves WHERE conversation = ?", conversation)
        try forgetWelcomeRequest(of: conversation)
    }

    /// The room of that name that this device is founding: no answer has come yet.
    func unfinishedRoom(_ name: RoomName) throws -> ConversationID? {
        guard let room = try pinnedRoom(name), try waitingCommit(of: room)?.kind == .founding else { return nil }
        return room
    }
}
