/// Base 32 (RFC 4648 §6) in lower case and without padding: what people compare.
enum Base32 {
    private static let alphabet = Array("abcdefghijklmnopqrstuvwxyz234567".utf8)

    static func text(_ bytes: [UInt8]) -> String {
        var text: [UInt8] = []
        var bits = 0
        var value = 0
        for byte in bytes {
            value = value << 8 | Int(byte)
            bits += 8
            while bits >= 5 {
                bits -= 5
                text.append(alphabet[value >> bits & 31])
            }
            value &= 1 << bits - 1
        }
        if bits > 0 { text.append(alphabet[value << (5 - bits) & 31]) }
        return String(decoding: text, as: UTF8.self)
    }

    /// The bytes of a text in its only form; nil for anything else, upper case included.
    static func bytes(_ text: some StringProtocol) -> [UInt8]? {
        var bytes: [UInt8] = []
        var bits = 0
        var value = 0
        for letter in text.utf8 {
            guard let digit = alphabet.firstIndex(of: letter) else { return nil }
            value = value << 5 | digit
            bits += 5
            if bits >= 8 {
                bits -= 8
                bytes.append(UInt8(truncatingIfNeeded: value >> bits))
            }
            value &= 1 << bits - 1
        }
        return value == 0 && bits < 5 ? bytes : nil
    }
}
