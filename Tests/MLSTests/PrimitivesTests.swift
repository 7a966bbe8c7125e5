import Testing

@testable import MLS

/// The small door to the primitives, and padding.
@Suite struct PrimitivesTests {
    @Test
    func `SHA-256 and Ed25519 are those of their standards`() throws {
        // FIPS 180-4, and test 2 of RFC 8032 §7.1.
        let abc: [UInt8] = [
            0xba, 0x78, 0x16, 0xbf, 0x8f, 0x01, 0xcf, 0xea, 0x41, 0x41, 0x40, 0xde, 0x5d, 0xae, 0x22, 0x23, 0xb0, 0x03,
            0x61, 0xa3, 0x96, 0x17, 0x7a, 0x9c, 0xb4, 0x10, 0xff, 0x61, 0xf2, 0x00, 0x15, 0xad,
        ]
        #expect(Primitives.sha256(Array("abc".utf8)) == abc)
        let secret: [UInt8] = [
            0x4c, 0xcd, 0x08, 0x9b, 0x28, 0xff, 0x96, 0xda, 0x9d, 0xb6, 0xc3, 0x46, 0xec, 0x11, 0x4e, 0x0f, 0x5b, 0x8a,
            0x31, 0x9f, 0x35, 0xab, 0xa6, 0x24, 0xda, 0x8c, 0xf6, 0xed, 0x4f, 0xb8, 0xa6, 0xfb,
        ]
        let wanted: [UInt8] = [
            0x92, 0xa0, 0x09, 0xa9, 0xf0, 0xd4, 0xca, 0xb8, 0x72, 0x0e, 0x82, 0x0b, 0x5f, 0x64, 0x25, 0x40, 0xa2, 0xb2,
            0x7b, 0x54, 0x16, 0x50, 0x3f, 0x8f, 0xb3, 0x76, 0x22, 0x23, 0xeb, 0xdb, 0x69, 0xda, 0x08, 0x5a, 0xc1, 0xe4,
            0x3e, 0x15, 0x99, 0x6e, 0x45, 0x8f, 0x36, 0x13, 0xd0, 0xf1, 0x1d, 0x8c, 0x38, 0x7b, 0x2e, 0xae, 0xb4, 0x30,
            0x2a, 0xee, 0xb0, 0x0d, 0x29, 0x16, 0x12, 0xbb, 0x0c, 0x00,
        ]
        let pair = try SignatureKeyPair(suite: .x25519Aes128GcmSha256Ed25519, privateKey: Secret(secret))
        let signature = try Primitives.signEd25519([0x72], with: pair)
        #expect(signature == wanted)
        #expect(Primitives.isValidEd25519(signature, of: [0x72], key: pair.publicKey))
        #expect(!Primitives.isValidEd25519(signature, of: [0x73], key: pair.publicKey))
        #expect(!Primitives.isValidEd25519(Array(signature.dropLast()), of: [0x72], key: pair.publicKey))
    }

    @Test
    func `a key of small order or in a second encoding verifies nothing`() throws {
        let identity: [UInt8] = [1] + [UInt8](repeating: 0, count: 31)
        // R is the identity and S zero: valid for every message, were the key accepted.
        let constant = identity + [UInt8](repeating: 0, count: 32)
        for bytes in [identity, [0xee] + [UInt8](repeating: 0xff, count: 30) + [0x7f], [], [1]] {
            let key = SignaturePublicKey(bytes)
            #expect(!Primitives.isAcceptableEd25519(key))
            #expect(!Primitives.isValidEd25519(constant, of: [1], key: key))
        }
    }

    @Test
    func `Padmé adds less than an eighth, and its lengths are multiples of the block up to the limit`() {
        let padding = Padding.padme(block: 128, upTo: 1_024)
        for (length, padded) in [
            (0, 0), (1, 128), (128, 128), (129, 256), (1_000, 1_024), (1_024, 1_024), (1_025, 1_088), (9, 128),
            (2_049, 2_176), (65_700, 67_584), (100_000, 100_352),
        ] {
            #expect(length + padding.count(for: length) == padded, "\(length)")
        }
        for length in stride(from: 1_025, to: 200_000, by: 37) {
            let padded = length + padding.count(for: length)
            #expect(padded >= length && (padded - length) * 8 < length)
            #expect(padding.count(for: padded) == 0, "\(padded) is a length that Padmé allows")
        }
        // Without blocks it is Padmé alone, as its paper has it.
        #expect(
            (0...20).map { $0 + Padding.padme(block: 1, upTo: 0).count(for: $0) } == [
                0, 1, 2, 3, 4, 5, 6, 7, 8, 10, 10, 12, 12, 14, 14, 16, 16, 18, 18, 20, 20,
            ])
    }

    @Test
    func `a padded message opens, and two of nearly one length are equally long`() throws {
        var team = try TestGroup(2)
        let lengths = try [3, 9].map { count in
            let message = try team.groups[0].send(
                [UInt8](repeating: 7, count: count), padding: .padme(block: 128, upTo: 1_024), using: &team.generator)
            #expect(try team.groups[1].read(message).data.count == count)
            return message.encoded.count
        }
        #expect(lengths[0] == lengths[1])
    }
}
