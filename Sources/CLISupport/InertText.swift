import WireCodec

extension Unicode.Scalar {
    /// Whether the character could act on a terminal, or on the text around it: general categories Cc (C0, DEL,
    /// C1), Cf (bidirectional marks, zero-width characters, tags), Zl and Zp.
    package var actsOnTerminal: Bool {
        if isASCII { return value < 0x20 || value == 0x7f }
        switch properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator: return true
        default: return false
        }
    }
}

/// Text of other people as it may stand on a terminal: what would act is shown instead.
///
/// ESC is `^[`, other C0 characters and DEL are `^X` likewise, everything else is `<U+202E>`. Only a joiner inside of a
/// word or an emoji passes.
package enum InertText {
    /// The text on one line: newlines are shown, too.
    package static func line(_ text: String) -> String {
        if isHarmless(text) { return text }
        let scalars = Array(text.unicodeScalars)
        var result = String.UnicodeScalarView()
        for index in scalars.indices { append(index, of: scalars, to: &result) }
        return String(result)
    }

    /// A message's body: its further lines begin with `indent`, so that none can pass for a line of ours.
    package static func body(_ text: String, indent: String = "    ") -> String {
        if isHarmless(text) { return text }
        let scalars = Array(text.unicodeScalars)
        var result = String.UnicodeScalarView()
        for index in scalars.indices {
            if scalars[index] == "\n" {
                result.append("\n")
                result.append(contentsOf: indent.unicodeScalars)
            } else {
                append(index, of: scalars, to: &result)
            }
        }
        return String(result)
    }

    private static func isHarmless(_ text: String) -> Bool {
        text.utf8.allSatisfy { (0x20...0x7e).contains($0) }
    }

    private static func append(
        _ index: Int, of scalars: [Unicode.Scalar], to result: inout String.UnicodeScalarView
    ) {
        let scalar = scalars[index]
        guard scalar.actsOnTerminal, !JoiningText.isNeeded(at: index, in: scalars) else {
            return result.append(scalar)
        }
        // Caret notation flips bit 6: ESC is ^[, DEL is ^?.
        if scalar.isASCII, let letter = Unicode.Scalar(scalar.value ^ 0x40) {
            result.append("^")
            result.append(letter)
            return
        }
        let digits = Hexadecimal.text(scalar.value, digits: 4, uppercase: true)
        result.append(contentsOf: "<U+\(digits)>".unicodeScalars)
    }
}
