import Testing

@testable import WireCodec

@Suite struct TextEncodingTests {
    // RFC 4648 §10.
    @Test(arguments: [
        ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="), ("fooba", "Zm9vYmE="),
        ("foobar", "Zm9vYmFy"),
    ]) func `base64 gives the published texts, with and without padding`(bytes: String, text: String) {
        let bare = String(text.prefix { $0 != "=" })
        #expect(Base64.encode(Array(bytes.utf8), padded: true) == text)
        #expect(Base64.encode(Array(bytes.utf8), padded: false) == bare)
        #expect(Base64.decode(text) == Array(bytes.utf8))
        #expect(Base64.decode(bare) == Array(bytes.utf8))
    }

    @Test(arguments: ["Z", "Z!==", "Zh==", "Zg===", "=Zg", "Zm8=Zm8="])
    func `base64 with foreign characters, spare bits or padding inside is refused`(text: String) {
        #expect(Base64.decode(text) == nil)
    }

    @Test func `hexadecimal digits are written in lower case and read in both`() {
        #expect(Hexadecimal.text([0x00, 0x0f, 0xA5]) == "000fa5")
        #expect(Hexadecimal.bytes("000FA5") == [0x00, 0x0f, 0xa5])
        for text in ["0", "0g", " 00", "00 ", "é0"] { #expect(Hexadecimal.bytes(text) == nil, "\(text)") }
    }

    @Test func `a number has zeros before it where it has fewer digits`() {
        #expect(Hexadecimal.text(UInt16(0x1b), digits: 4) == "001b")
        #expect(Hexadecimal.text(UInt32(0x1F600), digits: 4, uppercase: true) == "1F600")
        #expect(Hexadecimal.text(UInt64.max, digits: 16) == "ffffffffffffffff")
    }
}
