import ChatProtocol
import WireCodec

/// What a message of a group says of its sender beside its text, in extensions of its content.
package struct MessageMarks: Hashable, Sendable {
    /// Types of extensions never change.
    package enum ExtensionType {
        package static let chain: UInt16 = 1
        package static let seen: UInt16 = 2
        package static let keys: UInt16 = 3
    }

    /// How far the sender's own chain goes (G2).
    package var chain: ChainMark?
    /// The last entry of the log that the sender had processed (M3).
    package var seen: LogMark?

    package init(chain: ChainMark? = nil, seen: LogMark? = nil) {
        self.chain = chain
        self.seen = seen
    }

    /// Takes them from a content. Unknown extensions stay; one that stands twice or cannot be read is no content of a group.
    package init(_ content: Content) throws(WireError) {
        self.init(
            chain: try Self.only(ExtensionType.chain, in: content), seen: try Self.only(ExtensionType.seen, in: content)
        )
    }

    private static func only<Mark: WireCodable>(_ type: UInt16, in content: Content) throws(WireError) -> Mark? {
        let found = content.extensions.filter { $0.type == type }
        guard found.count <= 1 else { throw .invalidValue(field: "extensions") }
        guard let data = found.first?.data else { return nil }
        return try Mark(wireBytes: data)
    }

    /// The content with these, in place of what it had of them.
    package func added(to content: Content) -> Content {
        var content = content
        content.extensions.removeAll { $0.type == ExtensionType.chain || $0.type == ExtensionType.seen }
        if let chain { content.extensions.append(.init(type: ExtensionType.chain, data: chain.wireBytes)) }
        if let seen { content.extensions.append(.init(type: ExtensionType.seen, data: seen.wireBytes)) }
        return content
    }
}
