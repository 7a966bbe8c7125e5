import WireCodec

/// A place in the log of a conversation: its entries are numbered from 1, and 0 is the place before the first.
///
/// None lies beyond `largest`, wherever it came from, and no arithmetic here can trap.
package struct SequenceNumber: Hashable, Sendable {
    /// The number of a log's last possible entry.
    package static let largest = SequenceNumber(Limits.sequenceNumber)
    package static let beforeFirst = SequenceNumber(0)

    package let value: UInt64

    /// The place of this number; the last one for anything beyond it.
    package init(_ value: UInt64) { self.value = min(value, Limits.sequenceNumber) }

    /// The place behind this one; nil behind the last.
    package var next: SequenceNumber? { value < Limits.sequenceNumber ? SequenceNumber(value + 1) : nil }
    /// The place before this one; the place before the first is before itself.
    package var previous: SequenceNumber { SequenceNumber(value - min(value, 1)) }

    /// How many entries lie behind `other` up to and with this one; 0 where `other` lies further on.
    package func distance(behind other: SequenceNumber) -> UInt64 { value > other.value ? value - other.value : 0 }
}

extension SequenceNumber: Strideable {
    package static func < (left: SequenceNumber, right: SequenceNumber) -> Bool { left.value < right.value }

    /// The place so many entries further on, or back; the first or the last one, where it would lie beyond.
    package func advanced(by count: Int) -> SequenceNumber {
        let (place, overflow) = Int(value).addingReportingOverflow(count)
        return overflow ? (count < 0 ? .beforeFirst : .largest) : SequenceNumber(UInt64(max(0, place)))
    }

    package func distance(to other: SequenceNumber) -> Int { Int(other.value) - Int(value) }
}

extension SequenceNumber: ExpressibleByIntegerLiteral {
    package init(integerLiteral value: UInt64) { self.init(value) }
}

extension SequenceNumber: CustomStringConvertible {
    package var description: String { String(value) }
}

extension SequenceNumber: WireCodable {
    package func encode(into writer: inout WireWriter) { writer.write(value) }

    package init(from reader: inout WireReader) throws(WireError) {
        let value = try reader.read(UInt64.self)
        guard value <= Limits.sequenceNumber else {
            throw .limitExceeded(field: "seq", limit: Int(Limits.sequenceNumber))
        }
        self.value = value
    }
}
