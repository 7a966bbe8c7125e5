/// What two people read to each other: sixty digits of both their roots, the same on both sides.
package struct SpokenNumber: Hashable, Sendable, CustomStringConvertible {
    /// Groups of five digits: six of each.
    package let groups: [String]

    package init(_ one: AccountRoot, _ other: AccountRoot) {
        let halves = [one, other].map(Self.digits).sorted { $0.lexicographicallyPrecedes($1) }
        groups = halves.flatMap(\.self)
    }

    /// Thirty bytes of a root, five a group: to find another root with the same digits takes 2⁹⁹ attempts.
    private static func digits(_ root: AccountRoot) -> [String] {
        stride(from: 0, to: 30, by: 5).map { start in
            let value = root.bytes[start..<start + 5].reduce(UInt64(0)) { $0 << 8 | UInt64($1) } % 100_000
            let text = String(value)
            return String(repeating: "0", count: 5 - text.utf8.count) + text
        }
    }

    package var description: String { groups.joined(separator: " ") }
}
