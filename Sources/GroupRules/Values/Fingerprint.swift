import ChatProtocol
import WireCodec

/// What people compare of an account: `acct1:` and its root. It is compared whole, and nothing is looked up by it.
package struct AccountFingerprint: Hashable, Sendable, CustomStringConvertible {
    package static let prefix = "acct1:"

    package let root: AccountRoot

    package init(_ root: AccountRoot) { self.root = root }

    /// Takes the text as it is shown; nil for anything else.
    package init?(_ text: some StringProtocol) {
        guard text.hasPrefix(Self.prefix), let bytes = Base32.bytes(text.dropFirst(Self.prefix.count)),
            let root = AccountRoot(bytes)
        else { return nil }
        self.root = root
    }

    package var description: String { Self.prefix + Base32.text(root.bytes) }
}

/// What people compare of a device: `dev1:` and a hash of its account, its id and the key that it was granted with, which
/// survives renewals. It is compared whole, and nothing is looked up by it.
package struct DeviceFingerprint: Hashable, Sendable, CustomStringConvertible {
    package static let prefix = "dev1:"

    private enum Kind {}
    private let digest: Digest<Kind>

    package init(account: AccountID, device: DeviceID, grantedKey: DeviceKey) {
        var writer = WireWriter(reserving: 80)
        writer.write(.device)
        writer.write(account)
        writer.write(device)
        writer.write(grantedKey)
        digest = Digest(of: writer.bytes)
    }

    /// Takes the text as it is shown; nil for anything else.
    package init?(_ text: some StringProtocol) {
        guard text.hasPrefix(Self.prefix), let bytes = Base32.bytes(text.dropFirst(Self.prefix.count)),
            let digest = Digest<Kind>(bytes)
        else { return nil }
        self.digest = digest
    }

    package var description: String { Self.prefix + Base32.text(digest.bytes) }
}
