/// Where the two joiners, ZWNJ and ZWJ, are part of a word or of an emoji. They are the only format characters that
/// ordinary writing needs; anywhere else one could make two names or links that look alike.
enum JoiningText {
    private static let nonJoiner: Unicode.Scalar = "\u{200c}"
    private static let joiner: Unicode.Scalar = "\u{200d}"
    private static let emojiVariation: Unicode.Scalar = "\u{fe0f}"

    /// Whether the character at `index` is a joiner that its neighbours have use for.
    static func isNeeded(at index: Int, in scalars: [Unicode.Scalar]) -> Bool {
        let scalar = scalars[index]
        guard scalar == nonJoiner || scalar == joiner, index > 0 else { return false }
        let before = scalars[index - 1]
        // A virama before it shapes the end of a word, too (RFC 5892, A.1 and A.2).
        if isOfJoiningScript(before), before.properties.canonicalCombiningClass == .virama { return true }
        guard index + 1 < scalars.count else { return false }
        let after = scalars[index + 1]
        if isOfJoiningScript(before) && isOfJoiningScript(after) { return true }
        guard scalar == joiner, isEmoji(after) else { return false }
        return isEmoji(before) || (before == emojiVariation && index > 1 && isEmoji(scalars[index - 2]))
    }

    /// Digits, `#` and `*` are emoji only with what follows them.
    private static func isEmoji(_ scalar: Unicode.Scalar) -> Bool { !scalar.isASCII && scalar.properties.isEmoji }

    /// Letters and marks of the scripts in which a joiner changes how they are written: Arabic to Mandaic, the scripts
    /// of India with Sinhala, Tibetan and Myanmar, Khmer and Mongolian, and the further letters of all these.
    private static func isOfJoiningScript(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x600...0x8ff, 0x900...0xdff, 0xf00...0x109f, 0x1780...0x18af, 0xa840...0xa87f, 0xa8e0...0xa8ff,
            0xa980...0xa9ff, 0xaa60...0xaa7f, 0xfb50...0xfdff, 0xfe70...0xfefc, 0x11000...0x11fff, 0x1e900...0x1e95f:
            break
        default: return false
        }
        switch scalar.properties.generalCategory {
        case .otherLetter, .modifierLetter, .nonspacingMark, .spacingMark: return true
        case .uppercaseLetter, .lowercaseLetter: return true
        default: return false
        }
    }
}
