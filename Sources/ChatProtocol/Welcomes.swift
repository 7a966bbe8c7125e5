import WireCodec

/// Takes the oldest Welcome that waits for this device in a conversation. Answered by `WelcomePart`.
///
/// The same request again gets the same Welcome again, and no other request gets it.
package struct ReadWelcome: FrameBody {
    package static let kind = FrameKind.readWelcome
    package var conversation: ConversationID
    package var request: MessageID

    package init(conversation: ConversationID, request: MessageID) {
        self.conversation = conversation
        self.request = request
    }

    package func encode(into writer: inout WireWriter) {
        writer.write(conversation)
        writer.write(request)
    }

    package init(from reader: inout WireReader) throws(WireError) {
        conversation = try reader.read()
        request = try reader.read()
    }
}

package struct WelcomePart: FrameBody {
    package static let kind = FrameKind.welcomePart

    package var conversation: ConversationID
    /// The commit that brought it; zero where none waits.
    package var id: MessageID
    /// The commit's number: the device reads what follows it.
    package var seq: SequenceNumber
    /// Empty where none waits.
    package var welcome: [UInt8]

    package init(conversation: ConversationID, id: MessageID, seq: SequenceNumber, welcome: [UInt8]) {
        self.conversation = conversation
        self.id = id
        self.seq = seq
        self.welcome = welcome
    }

    package func encode(into writer: inout WireWriter) {
        writer.write(conversation)
        writer.write(id)
        writer.write(seq)
        writer.write(vector: welcome)
    }

    package init(from reader: inout WireReader) throws(WireError) {
        conversation = try reader.read()
        id = try reader.read()
        seq = try reader.read()
        welcome = Array(try reader.readVector(limit: Limits.groupWelcome, field: "welcome"))
    }
}

/// A Welcome waits for this device. Told once it has subscribed: first of those that wait already, then when one comes.
package struct GroupWelcome: FrameBody {
    package static let kind = FrameKind.groupWelcome
    package var conversation: ConversationID
    package init(conversation: ConversationID) { self.conversation = conversation }
    package func encode(into writer: inout WireWriter) { writer.write(conversation) }
    package init(from reader: inout WireReader) throws(WireError) { conversation = try reader.read() }
}
