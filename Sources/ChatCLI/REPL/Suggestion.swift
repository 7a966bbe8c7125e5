/// What somebody probably meant.
enum Suggestion {
    /// The candidate that begins with the word, or that a slip of the finger or two turns it into; nil for none.
    static func nearest(to word: String, among candidates: [String]) -> String? {
        // Longer than every candidate and two slips: not worth the arithmetic.
        guard !word.isEmpty, word.utf8.count <= 32 else { return nil }
        let typed = Array(word.lowercased().utf8)
        if let whole = candidates.first(where: { $0.utf8.starts(with: typed) }) { return whole }
        let allowed = typed.count <= 3 ? 1 : 2
        return candidates.map { ($0, distance(typed, Array($0.utf8))) }
            .filter { $0.1 <= allowed }
            .min { $0.1 < $1.1 }?.0
    }

    /// How many letters must be inserted, removed, replaced or swapped with their neighbour (optimal string alignment).
    static func distance(_ left: [UInt8], _ right: [UInt8]) -> Int {
        var beforeLast: [Int] = []
        var last = Array(0...right.count)
        for row in 0..<left.count {
            var current = [row + 1]
            for column in 0..<right.count {
                let cost = left[row] == right[column] ? 0 : 1
                var best = min(last[column] + cost, last[column + 1] + 1, current[column] + 1)
                if row > 0, column > 0, left[row] == right[column - 1], left[row - 1] == right[column] {
                    best = min(best, beforeLast[column - 1] + 1)
                }
                current.append(best)
            }
            beforeLast = last
            last = current
        }
        return last[right.count]
    }
}
