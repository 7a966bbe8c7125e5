import ChatProtocol
import Transport

/// Messages of a given size, as the client would make them.
enum Sample {
    private static let sent: Timestamp = 1_795_397_340_123
    private static let conversation = ConversationID(high: 1, low: 2)

    static func payload(bodyBytes: Int) -> [UInt8] {
        Content(body: String(repeating: "m", count: bodyBytes), sent: sent).wireBytes
    }

    static func append(
        _ number: Int, bodyBytes: Int, to conversation: ConversationID = conversation, run: UInt64 = 0
    ) -> Append {
        Append(
            conversation: conversation, id: MessageID(high: run, low: UInt64(number)),
            payload: payload(bodyBytes: bodyBytes))
    }

    /// The frame that a receiver gets for it.
    static func entryFrame(bodyBytes: Int) -> [UInt8] {
        Entry(
            conversation: conversation, seq: 1, id: MessageID(high: 0, low: 1), sender: AccountID(high: 3, low: 4),
            device: DeviceID(high: 5, low: 6), payloadKind: PayloadKind.plainContent.rawValue, time: sent,
            payload: payload(bodyBytes: bodyBytes)
        ).frame().wireBytes
    }
}
