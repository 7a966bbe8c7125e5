/// Which three signs stand behind one another anywhere in many texts, and which four: that a text is in none of them is told by a look at
/// some bits. What may hold it has to be read.
///
/// Only signs of ASCII count, as `TextSearch` folds them: what is looked for by other signs alone may be anywhere.
struct TextSignature {
    /// As many as one page of the store has room for in a row. What people write in `ClientStore.blockSize` messages sets a fifth of the
    /// bits.
    static let byteCount = 4_000

    private(set) var bytes = [UInt8](repeating: 0, count: byteCount)

    /// - Parameter text: in UTF-8, which is lent.
    mutating func add(_ text: UnsafeBufferPointer<UInt8>) {
        guard TextSearch.isASCII(text) else {
            return addFolded(TextSearch.folded(String(decoding: text, as: UTF8.self)).utf8)
        }
        addFolded(text.lazy.map(TextSearch.small))
    }

    private mutating func addFolded(_ text: some Sequence<UInt8>) {
        var run = Run()
        for byte in text {
            run.take(byte) { bytes[$0 >> 3] |= 1 << ($0 & 7) }
        }
    }

    /// The bits that are set wherever a text with this part is.
    static func bits(of part: String) -> Set<Int> {
        var bits: Set<Int> = []
        var run = Run()
        for character in TextSearch.folded(part) {
            // A sign with an accent is the same in one piece. So are two signs in other characters, which stand for these.
            let utf8 = character.utf8
            let byte = utf8.count == 1 ? utf8.first : nil
            let isOne = byte != UInt8(ascii: ";") && byte != UInt8(ascii: "`")
            run.take(isOne ? byte ?? 0xFF : 0xFF) { bits.insert($0) }
        }
        return bits
    }

    /// - Parameter signature: of texts, as it is stored.
    static func mayHold(_ bits: Set<Int>, _ signature: UnsafeRawBufferPointer) -> Bool {
        bits.allSatisfy { $0 >> 3 >= signature.count || signature[$0 >> 3] & 1 << ($0 & 7) != 0 }
    }

    /// The last signs of a text, one after the other.
    private struct Run {
        private var signs: UInt64 = 0
        private var count = 0

        /// Tells `found` the bits of the three and of the four that end here, where as many stand together.
        mutating func take(_ byte: UInt8, found: (Int) -> Void) {
            guard byte < 0x80 else {
                count = 0
                return
            }
            signs = (signs << 7 | UInt64(byte)) & 0xFFF_FFFF
            count += 1
            if count >= 3 { found(Self.bit(signs & 0x1F_FFFF)) }
            if count >= 4 { found(Self.bit(signs | 1 << 28)) }
        }

        private static func bit(_ signs: UInt64) -> Int {
            Int((signs &* 0x9E37_79B9_7F4A_7C15) >> 32) % (TextSignature.byteCount * 8)
        }
    }
}
