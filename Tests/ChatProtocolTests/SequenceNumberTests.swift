import Testing
import WireCodec

@testable import ChatProtocol

@Suite struct SequenceNumberTests {
    @Test(arguments: [0, 1, 7, 1 << 38 - 1, 1 << 38, 1 << 63, .max] as [UInt64])
    func `none lies beyond the largest`(number: UInt64) {
        let seq = SequenceNumber(number)
        #expect(seq <= .largest && seq >= .beforeFirst)
        #expect(seq.value == min(number, Limits.sequenceNumber))
    }

    @Test func `behind the last there is none, and before the first nothing`() {
        #expect(SequenceNumber.largest.next == nil)
        #expect(SequenceNumber.largest.previous.next == .largest)
        #expect(SequenceNumber.beforeFirst.previous == .beforeFirst)
        #expect(SequenceNumber.beforeFirst.next == 1)
    }

    @Test(
        arguments: [(.min, 0), (-5, 0), (-4, 0), (3, 7), (1 << 40, 1 << 38 - 1), (.max, 1 << 38 - 1)] as [(Int, UInt64)]
    )
    func `no step leaves the log`(step: Int, end: UInt64) {
        #expect(SequenceNumber(4).advanced(by: step).value == end)
    }

    @Test func `a distance is counted both ways, and what lies behind only one`() {
        #expect(SequenceNumber.beforeFirst.distance(to: .largest) == 1 << 38 - 1)
        #expect(SequenceNumber.largest.distance(to: .beforeFirst) == -(1 << 38 - 1))
        #expect(SequenceNumber(7).distance(behind: 4) == 3)
        #expect(SequenceNumber(4).distance(behind: 7) == 0)
    }

    @Test func `one beyond the largest is not read`() throws {
        let bytes = SequenceNumber.largest.wireBytes
        #expect(try SequenceNumber(wireBytes: bytes) == .largest)
        #expect(throws: WireError.self) { try SequenceNumber(wireBytes: [0, 0, 0, 0x40, 0, 0, 0, 0]) }
    }
}
