import ChatProtocol
import MLS
import WireCodec

/// The associated data of a message: its id, so that the server cannot give it another.
package struct MessageData: Hashable, Sendable, WireCodable {
    private static let version: UInt8 = 1

    package let id: MessageID

    package init(id: MessageID) { self.id = id }

    package init(from reader: inout WireReader) throws(WireError) {
        guard try reader.read(UInt8.self) == Self.version else { throw .invalidValue(field: "message data version") }
        id = try reader.read()
    }

    package func encode(into writer: inout WireWriter) {
        writer.write(Self.version)
        writer.write(id)
    }
}

/// How messages hide their length: multiples of 128 up to 1 KiB, Padmé above.
package enum MessagePadding {
    package static let rule = Padding.padme(block: 128, upTo: 1_024)
}
