import WireCodec

/// 16 random bytes that name something for ever (DESIGN: frames, signatures and stores use these, never names).
///
/// `Kind` is a phantom type, so that a device is not taken for an account.
package struct Identifier<Kind>: Hashable, Sendable {
    package static var byteCount: Int { 16 }

    package let high: UInt64
    package let low: UInt64

    /// Takes the identifier's 16 bytes; nil for any other count.
    package init?(_ bytes: some Collection<UInt8>) {
        guard bytes.count == Self.byteCount else { return nil }
        var high: UInt64 = 0
        var low: UInt64 = 0
        for (index, byte) in bytes.enumerated() {
            if index < 8 { high = high << 8 | UInt64(byte) } else { low = low << 8 | UInt64(byte) }
        }
        self.high = high
        self.low = low
    }

    /// The same of an array, which is what most of them are, without generic code: that looks its types up for each byte.
    package init?(_ bytes: [UInt8]) {
        guard bytes.count == Self.byteCount else { return nil }
        high = word(of: bytes, from: 0)
        low = word(of: bytes, from: 8)
    }

    package init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    package var bytes: [UInt8] {
        var writer = WireWriter(reserving: Self.byteCount)
        encode(into: &writer)
        return writer.bytes
    }

    /// 32 lower-case hexadecimal digits.
    package var hex: String { Hexadecimal.text(high, digits: 16) + Hexadecimal.text(low, digits: 16) }

    /// Nil for anything but 32 hexadecimal digits.
    package init?(hex: some StringProtocol) {
        guard let bytes = Hexadecimal.bytes(hex) else { return nil }
        self.init(bytes)
    }
}

extension Identifier: WireCodable {
    package func encode(into writer: inout WireWriter) { writer.write(high: high, low: low) }

    package init(from reader: inout WireReader) throws(WireError) {
        high = try reader.read()
        low = try reader.read()
    }
}

extension Identifier: Comparable {
    package static func < (left: Self, right: Self) -> Bool { (left.high, left.low) < (right.high, right.low) }
}

extension Identifier: CustomStringConvertible {
    package var description: String { hex }
}

package enum AccountKind {}
package enum DeviceKind {}
package enum ConversationKind {}
package enum MessageKind {}
package enum ServerKind {}
package enum GenerationKind {}

package typealias AccountID = Identifier<AccountKind>
package typealias DeviceID = Identifier<DeviceKind>
package typealias ConversationID = Identifier<ConversationKind>
/// What a sender calls a message; shown as a UUID (RFC 9562).
package typealias MessageID = Identifier<MessageKind>
package typealias ServerID = Identifier<ServerKind>
/// One life of a server's store: a restored store begins a new one.
package typealias StoreGeneration = Identifier<GenerationKind>

extension Identifier where Kind == MessageKind {
    /// The UUID in its canonical form, lower case (RFC 9562 §4).
    package var uuid: String {
        let digits = Array(hex)
        let groups = [0..<8, 8..<12, 12..<16, 16..<20, 20..<32]
        return groups.map { String(digits[$0]) }.joined(separator: "-")
    }

    /// Reads a canonical UUID of either case; nil for anything else.
    package init?(uuid text: String) {
        let characters = Array(text.utf8)
        guard characters.count == 36 else { return nil }
        var bytes: [UInt8] = []
        var nibble: UInt8?
        for (index, character) in characters.enumerated() {
            if [8, 13, 18, 23].contains(index) {
                guard character == UInt8(ascii: "-") else { return nil }
                continue
            }
            guard let value = Character(UnicodeScalar(character)).hexDigitValue else { return nil }
            if let first = nibble {
                bytes.append(first << 4 | UInt8(value))
                nibble = nil
            } else {
                nibble = UInt8(value)
            }
        }
        self.init(bytes)
    }

    /// A time-ordered UUID, version 7 (RFC 9562 §5.7).
    ///
    /// - Parameter random: at least 10 random bytes.
    package static func version7(_ time: Timestamp, random: [UInt8]) -> MessageID? {
        guard random.count >= 10 else { return nil }
        var writer = WireWriter()
        writer.write(time.milliseconds << 16)
        var bytes = Array(writer.bytes.prefix(6)) + random.prefix(10)
        bytes[6] = bytes[6] & 0x0f | 0x70
        bytes[8] = bytes[8] & 0x3f | 0x80
        return MessageID(bytes)
    }

    /// An identifier that follows from a hash: UUID version 8 (RFC 9562 §5.8), so that the same key gives the same
    /// identifier in every process and on every device of an account.
    ///
    /// - Parameter digest: at least 16 bytes of a cryptographic hash.
    package static func version8(digest: some Collection<UInt8>) -> MessageID? {
        guard digest.count >= 16 else { return nil }
        var bytes = Array(digest.prefix(16))
        bytes[6] = bytes[6] & 0x0f | 0x80
        bytes[8] = bytes[8] & 0x3f | 0x80
        return MessageID(bytes)
    }
}

private func word(of bytes: [UInt8], from start: Int) -> UInt64 {
    bytes[start..<start + 8].reduce(0) { $0 << 8 | UInt64($1) }
}
