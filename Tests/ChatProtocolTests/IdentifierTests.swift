import ChatProtocol
import Testing

@Suite struct IdentifierTests {
    @Test func `an identifier is the same of an array, a slice and lent bytes, and none of another count`() {
        let bytes = (0..<16).map { UInt8($0 * 17) }
        let identifier = AccountID(bytes)
        #expect(identifier?.bytes == bytes)
        #expect(AccountID(bytes[...]) == identifier)
        #expect(bytes.withUnsafeBytes { AccountID(lent: $0) } == identifier)
        for count in [0, 15, 17] {
            let other = [UInt8](repeating: 1, count: count)
            #expect(AccountID(other) == nil && AccountID(other[...]) == nil)
        }
    }
}
