/// Finds a text in others as people mean it: capitals do not count, and an accented letter is the same whether it was
/// typed as one sign or as two.
struct TextSearch: Sendable {
    private let bytes: [UInt8]
    private let isASCII: Bool
    private let characters: [Character]

    init(_ text: String) {
        let folded = Self.folded(text)
        bytes = Array(folded.utf8)
        isASCII = bytes.allSatisfy { $0 < 0x80 }
        characters = Array(folded)
    }

    func matches(_ body: String) -> Bool {
        var body = body
        if isASCII, let isFound = body.withUTF8(isFound) { return isFound }
        let folded = Self.folded(body)
        if Self.contains(Array(folded.utf8), bytes) { return true }
        // Signs are equal where they are canonically equivalent; what is ASCII is written in one way only.
        return !isASCII && Self.contains(Array(folded), characters)
    }

    /// Whether it stands in a text of nothing but ASCII, as most are: there, to fold is to change bytes. Nil in others.
    private func isFound(in whole: UnsafeBufferPointer<UInt8>) -> Bool? {
        guard whole.allSatisfy({ $0 < 0x80 }) else { return nil }
        guard let first = bytes.first else { return true }
        guard bytes.count <= whole.count else { return false }
        return (0...(whole.count - bytes.count)).contains { start in
            Self.small(whole[start]) == first
                && bytes.indices.dropFirst().allSatisfy { Self.small(whole[start + $0]) == bytes[$0] }
        }
    }

    private static func small(_ byte: UInt8) -> UInt8 { byte &- UInt8(ascii: "A") < 26 ? byte | 0x20 : byte }

    /// By way of capitals, where letters are the same that have two small forms.
    private static func folded(_ text: String) -> String { text.uppercased().lowercased() }

    private static func contains<Element: Equatable>(_ whole: [Element], _ part: [Element]) -> Bool {
        guard let first = part.first else { return true }
        guard part.count <= whole.count else { return false }
        return (0...(whole.count - part.count)).contains { start in
            whole[start] == first && part.indices.dropFirst().allSatisfy { whole[start + $0] == part[$0] }
        }
    }
}
