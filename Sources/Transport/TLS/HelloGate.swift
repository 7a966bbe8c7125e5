/// Judges what a stranger sends before the handshake is encrypted: the lengths of its messages, which are hellos.
///
/// OpenSSL makes room for a message as soon as its length is announced, 128 KiB for a hello, and a stranger could have
/// that of each connection for nine bytes. A plain value, that is shown the bytes as they come, before OpenSSL is.
struct HelloGate: Sendable {
    /// Real hellos have 200 to 600 bytes, and some 2,000 with a key that resists quantum computers.
    static let usualLimit = 8 << 10

    /// The content type of a record that holds handshake messages in the clear. Encrypted ones bear another, also those
    /// of a client whose early data is passed over before its next hello: they are bounded by OpenSSL itself.
    private static let handshake: UInt8 = 22
    private static let recordHeader = 5
    private static let messageHeader = 4

    private let limit: Int
    /// The header that is not complete yet, of a record and of a message. A message may go on in the next record.
    private var record: [UInt8] = []
    private var message: [UInt8] = []
    /// What is to come of the record, and of the message.
    private var recordLeft = 0
    private var messageLeft = 0
    private var isHandshake = false

    init(limit: Int = usualLimit) { self.limit = limit }

    /// Whether these bytes may go to OpenSSL; once they may not, the connection ends.
    mutating func admits(_ bytes: some Sequence<UInt8>) -> Bool {
        for byte in bytes {
            if recordLeft == 0 {
                beginRecord(byte)
            } else {
                recordLeft -= 1
                guard !isHandshake || takeOfMessage(byte) else { return false }
            }
        }
        return true
    }

    private mutating func beginRecord(_ byte: UInt8) {
        record.append(byte)
        guard record.count == Self.recordHeader else { return }
        isHandshake = record[0] == Self.handshake
        recordLeft = Int(record[3]) << 8 | Int(record[4])
        record.removeAll(keepingCapacity: true)
    }

    private mutating func takeOfMessage(_ byte: UInt8) -> Bool {
        guard messageLeft == 0 else {
            messageLeft -= 1
            return true
        }
        message.append(byte)
        guard message.count == Self.messageHeader else { return true }
        messageLeft = Int(message[1]) << 16 | Int(message[2]) << 8 | Int(message[3])
        message.removeAll(keepingCapacity: true)
        return messageLeft <= limit
    }
}
