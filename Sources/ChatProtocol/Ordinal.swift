import WireCodec

/// A number that only grows, such as an epoch. `Kind` is a phantom type, so that one is not taken for another.
package struct Ordinal<Kind>: Hashable, Sendable {
    package static var first: Self { Self(0) }
    package static var max: Self { Self(.max) }

    package let value: UInt64

    package init(_ value: UInt64) { self.value = value }

    /// The number so much larger; the last one where it would lie beyond.
    package func advanced(by count: UInt64) -> Self {
        let (sum, overflow) = value.addingReportingOverflow(count)
        return overflow ? .max : Self(sum)
    }
}

extension Ordinal: Comparable {
    package static func < (left: Self, right: Self) -> Bool { left.value < right.value }
}

extension Ordinal: ExpressibleByIntegerLiteral {
    package init(integerLiteral value: UInt64) { self.init(value) }
}

extension Ordinal: CustomStringConvertible {
    package var description: String { String(value) }
}

extension Ordinal: WireCodable {
    package func encode(into writer: inout WireWriter) { writer.write(value) }
    package init(from reader: inout WireReader) throws(WireError) { value = try reader.read() }
}

package enum EpochKind {}
package enum LoginKind {}

/// How often a conversation's group has changed.
package typealias Epoch = Ordinal<EpochKind>
/// What a device counts its logins with, so that a copy of its store is found out.
package typealias LoginNumber = Ordinal<LoginKind>
