import WireCodec

/// The name of a user, a room, a profile or a resume point.
///
/// Names are compared as bytes. What does not fit the grammar cannot be made into a `UserName`, so a name that
/// came over the network, out of a store or from an import is safe to print, to complete and to put into a path.
package struct UserName: Hashable, Sendable {
    package static let maximumLength = 32
    /// What a name looks like, for people.
    package static let grammar = "[a-z0-9][a-z0-9._-]{0,\(maximumLength - 1)}"
    /// With the words that are no names.
    package static let rule = "\(grammar), and not me, all or everyone"
    /// Words that commands use for something else.
    package static let reserved: Set<String> = ["me", "all", "everyone"]

    package let text: String

    /// Takes a name as it travels: no folding, no reserved word. Nil where the grammar does not fit.
    package init?(_ text: some StringProtocol) {
        let bytes = Array(text.utf8)
        guard let first = bytes.first, bytes.count <= Self.maximumLength, Self.isAlphanumeric(first),
            bytes.allSatisfy({ Self.isAlphanumeric($0) || $0 == 0x2e || $0 == 0x5f || $0 == 0x2d }),
            !Self.reserved.contains(String(text))
        else { return nil }
        self.text = String(text)
    }

    /// Takes a name as a person types it: ASCII upper case is folded.
    package init?(typed text: some StringProtocol) {
        let folded = text.utf8.map { (0x41...0x5a).contains($0) ? $0 + 0x20 : $0 }
        self.init(String(decoding: folded, as: UTF8.self))
    }

    private static func isAlphanumeric(_ byte: UInt8) -> Bool {
        (0x61...0x7a).contains(byte) || (0x30...0x39).contains(byte)
    }
}

extension UserName: WireCodable {
    package func encode(into writer: inout WireWriter) { writer.write(vector: text.utf8) }

    package init(from reader: inout WireReader) throws(WireError) {
        let bytes = try reader.readVector(limit: Self.maximumLength, field: "name")
        guard let name = UserName(String(decoding: bytes, as: UTF8.self)) else { throw .invalidValue(field: "name") }
        self = name
    }
}

extension UserName: Comparable, CustomStringConvertible {
    package static func < (left: UserName, right: UserName) -> Bool {
        left.text.utf8.lexicographicallyPrecedes(right.text.utf8)
    }
    package var description: String { text }
}
