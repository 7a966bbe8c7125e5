import Testing

@testable import Transport

@Suite struct KeyTests {
    // FIPS 180-4, NIST's examples.
    @Test(arguments: [
        ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
        ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
        (
            "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
        ),
    ]) func `SHA-256 gives the published digests`(text: String, digest: String) {
        #expect(SHA256.hash(text.utf8) == hex(digest))
        #expect(SHA256.hash(Array(text.utf8).lazy.map { $0 }) == hex(digest))
    }

    // RFC 8032 §7.1, tests 1 to 3.
    @Test(arguments: [
        (
            "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
            "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
            "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"
        ),
        (
            "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
            "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
            "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"
        ),
        (
            "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
            "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "af82",
            "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a"
        ),
    ]) func `ed 25519 gives the published signatures`(seed: String, key: String, message: String, signature: String)
        throws
    {
        let signing = try #require(try SigningKey(rawRepresentation: hex(seed)))
        #expect(signing.publicKey == hex(key))
        #expect(try signing.sign(hex(message)) == hex(signature))
        let verifying = try #require(VerifyingKey(rawRepresentation: hex(key)))
        #expect(verifying.verify(hex(signature), of: hex(message)))
        #expect(!verifying.verify(hex(signature), of: hex(message) + [0]))
        for index in [0, 31, 32, 63] {
            var changed = hex(signature)
            changed[index] ^= 1
            #expect(!verifying.verify(changed, of: hex(message)))
        }
        #expect(!verifying.verify(Array(hex(signature).dropLast()), of: hex(message)))
    }

    @Test func `a new key is new and signs for itself`() throws {
        let first = try SigningKey()
        let second = try SigningKey()
        #expect(first.rawRepresentation != second.rawRepresentation)
        let signature = try first.sign([1, 2, 3])
        #expect(try #require(VerifyingKey(rawRepresentation: first.publicKey)).verify(signature, of: [1, 2, 3]))
        #expect(
            try #require(VerifyingKey(rawRepresentation: second.publicKey)).verify(signature, of: [1, 2, 3]) == false)
    }

    // The points of small order, and coordinates of p and above, as in "Taming the many EdDSAs", table 2 and §5.
    @Test(arguments: [
        "0000000000000000000000000000000000000000000000000000000000000000",
        "0100000000000000000000000000000000000000000000000000000000000000",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
        "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    ]) func `a weak or ambiguous public key is refused with either sign`(key: String) {
        var bytes = hex(key)
        #expect(VerifyingKey(rawRepresentation: bytes) == nil)
        bytes[31] ^= 0x80
        #expect(VerifyingKey(rawRepresentation: bytes) == nil)
    }

    @Test(arguments: [0, 31, 33]) func `a key of another length is refused`(length: Int) throws {
        let bytes = [UInt8](repeating: 9, count: length)
        #expect(VerifyingKey(rawRepresentation: bytes) == nil)
        #expect(try SigningKey(rawRepresentation: bytes) == nil)
    }

    @Test func `a pin is read as it is written and no other way`() throws {
        let pin = try #require(PublicKeyPin(digest: SHA256.hash("abc".utf8)))
        #expect(pin.description == "SHA256:ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0")
        #expect(PublicKeyPin(pin.description) == pin)
        #expect(PublicKeyPin(pin.description + "=") == pin)
        let text = pin.description
        let foreign = [
            "", "SHA256:", String(text.dropLast()), text + "A", text + "===", String(text.dropFirst(7)),
            text.replacing("SHA256", with: "sha256"), text.replacing("u", with: "-"), text + "\n", " " + text,
            // The spare bits of the last character are not zero.
            String(text.dropLast()) + "1",
        ]
        for other in foreign { #expect(PublicKeyPin(other) == nil, "\(other)") }
        #expect(PublicKeyPin(digest: [1, 2, 3]) == nil)
    }

    @Test func `random bytes are as many as asked and not the same twice`() {
        for count in [0, 1, 32, 1000] { #expect(SecureRandom.bytes(count).count == count) }
        #expect(SecureRandom.bytes(32) != SecureRandom.bytes(32))
    }

    @Test func `constant time comparison compares all bytes`() {
        let bytes = SecureRandom.bytes(32)
        #expect(ConstantTime.equal(bytes, bytes))
        for index in bytes.indices {
            var other = bytes
            other[index] ^= 0x10
            #expect(!ConstantTime.equal(bytes, other))
        }
        #expect(!ConstantTime.equal(bytes, Array(bytes.dropLast())))
        #expect(ConstantTime.equal([], []))
    }
}

func hex(_ text: String) -> [UInt8] {
    let digits = text.compactMap(\.hexDigitValue)
    return stride(from: 0, to: digits.count - 1, by: 2).map { UInt8(digits[$0] * 16 + digits[$0 + 1]) }
}
