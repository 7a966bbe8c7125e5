import TestSupport
import Testing
import WireCodec

@testable import MLS

/// Refusals: keys, points, signatures (RFC 9420 §5.1, RFC 9180 §7.1).
@Suite struct CryptoRefusals {
    private func algorithms(_ suite: CipherSuite) throws -> Algorithms { try suite.algorithms() }

    /// The points of small order on Curve25519 and its twist, also with the top bit set.
    private var smallPoints: [[UInt8]] {
        let zero = [UInt8](repeating: 0, count: 32)
        var one = zero
        one[0] = 1
        func near(_ low: UInt8) -> [UInt8] { [low] + [UInt8](repeating: 0xff, count: 30) + [0x7f] }
        let points = [zero, one, near(0xec), near(0xed), near(0xee)]
        return points + points.map { $0.dropLast() + [$0[31] | 0x80] }
    }

    @Test
    func `X25519 points of small order are refused at every entry of HPKE`() throws {
        var generator = SeededGenerator(seed: 1)
        let algorithms = try algorithms(.x25519Aes128GcmSha256Ed25519)
        let own = try algorithms.generateKeyPair(using: &generator).privateKey
        for point in smallPoints + [[], [1], [UInt8](repeating: 9, count: 33)] {
            let key = HPKEPublicKey(point)
            expectRefusal(.invalidPublicKey) { _ = try algorithms.encrypt([1], to: key, label: "x", context: []) }
            expectRefusal(.invalidPublicKey) { _ = try algorithms.exportToSend(to: key, exporterLabel: "x") }
            let sealed = HPKECiphertext(kemOutput: point, ciphertext: [UInt8](repeating: 0, count: 20))
            expectRefusal(.invalidPublicKey) { _ = try algorithms.decrypt(sealed, with: own, label: "x", context: []) }
            expectRefusal(.invalidPublicKey) {
                _ = try algorithms.exportToReceive(kemOutput: point, key: own, exporterLabel: "x")
            }
        }
    }

    @Test(arguments: [2, 5, 7])
    func `P-256, P-384 and P-521 points off the curve, at infinity or compressed are refused`(_ suite: Int) throws {
        var generator = SeededGenerator(seed: 2)
        let algorithms = try algorithms(CipherSuite(rawValue: UInt16(suite)))
        let pair = try algorithms.generateKeyPair(using: &generator)
        let good = pair.publicKey.bytes
        let half = (good.count - 1) / 2
        var off = good
        off[good.count - 1] ^= 1
        let compressed = [2 + (good[good.count - 1] & 1)] + good[1...half]
        let points: [[UInt8]] = [
            off, Array(compressed), [0], [], good + [0], [5] + Array(good.dropFirst()), good.map { _ in 0 },
        ]
        for point in points {
            expectRefusal(.invalidPublicKey) { try algorithms.checkPoint(point) }
            #expect(!algorithms.isAcceptable(SignaturePublicKey(point)))
        }
        try algorithms.checkPoint(good)
    }

    @Test
    func `Ed25519 keys that are not canonical or of small order verify nothing; S must be below L`() throws {
        var generator = SeededGenerator(seed: 3)
        let algorithms = try algorithms(.x25519Aes128GcmSha256Ed25519)
        // A constant signature verifies under the neutral point for whatever message: R = neutral, S = 0.
        var neutral = [UInt8](repeating: 0, count: 32)
        neutral[0] = 1
        let constant = neutral + [UInt8](repeating: 0, count: 32)
        for point in smallPoints {
            #expect(!algorithms.verify(constant, [1], label: "x", key: SignaturePublicKey(point)))
            #expect(!algorithms.isAcceptable(SignaturePublicKey(point)))
        }
        // y = p + 2 is not canonical.
        let noncanonical = [0xef] + [UInt8](repeating: 0xff, count: 30) + [0x7f]
        #expect(!algorithms.isAcceptable(SignaturePublicKey(noncanonical)))
        let pair = try algorithms.generateSignatureKey(using: &generator)
        let signature = try algorithms.sign([1], label: "x", key: pair.privateKey)
        #expect(algorithms.verify(signature, [1], label: "x", key: pair.publicKey))
        // S + L is the same number modulo L.
        let order: [UInt8] = [
            0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14, 0, 0, 0, 0,
            0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
        ]
        var carry = 0
        var shifted = signature
        for place in 0..<32 {
            let sum = Int(signature[32 + place]) + Int(order[place]) + carry
            shifted[32 + place] = UInt8(sum & 0xff)
            carry = sum >> 8
        }
        #expect(!algorithms.verify(shifted, [1], label: "x", key: pair.publicKey))
        for wrong in [[], Array(signature.dropLast()), signature + [0]] {
            #expect(!algorithms.verify(wrong, [1], label: "x", key: pair.publicKey))
        }
        #expect(!algorithms.verify(signature, [1], label: "y", key: pair.publicKey))
        #expect(!algorithms.verify(signature, [2], label: "x", key: pair.publicKey))
    }

