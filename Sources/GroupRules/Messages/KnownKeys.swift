import ChatProtocol
import WireCodec

/// Whom a device knows by their keys, as it tells another device of its account that it has approved.
package struct KnownKeys: Hashable, Sendable, WireCodable {
    /// So many fit a message.
    package static let most = 400

    package struct Key: Hashable, Sendable, WireCodable {
        package var account: AccountID
        package var name: UserName
        /// The one that is trusted.
        package var root: AccountRoot
        /// The last link of the chain that was seen, and its hash.
        package var number: UInt32
        package var head: LinkHash
        /// Somebody has compared it.
        package var isVerified: Bool

        package init(
            account: AccountID, name: UserName, root: AccountRoot, number: UInt32, head: LinkHash, isVerified: Bool
        ) {
            self.account = account
            self.name = name
            self.root = root
            self.number = number
            self.head = head
            self.isVerified = isVerified
        }

        package init(from reader: inout WireReader) throws(WireError) {
            account = try reader.read()
            name = try reader.read()
            root = try reader.read()
            number = try reader.read()
            head = try reader.read()
            isVerified = try reader.readFlag(field: "verified")
        }

        package func encode(into writer: inout WireWriter) {
            writer.write(account)
            writer.write(name)
            writer.write(root)
            writer.write(number)
            writer.write(head)
            writer.write(flag: isVerified)
        }
    }

    package var keys: [Key]

    package init(_ keys: [Key]) { self.keys = keys }

    package init(from reader: inout WireReader) throws(WireError) {
        keys = try reader.readVector(count: Self.most, field: "keys")
    }

    package func encode(into writer: inout WireWriter) { writer.write(vectorOf: keys) }

    /// As a message that nobody is shown.
    package func content(sent: Timestamp) -> Content {
        Content(
            type: .keys, body: "keys", sent: sent, auto: true,
            extensions: [.init(type: MessageMarks.ExtensionType.keys, data: wireBytes)])
    }

    /// Takes them from a message; nil where it holds none.
    package init?(_ content: Content) {
        guard content.type == .keys,
            let data = content.extensions.first(where: { $0.type == MessageMarks.ExtensionType.keys })?.data,
            let keys = try? KnownKeys(wireBytes: data)
        else { return nil }
        self = keys
    }
}
