/// Which 32 bytes may be a public key: refusals of points that swift-crypto (measured with 4.5.2 on Linux) and OpenSSL accept. It
/// stands here, below both, since it is about encodings and every key from outside passes it.
///
/// X25519 with a point of small order gives 32 zero bytes whatever the private key: RFC 9180 §7.1.4 demands that it be
/// refused, which is done here by the point itself. The list is complete: seven values modulo p, on the curve
/// and its twist, have an order that divides eight. Ed25519 with a public key of small order verifies one constant signature for
/// every message.
package enum CurvePoints {
    /// Whether `point` (little-endian, 32 bytes) is canonical and has a large order on Curve25519 or its twist. X25519 ignores
    /// the top bit and reduces the rest (RFC 7748 §5): with a second encoding of a key, what must be another key would
    /// be the same one (RFC 9420 §7.3, §10.1, §16.7).
    package static func isGoodX25519(_ point: [UInt8]) -> Bool {
        guard point.count == 32, point[31] < 0x80 else { return false }
        return isBelowPrime(point) && !smallOrderX25519.contains(point)
    }

    /// Whether `point` (little-endian y and the sign of x, 32 bytes) is canonical and has a large order.
    package static func isGoodEd25519(_ point: [UInt8]) -> Bool {
        var y = point
        guard y.count == 32 else { return false }
        y[31] &= 0x7f
        return isBelowPrime(y) && !smallOrderEd25519.contains(y)
    }

    /// Whether a coordinate is less than p = 2²⁵⁵ − 19.
    private static func isBelowPrime(_ y: [UInt8]) -> Bool {
        guard y[31] == 0x7f, y[1..<31].allSatisfy({ $0 == 0xff }) else { return true }
        return y[0] < 0xed
    }

    private static let zero = [UInt8](repeating: 0, count: 32)
    private static let one: [UInt8] = [1] + [UInt8](repeating: 0, count: 31)
    private static func nearPrime(_ low: UInt8) -> [UInt8] {
        [low] + [UInt8](repeating: 0xff, count: 30) + [0x7f]
    }

    private static let smallOrderX25519: Set<[UInt8]> = [
        zero, one,
        [
            0xe0, 0xeb, 0x7a, 0x7c, 0x3b, 0x41, 0xb8, 0xae, 0x16, 0x56, 0xe3, 0xfa, 0xf1, 0x9f, 0xc4, 0x6a,
            0xda, 0x09, 0x8d, 0xeb, 0x9c, 0x32, 0xb1, 0xfd, 0x86, 0x62, 0x05, 0x16, 0x5f, 0x49, 0xb8, 0x00,
        ],
        [
            0x5f, 0x9c, 0x95, 0xbc, 0xa3, 0x50, 0x8c, 0x24, 0xb1, 0xd0, 0xb1, 0x55, 0x9c, 0x83, 0xef, 0x5b,
            0x04, 0x44, 0x5c, 0xc4, 0x58, 0x1c, 0x8e, 0x86, 0xd8, 0x22, 0x4e, 0xdd, 0xd0, 0x9f, 0x11, 0x57,
        ],
        nearPrime(0xec), nearPrime(0xed), nearPrime(0xee),
    ]

    /// The y coordinates of the eight points of small order: 0, 1, −1 and the two of order eight.
    private static let smallOrderEd25519: Set<[UInt8]> = [
        zero, one, nearPrime(0xec),
        [
            0x26, 0xe8, 0x95, 0x8f, 0xc2, 0xb2, 0x27, 0xb0, 0x45, 0xc3, 0xf4, 0x89, 0xf2, 0xef, 0x98, 0xf0,
            0xd5, 0xdf, 0xac, 0x05, 0xd3, 0xc6, 0x33, 0x39, 0xb1, 0x38, 0x02, 0x88, 0x6d, 0x53, 0xfc, 0x05,
        ],
        [
            0xc7, 0x17, 0x6a, 0x70, 0x3d, 0x4d, 0xd8, 0x4f, 0xba, 0x3c, 0x0b, 0x76, 0x0d, 0x10, 0x67, 0x0f,
            0x2a, 0x20, 0x53, 0xfa, 0x2c, 0x39, 0xcc, 0xc6, 0x4e, 0xc7, 0xfd, 0x77, 0x92, 0xac, 0x03, 0x7a,
        ],
    ]
}