    @Test(arguments: [2, 5, 7])
    func `ECDSA signatures have one DER encoding`(_ suite: Int) throws {
        var generator = SeededGenerator(seed: 4)
        let algorithms = try algorithms(CipherSuite(rawValue: UInt16(suite)))
        let pair = try algorithms.generateSignatureKey(using: &generator)
        for _ in 0..<20 {
            let signature = try algorithms.sign([1], label: "x", key: pair.privateKey)
            #expect(algorithms.verify(signature, [1], label: "x", key: pair.publicKey))
            let header = signature[1] == 0x81 ? 3 : 2
            let length = signature[header - 1]
            let longLength = Array([0x30, 0x82, 0, length] + signature[header...])
            var padded = signature
            padded.insert(0, at: header + 2)
            padded[header + 1] += 1
            padded[header - 1] += 1
            for variant in [
                signature + [0], longLength, padded, Array(signature.dropLast()), [0x31] + signature.dropFirst(),
            ] {
                #expect(!algorithms.verify(variant, [1], label: "x", key: pair.publicKey))
            }
        }
    }

    @Test
    func `tags are compared in full length`() throws {
        let algorithms = try algorithms(.x25519Aes128GcmSha256Ed25519)
        let key = Secret([1, 2, 3])
        let tag = algorithms.mac(key, [5])
        #expect(algorithms.isValidMac(tag, key: key, [5]))
        for length in 0..<32 { #expect(!algorithms.isValidMac(Array(tag.prefix(length)), key: key, [5])) }
        #expect(!algorithms.isValidMac(tag + [0], key: key, [5]))
    }

    @Test
    func `secrets do not show themselves`() throws {
        var generator = SeededGenerator(seed: 5)
        let pair = try SignatureKeyPair(suite: .x25519Aes128GcmSha256Ed25519, using: &generator)
        let secret = Secret([0xde, 0xad, 0xbe, 0xef, 222, 173])
        for text in ["\(secret)", String(reflecting: secret), "\([secret])"] {
            #expect(!text.contains("222") && !text.lowercased().contains("de") || text.contains("Secret(6 bytes)"))
            #expect(!text.contains("173"))
        }
        var dumped = ""
        dump(pair, to: &dumped)
        let digits = pair.privateKey.bytes.prefix(4).map { "\($0)" }.joined(separator: ", ")
        #expect(!dumped.contains(digits))
        var batch = RowBatch(groupId: [1])
        batch.write(.secrets, pair.privateKey.bytes)
        let row = Row(value: pair.privateKey.bytes, version: 3)
        dump(batch, to: &dumped)
        dump(row, to: &dumped)
        for text in ["\(row)", String(reflecting: row), "\(batch)", String(reflecting: batch), dumped] {
            #expect(!text.contains(digits))
        }
    }

    @Test(arguments: [1, 2, 5, 7])
    func `private keys of another length or out of range are refused`(_ suite: Int) throws {
        let algorithms = try algorithms(CipherSuite(rawValue: UInt16(suite)))
        let length = [1: 32, 2: 32, 5: 66, 7: 48][suite] ?? 0
        expectRefusal(.invalidPrivateKey) { _ = try algorithms.keyPair(Secret([])) }
        expectRefusal(.invalidPrivateKey) { _ = try algorithms.keyPair(.zero(length + 1)) }
        expectRefusal(.invalidPrivateKey) { _ = try algorithms.signaturePublicKey(of: .zero(length + 1)) }
        if suite != 1 {
            expectRefusal(.invalidPrivateKey) { _ = try algorithms.keyPair(.zero(length)) }
            let tooLarge = Secret([UInt8](repeating: 0xff, count: length))
            expectRefusal(.invalidPrivateKey) { _ = try algorithms.keyPair(tooLarge) }
        }
    }

    @Test(arguments: [4, 6])
    func `suites 4 and 6 hash and derive, and refuse the rest`(_ suite: Int) throws {
        var generator = SeededGenerator(seed: 6)
        let value = CipherSuite(rawValue: UInt16(suite))
        #expect(!value.isSupported)
        expectRefusal(.unsupportedCipherSuite) { _ = try SignatureKeyPair(suite: value, using: &generator) }
        expectRefusal(.unsupportedCipherSuite) { _ = try algorithms(value).generateKeyPair(using: &generator) }
        expectRefusal(.unsupportedCipherSuite) { _ = try CipherSuite(rawValue: 0x0a0a).algorithms() }
    }
}
