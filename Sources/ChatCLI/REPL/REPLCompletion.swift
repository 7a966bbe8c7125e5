import ChatProtocol

/// What Tab offers: data only. A name that does not fit the grammar cannot even be a candidate.
enum REPLCompletion {
    /// - Parameters:
    ///   - before: the line up to the word.
    ///   - word: the beginning of the word that is completed.
    ///   - names: the users that are known, and the rooms.
    /// - Returns: what the word can become, sorted.
    static func candidates(before: String, word: String, names: Set<UserName>, rooms: Set<UserName> = []) -> [String] {
        guard !before.utf8.isEmpty else {
            guard word.utf8.first == 0x2f else { return [] }
            return matching(word, REPLCommandTable.entries.map(\.name))
        }
        guard let entry = command(of: before) else { return [] }
        // A name that was typed in upper case is folded, as it is when the line is read.
        let folded = word.lowercased()
        switch entry.operands {
        case .target: return matching(folded, names.map(\.text) + rooms.map { "#" + $0.text } + ["all"])
        case .room, .currentRoom:
            return matching(folded, folded.utf8.first == 0x23 ? rooms.map { "#" + $0.text } : rooms.map(\.text))
        case .userAndText: return matching(folded, names.map(\.text))
        case .command:
            let commands = REPLCommandTable.entries
            return matching(word, word.utf8.first == 0x2f ? commands.map(\.name) : commands.map(\.verb.rawValue))
        case .nothing, .text, .count: return []
        }
    }

    /// What readline wants to see: the one candidate, or what several have in common and then they themselves.
    static func list(_ candidates: [String]) -> [String] {
        guard let first = candidates.first, candidates.count > 1 else { return candidates }
        let common = candidates.dropFirst().reduce(Array(first.utf8)) { common, candidate in
            zip(common, candidate.utf8).prefix { $0 == $1 }.map(\.0)
        }
        return [String(decoding: common, as: UTF8.self)] + candidates
    }

    /// The command whose first operand stands behind `before`; nil where that is anything else.
    private static func command(of before: String) -> REPLCommandTable.Entry? {
        let words = before.utf8.split { $0 == 0x20 || $0 == 0x09 }
        guard before.utf8.first == 0x2f, words.count == 1, let first = words.first else { return nil }
        return REPLCommandTable.entry(named: Substring(first.dropFirst()))
    }

    private static func matching(_ word: String, _ candidates: [String]) -> [String] {
        candidates.filter { $0.utf8.starts(with: word.utf8) }.sorted()
    }
}
