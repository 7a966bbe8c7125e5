import ChatProtocol
import Testing

@Suite struct IdentifierTests {
    @Test func `an identifier is the same of an array, a slice and two words, and none of another count`() {
        let bytes = (0..<16).map { UInt8($0 * 17) }
        let identifier = AccountID(bytes)
        #expect(identifier?.bytes == bytes)
        #expect(AccountID(bytes[...]) == identifier)
        #expect(AccountID(high: 0x0011_2233_4455_6677, low: 0x8899_aabb_ccdd_eeff) == identifier)
        for count in [0, 15, 17] {
            let other = [UInt8](repeating: 1, count: count)
            #expect(AccountID(other) == nil && AccountID(other[...]) == nil)
        }
    }
}
