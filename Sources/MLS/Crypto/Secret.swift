internal import Crypto

/// Bytes that must not leave the process by accident: a key, or something that keys are made from.
///
/// It lives in memory that is wiped when its last copy goes, is compared in constant time, and shows its length only.
public struct Secret: Sendable, Equatable {
    let key: SymmetricKey

    /// Takes a copy of `bytes`; the caller's own copy is not wiped.
    public init(_ bytes: some Sequence<UInt8>) {
        key = SymmetricKey(data: Array(bytes))
    }

    init(_ key: SymmetricKey) { self.key = key }

    /// How many bytes it has.
    public var count: Int { key.bitCount / 8 }

    /// Lends the bytes to `body`, without a copy.
    public func withUnsafeBytes<Result>(_ body: (UnsafeRawBufferPointer) throws -> Result) rethrows -> Result {
        try key.withUnsafeBytes(body)
    }

    /// A copy of the bytes that is not wiped: for storage, which needs them in the clear, and for what RFC 9420
    /// encrypts as a field.
    package var bytes: [UInt8] { key.withUnsafeBytes { Array($0) } }

    /// All zero: what stands for an absent secret in the key schedule (RFC 9420 §8).
    package static func zero(_ count: Int) -> Secret { Secret([UInt8](repeating: 0, count: count)) }

    /// A scalar at its full length: some implementations write them without leading zeros.
    func padded(to length: Int?) -> Secret {
        guard let length, count < length, count > 0 else { return self }
        return Secret([UInt8](repeating: 0, count: length - count) + bytes)
    }

    /// Draws `count` bytes from `generator`.
    package static func random(_ count: Int, using generator: inout some RandomNumberGenerator) -> Secret {
        Secret(randomBytes(count, using: &generator))
    }
}

extension Secret: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    public var description: String { "Secret(\(count) bytes)" }
    public var debugDescription: String { description }
    public var customMirror: Mirror { Mirror(self, children: []) }
}

/// Draws `count` bytes from `generator`.
package func randomBytes(_ count: Int, using generator: inout some RandomNumberGenerator) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(count + 7)
    while bytes.count < count {
        withUnsafeBytes(of: generator.next() as UInt64) { bytes.append(contentsOf: $0) }
    }
    bytes.removeLast(bytes.count - count)
    return bytes
}
