/// The words of a command line that a person has set, such as `EDITOR`, cut without a shell: nothing is expanded.
enum CommandWords {
    /// Words are separated by blanks; '…' and "…" keep blanks, and a backslash keeps the next character.
    ///
    /// - Returns: nil where a quotation is not closed, or where there is no word.
    static func split(_ text: String) -> [String]? {
        var words: [String] = []
        var word: String?
        var quote: Unicode.Scalar?
        var isEscaped = false
        for scalar in text.unicodeScalars {
            if isEscaped {
                isEscaped = false
                word = (word ?? "") + String(scalar)
            } else if scalar == "\\", quote != "'" {
                isEscaped = true
            } else if let open = quote {
                if scalar == open { quote = nil } else { word = (word ?? "") + String(scalar) }
            } else if scalar == "'" || scalar == "\"" {
                quote = scalar
                word = word ?? ""
            } else if scalar == " " || scalar == "\t" || scalar == "\n" {
                if let whole = word { words.append(whole) }
                word = nil
            } else {
                word = (word ?? "") + String(scalar)
            }
        }
        guard quote == nil, !isEscaped else { return nil }
        if let whole = word { words.append(whole) }
        return words.first.map { $0.isEmpty } ?? true ? nil : words
    }
}
