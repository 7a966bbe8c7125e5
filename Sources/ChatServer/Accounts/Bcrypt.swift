import CCrypt
import Glibc
import Transport

/// bcrypt by libxcrypt. A call costs from a millisecond (cost 4) to most of a second (cost 14) of CPU: never on an
/// event loop.
package enum Bcrypt {
    package struct Failure: Error, Sendable {}

    /// Whether `password` is the one that was hashed.
    ///
    /// Of a long password the first 72 bytes count, as in every bcrypt; libcrypt itself refuses 512 and more.
    package static func verify(_ password: [UInt8], against hash: PasswordHash) -> Bool {
        guard PasswordRules.mayBeChecked(password) else { return false }
        let setting = hash.normalized
        guard let made = crypt(password, setting: setting) else { return false }
        return ConstantTime.equal(made, Array(setting.utf8))
    }

    /// A new hash. The password must fit (`PasswordRules.mayBeSet`, or at most 72 bytes where an old one is kept).
    ///
    /// - Parameter salt: 16 random bytes.
    package static func hash(
        _ password: [UInt8], cost: Int = PasswordHash.ownCost, salt: [UInt8] = SecureRandom.bytes(16)
    ) throws -> PasswordHash {
        guard password.count <= PasswordHash.significantBytes, !password.contains(0), salt.count == 16,
            PasswordHash.importedCosts.contains(cost)
        else { throw Failure() }
        var setting = [CChar](repeating: 0, count: Int(CRYPT_GENSALT_OUTPUT_SIZE))
        let given = salt.withUnsafeBytes { bytes in
            crypt_gensalt_rn(
                "$2b$", UInt(cost), bytes.baseAddress?.assumingMemoryBound(to: CChar.self), Int32(bytes.count),
                &setting, Int32(setting.count))
        }
        guard given != nil else { throw Failure() }
        let text = String(decoding: setting.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        guard let made = crypt(password, setting: text) else { throw Failure() }
        return try PasswordHash(String(decoding: made, as: UTF8.self))
    }

    /// A hash of 30 random bytes that were thrown away: names that nobody has cost the same time. It stands here
    /// because making one would hold the event loop up; whoever could find its password could not log in by it.
    package static let dummy = try? PasswordHash("$2b$12$Vav1yy0QFULSeAt1DbxEr.qbStQU8.e2.kLwhYwn62aFWjOz87Xba")

    /// The dummy at another cost.
    package static func dummy(cost: Int) -> PasswordHash? {
        guard let dummy else { return nil }
        return try? PasswordHash("$2b$\(cost < 10 ? "0" : "")\(cost)" + dummy.text.dropFirst(6))
    }

    private static func crypt(_ password: [UInt8], setting: String) -> [UInt8]? {
        var phrase = password.prefix(PasswordHash.significantBytes).map { CChar(bitPattern: $0) }
        phrase.append(0)
        defer { wipe(&phrase) }
        var scratch: UnsafeMutableRawPointer?
        var size: Int32 = 0
        guard let made = crypt_ra(phrase, setting, &scratch, &size) else {
            free(scratch)
            return nil
        }
        defer {
            if let scratch { explicit_bzero(scratch, Int(size)) }
            free(scratch)
        }
        return Array(String(cString: made).utf8)
    }

    private static func wipe(_ phrase: inout [CChar]) {
        phrase.withUnsafeMutableBytes { bytes in
            if let start = bytes.baseAddress { explicit_bzero(start, bytes.count) }
        }
    }
}
