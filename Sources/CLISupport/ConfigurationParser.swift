/// Reads the subset of TOML that `Configuration` describes.
struct ConfigurationParser {
    private let scalars: [Unicode.Scalar]
    private let file: String
    private var position = 0
    private var line = 1

    init(text: String, file: String) {
        scalars = Array(text.unicodeScalars)
        self.file = file
    }

    mutating func parse() throws(ConfigurationError) -> [String: Configuration.Entry] {
        var entries: [String: Configuration.Entry] = [:]
        var sections: Set<String> = []
        var prefix = ""
        while true {
            skipBlank(newlines: true)
            guard let next = peek() else { return entries }
            if next == "[" {
                let name = try parseSection()
                guard sections.insert(name).inserted else { throw failure("section [\(name)] stands twice") }
                prefix = name + "."
            } else {
                let (key, entry) = try parseLine(prefix: prefix)
                guard entries.updateValue(entry, forKey: key) == nil else {
                    throw failure("\(key) stands twice", at: entry.line)
                }
            }
            try expectEndOfLine()
        }
    }

    private mutating func parseLine(prefix: String) throws(ConfigurationError) -> (String, Configuration.Entry) {
        let start = line
        let key = prefix + (try parseKey())
        skipBlank()
        guard peek() == "=" else { throw failure("expected = behind \(key)") }
        position += 1
        skipBlank()
        return (key, Configuration.Entry(value: try parseValue(), line: start))
    }

    private mutating func parseSection() throws(ConfigurationError) -> String {
        position += 1
        guard peek() != "[" else { throw failure("arrays of tables are not used here") }
        skipBlank()
        let name = try parseKey()
        skipBlank()
        guard peek() == "]" else { throw failure("expected ] behind the section's name") }
        position += 1
        return name
    }

    private mutating func parseKey() throws(ConfigurationError) -> String {
        var key = String.UnicodeScalarView()
        while let scalar = peek(), scalar.isASCII, isKeyCharacter(scalar) {
            key.append(scalar)
            position += 1
        }
        guard !key.isEmpty else { throw failure("expected a key of letters, digits, _ and -") }
        return String(key)
    }

    private func isKeyCharacter(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar {
        case "a"..."z", "A"..."Z", "0"..."9", "_", "-": true
        default: false
        }
    }

    private mutating func parseValue() throws(ConfigurationError) -> Configuration.Value {
        switch peek() {
        case "\"": return .string(try parseBasicString())
        case "'": return .string(try parseLiteralString())
        case "[": return .strings(try parseArray())
        case "t", "f": return .bool(try parseBool())
        case let scalar? where scalar == "+" || scalar == "-" || ("0"..."9").contains(scalar):
            return .integer(try parseInteger())
        default: throw failure("expected a text in quotes, a whole number, true, false or a list of texts")
        }
    }

    private mutating func parseArray() throws(ConfigurationError) -> [String] {
        position += 1
        var values: [String] = []
        while true {
            skipBlank(newlines: true)
            switch peek() {
            case "]":
                position += 1
                return values
            case "\"": values.append(try parseBasicString())
            case "'": values.append(try parseLiteralString())
            default: throw failure("expected a text in quotes, or ] at the end of the list")
            }
            skipBlank(newlines: true)
            if peek() == "," {
                position += 1
            } else if peek() != "]" {
                throw failure("expected , or ] in the list")
            }
        }
    }

    private mutating func parseBool() throws(ConfigurationError) -> Bool {
        let word = try parseKey()
        guard word == "true" || word == "false" else { throw failure("expected true or false, not \(word)") }
        return word == "true"
    }

