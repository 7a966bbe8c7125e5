import MLS
import WireCodec

/// A SHA-256. `Kind` is a phantom type, so that the root of an account is not taken for the hash of just any link.
package struct Digest<Kind>: Hashable, Sendable {
    package static var byteCount: Int { 32 }

    package let bytes: [UInt8]

    /// Takes 32 bytes; nil for any other count.
    package init?(_ bytes: some Collection<UInt8>) {
        guard bytes.count == Self.byteCount else { return nil }
        self.bytes = Array(bytes)
    }

    init(of input: [UInt8]) { bytes = Primitives.sha256(input) }

    /// All zero: what stands where there is nothing before.
    package static var zero: Digest { Digest(unchecked: [UInt8](repeating: 0, count: byteCount)) }

    private init(unchecked bytes: [UInt8]) { self.bytes = bytes }

    /// The first 16 bytes: enough to tell chains and logs apart where somebody has to find a second one to a given one.
    package var mark: [UInt8] { Array(bytes.prefix(16)) }
}

extension Digest: WireCodable {
    package init(from reader: inout WireReader) throws(WireError) {
        bytes = Array(try reader.read(fixed: Self.byteCount))
    }

    package func encode(into writer: inout WireWriter) { writer.write(fixed: bytes) }
}

extension Digest: CustomStringConvertible {
    package var description: String { Base32.text(bytes) }
}

package enum LinkHashKind {}
package enum AccountRootKind {}
package enum LogHashKind {}

/// The hash of a whole link, its signature included.
package typealias LinkHash = Digest<LinkHashKind>
/// The hash of the last `create` or `reset` of an account: who it is.
package typealias AccountRoot = Digest<AccountRootKind>
/// The hash of a log up to an entry.
package typealias LogHash = Digest<LogHashKind>
