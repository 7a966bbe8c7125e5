import ChatProtocol
import WireCodec

/// The name of a room: the grammar of all names, and a type of its own, so that no user is taken for a room.
package struct RoomName: Hashable, Sendable, WireCodable, CustomStringConvertible {
    private let name: UserName

    package init?(_ text: some StringProtocol) {
        guard let name = UserName(text) else { return nil }
        self.name = name
    }

    /// A name that fits the grammar, as frames have it.
    package init(_ name: UserName) { self.name = name }

    package init(from reader: inout WireReader) throws(WireError) { name = try reader.read() }
    package func encode(into writer: inout WireWriter) { writer.write(name) }

    package var text: String { name.text }
    package var spoken: UserName { name }
    package var description: String { text }
}