    /// TOML: a sign, no leading zero, underscores between digits only.
    private mutating func parseInteger() throws(ConfigurationError) -> Int64 {
        var word = String.UnicodeScalarView()
        while let scalar = peek(), isKeyCharacter(scalar) || scalar == "+" || scalar == "." {
            word.append(scalar)
            position += 1
        }
        let text = String(word)
        let unsigned = text.utf8.first == 0x2b || text.utf8.first == 0x2d ? String(text.dropFirst()) : text
        let groups = unsigned.split(separator: "_", omittingEmptySubsequences: false)
        guard groups.allSatisfy({ !$0.isEmpty && $0.utf8.allSatisfy { (0x30...0x39).contains($0) } }),
            unsigned == "0" || unsigned.utf8.first != 0x30,
            let value = Int64(String(text.unicodeScalars.filter { $0 != "_" }.map(Character.init)))
        else { throw failure("expected a whole number, not \(text)") }
        return value
    }

    // MARK: texts

    private mutating func parseLiteralString() throws(ConfigurationError) -> String {
        position += 1
        var text = String.UnicodeScalarView()
        while true {
            let scalar = try nextOfString(isLiteral: true)
            if scalar == "'" { return String(text) }
            text.append(scalar)
        }
    }

    private mutating func parseBasicString() throws(ConfigurationError) -> String {
        position += 1
        var text = String.UnicodeScalarView()
        while true {
            let scalar = try nextOfString()
            switch scalar {
            case "\"": return String(text)
            case "\\": text.append(try parseEscape())
            default: text.append(scalar)
            }
        }
    }

    /// - Parameter isLiteral: the text knows no escapes.
    private mutating func nextOfString(isLiteral: Bool = false) throws(ConfigurationError) -> Unicode.Scalar {
        guard let scalar = peek(), scalar != "\n" else { throw failure("the text has no closing quote") }
        guard scalar == "\t" || !(scalar.value < 0x20 || scalar.value == 0x7f) else {
            throw failure(
                "a control character in a text; write it as \\uXXXX" + (isLiteral ? " within double quotes" : ""))
        }
        position += 1
        return scalar
    }

    private mutating func parseEscape() throws(ConfigurationError) -> Unicode.Scalar {
        let letter = try nextOfString()
        switch letter {
        case "b": return "\u{8}"
        case "t": return "\t"
        case "n": return "\n"
        case "f": return "\u{c}"
        case "r": return "\r"
        case "\"", "\\": return letter
        case "u": return try parseHex(count: 4)
        case "U": return try parseHex(count: 8)
        default: throw failure("TOML has no escape \\\(Character(letter))")
        }
    }

    private mutating func parseHex(count: Int) throws(ConfigurationError) -> Unicode.Scalar {
        var value: UInt32 = 0
        for _ in 0..<count {
            guard let digit = Character(try nextOfString()).hexDigitValue else {
                throw failure("expected \(count) hexadecimal digits in the escape")
            }
            value = value << 4 | UInt32(digit)
        }
        guard let scalar = Unicode.Scalar(value) else { throw failure("the escape names no character") }
        return scalar
    }

    // MARK: characters

    private func peek() -> Unicode.Scalar? { position < scalars.count ? scalars[position] : nil }

    /// Skips spaces, tabs and comments; newlines too, where they are not the end of anything.
    private mutating func skipBlank(newlines: Bool = false) {
        while let scalar = peek() {
            switch scalar {
            case " ", "\t": position += 1
            case "#": skipComment()
            case "\r" where newlines && isNewlineNext: position += 1
            case "\n" where newlines:
                line += 1
                position += 1
            default: return
            }
        }
    }

    private mutating func skipComment() {
        while let scalar = peek(), scalar != "\n" { position += 1 }
    }

    private var isNewlineNext: Bool { position + 1 < scalars.count && scalars[position + 1] == "\n" }

    private mutating func expectEndOfLine() throws(ConfigurationError) {
        skipBlank()
        if peek() == "\r", isNewlineNext { position += 1 }
        guard let scalar = peek() else { return }
        guard scalar == "\n" else { throw failure("expected the end of the line") }
    }

    private func failure(_ reason: String, at line: Int? = nil) -> ConfigurationError {
        ConfigurationError(file: file, line: line ?? self.line, reason: reason)
    }
}
