import ChatProtocol
import Transport

/// Messages of a given size. Nothing is sealed: the server does not look into them, and what sealing costs is the client's.
enum Sample {
    private static let sent: Timestamp = 1_795_397_340_123
    private static let conversation = ConversationID(high: 1, low: 2)

    static func payload(bodyBytes: Int) -> [UInt8] {
        Content(body: String(repeating: "m", count: bodyBytes), sent: sent).wireBytes
    }

    /// - Parameter group: what it is for; nil for who forwards whatever comes.
    static func append(_ number: Int, bodyBytes: Int, to group: FoundedGroup? = nil, run: UInt64 = 0) -> Append {
        Append(
            conversation: group?.conversation ?? conversation, id: MessageID(high: run, low: UInt64(number)),
            payloadKind: PayloadKind.message.rawValue, precondition: group?.position,
            payload: payload(bodyBytes: bodyBytes))
    }

    /// The frame that a receiver gets for it.
    static func entryFrame(bodyBytes: Int) -> [UInt8] {
        Entry(
            conversation: conversation, seq: 1, id: MessageID(high: 0, low: 1), sender: AccountID(high: 3, low: 4),
            device: DeviceID(high: 5, low: 6), payloadKind: PayloadKind.message.rawValue, time: sent,
            payload: payload(bodyBytes: bodyBytes)
        ).frame().wireBytes
    }
}
