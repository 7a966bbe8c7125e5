/// Finds a text in others as people mean it: capitals do not count, and an accented letter is the same whether it was
/// typed as one sign or as two.
struct TextSearch: Sendable {
    let text: String
    private let bytes: [UInt8]
    private let isASCII: Bool
    private let characters: [Character]

    init(_ text: String) {
        self.text = text
        let folded = Self.folded(text)
        bytes = Array(folded.utf8)
        isASCII = bytes.allSatisfy { $0 < 0x80 }
        characters = Array(folded)
    }

    /// - Parameter body: a text in UTF-8, which is lent.
    func matches(_ body: UnsafeBufferPointer<UInt8>) -> Bool {
        if isASCII, Self.isASCII(body) { return isFound(in: body) }
        let folded = Self.folded(String(decoding: body, as: UTF8.self))
        if Self.contains(Array(folded.utf8), bytes) { return true }
        // Signs are equal where they are canonically equivalent; what is ASCII is written in one way only.
        return !isASCII && Self.contains(Array(folded), characters)
    }

    /// Whether it stands in a text of nothing but ASCII, as most are: there, to fold is to change bytes.
    private func isFound(in whole: UnsafeBufferPointer<UInt8>) -> Bool {
        bytes.withUnsafeBufferPointer { part in
            guard let first = part.first else { return true }
            guard part.count <= whole.count else { return false }
            // Nearly all bytes fall out by one comparison, which takes some signs for others: so the loop begins at the first.
            for start in 0...(whole.count - part.count) where whole[start] | 0x20 == first | 0x20 {
                var count = 0
                while count < part.count, Self.small(whole[start + count]) == part[count] { count += 1 }
                if count == part.count { return true }
            }
            return false
        }
    }

    /// Eight bytes at a time: every text is looked through.
    static func isASCII(_ text: UnsafeBufferPointer<UInt8>) -> Bool {
        let raw = UnsafeRawBufferPointer(text)
        let words = raw.count / 8
        var all: UInt64 = 0
        for word in 0..<words { all |= raw.loadUnaligned(fromByteOffset: word * 8, as: UInt64.self) }
        for byte in raw[(words * 8)...] { all |= UInt64(byte) }
        return all & 0x8080_8080_8080_8080 == 0
    }

    static func small(_ byte: UInt8) -> UInt8 { byte &- UInt8(ascii: "A") < 26 ? byte | 0x20 : byte }

    /// By way of capitals, where letters are the same that have two small forms.
    static func folded(_ text: String) -> String { text.uppercased().lowercased() }

    private static func contains<Element: Equatable>(_ whole: [Element], _ part: [Element]) -> Bool {
        guard let first = part.first else { return true }
        guard part.count <= whole.count else { return false }
        return (0...(whole.count - part.count)).contains { start in
            whole[start] == first && part.indices.dropFirst().allSatisfy { whole[start + $0] == part[$0] }
        }
    }
}
