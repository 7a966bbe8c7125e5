/// A bcrypt hash in its modular crypt form: `$2b$12$` + 22 characters of salt + 31 of hash.
///
/// Only text of exactly this form becomes a value, so that nothing else ever reaches libcrypt, which knows many other
/// kinds of hash.
package struct PasswordHash: Equatable, Sendable {
    /// The cost of hashes that we make: 2¹² rounds, 174 ms where this was measured.
    package static let ownCost = 12
    /// Costs that an import may bring: above 14 one login would cost a second of CPU, and 16 times that at 18.
    package static let importedCosts = 4...14
    /// bcrypt reads no more of a password.
    package static let significantBytes = 72

    package let text: String
    package let cost: Int

    package enum Fault: Error, Equatable, Sendable {
        case notBcrypt
        case costOutOfRange
    }

    /// Takes a hash as it stands in a store or an import.
    package init(_ text: String, costs: ClosedRange<Int> = importedCosts) throws(Fault) {
        let bytes = Array(text.utf8)
        guard bytes.count == 60, bytes.starts(with: "$2".utf8), [0x61, 0x62, 0x79].contains(bytes[2]),
            bytes[3] == Self.dollar, bytes[6] == Self.dollar, let tens = Self.digit(bytes[4]),
            let ones = Self.digit(bytes[5])
        else { throw .notBcrypt }
        let indices = bytes[7...].compactMap { Self.alphabetIndex[$0] }
        // 128 bits of salt fill 22 characters but for 4 bits, 184 bits of hash fill 31 but for 2: these must be zero.
        guard indices.count == 53, indices[21] % 16 == 0, indices[52] % 4 == 0 else { throw .notBcrypt }
        cost = tens * 10 + ones
        guard costs.contains(cost) else { throw .costOutOfRange }
        self.text = text
    }

    /// The same hash under the prefix `$2b$`. The three prefixes are one algorithm; they differ in which old faults of
    /// some implementation a hash may have been made with, and the system that is imported from had none of them.
    var normalized: String { "$2b" + text.dropFirst(3) }

    private static let dollar = UInt8(ascii: "$")
    private static func digit(_ byte: UInt8) -> Int? { (0x30...0x39).contains(byte) ? Int(byte) - 0x30 : nil }

    /// bcrypt's own base 64.
    private static let alphabetIndex: [UInt8: Int] = {
        let alphabet = Array("./ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789".utf8)
        return Dictionary(uniqueKeysWithValues: alphabet.enumerated().map { ($1, $0) })
    }()
}
