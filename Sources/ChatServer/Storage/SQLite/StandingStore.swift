import ChatProtocol
import SQLite
import StoredValues

/// Where a conversation stands for a device. Every function is part of the caller's transaction.
extension LeafStore {
    private struct Row {
        var info: ConversationInfo
        var standing: ConversationStanding
        var number: ConversationNumber
        var isClosed: Bool
        var logHash: [UInt8]?
    }

    /// Of a member.
    static func standing(
        of conversation: ConversationID, for reader: DeviceReader, in database: Database
    ) throws -> DeviceStanding {
        guard let row = try row(of: conversation, in: database) else { throw Failure(.noSuchConversation) }
        if row.isClosed, row.info.audience == .room { throw Failure(.noSuchRoom) }
        let isMember = { try MembershipStore.isMember(reader.account, of: conversation, in: database) }
        guard try reader.account == .server || row.info.includes(reader.account) ?? isMember() else {
            throw Failure(.notAMember)
        }
        return DeviceStanding(
            conversation: row.info, standing: row.standing,
            leaf: try span(of: reader.device, in: row.number, database), logHash: row.logHash)
    }

    /// What it has still to read lies before the end of its leaf.
    static func formerStanding(
        of conversation: ConversationID, for reader: DeviceReader, in database: Database
    ) throws -> DeviceStanding? {
        guard let row = try row(of: conversation, in: database),
            let leaf = try span(of: reader.device, in: row.number, database), leaf.until != nil
        else { return nil }
        return DeviceStanding(conversation: row.info, standing: row.standing, leaf: leaf)
    }

    private static func row(of conversation: ConversationID, in database: Database) throws -> Row? {
        let generation = try MetaStore.generation(in: database)
        return try database.first(
            """
            SELECT id, type, account_low, account_high, head, incarnation, epoch, number, closed, log_hash
            FROM conversations WHERE id = ?
            """, conversation
        ) { row in
            let mark = GroupMark(incarnation: row.incarnation(5), epoch: row.epoch(6))
            return Row(
                info: try ConversationInfo(row),
                standing: ConversationStanding(
                    position: ConversationPosition(generation: generation, mark), head: row.sequenceNumber(4)),
                number: row.conversationNumber(7), isClosed: row.bool(8), logHash: row.optionalBytes(9))
        }
    }
}
