import ChatProtocol
import MLS
import WireCodec

/// The id of a group: its conversation, and which of its incarnations it is. 20 bytes.
package struct GroupName: Hashable, Sendable, WireCodable {
    package let conversation: ConversationID
    package let incarnation: UInt32

    package init(conversation: ConversationID, incarnation: UInt32) {
        self.conversation = conversation
        self.incarnation = incarnation
    }

    package init(from reader: inout WireReader) throws(WireError) {
        conversation = try reader.read()
        incarnation = try reader.read()
    }

    package func encode(into writer: inout WireWriter) {
        writer.write(conversation)
        writer.write(incarnation)
    }

    package var groupId: [UInt8] { wireBytes }

    package init?(groupId: [UInt8]) {
        guard let name = try? GroupName(wireBytes: groupId) else { return nil }
        self = name
    }
}

extension Identifier where Kind == ConversationKind {
    /// The conversation of two accounts, or of one with itself: it follows from the server and the unordered pair, so that nobody needs to
    /// be told it, and a server cannot pass another one off for it.
    package static func direct(_ one: AccountID, _ other: AccountID, on server: ServerID) -> ConversationID {
        var writer = WireWriter(reserving: 96)
        writer.write(.direct)
        writer.write(server)
        writer.write(min(one, other))
        writer.write(max(one, other))
        return first(of: Primitives.sha256(writer.bytes))
    }

    /// The conversation of a room: it follows from who makes it by which request, so that no two make one under the same identifier, nor
    /// one under that of a direct conversation.
    package static func room(
        _ name: RoomName, madeBy account: AccountID, request: MessageID, on server: ServerID
    ) -> ConversationID {
        var writer = WireWriter(reserving: 128)
        writer.write(.room)
        writer.write(server)
        writer.write(account)
        writer.write(request)
        writer.write(name)
        return first(of: Primitives.sha256(writer.bytes))
    }

    private static func first(of digest: [UInt8]) -> ConversationID {
        digest.withUnsafeBytes { bytes in
            ConversationID(
                high: UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 0, as: UInt64.self)),
                low: UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self)))
        }
    }
}
