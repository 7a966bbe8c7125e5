import Foundation
import TestSupport

/// The documents in the source tree that these tests were built from.
enum Repository {
    static func text(_ path: String) throws -> String {
        try String(contentsOf: Binaries.root.appending(path: path), encoding: .utf8)
    }
}

/// The source of a manual page in mdoc(7).
struct ManualPage {
    let lines: [String]

    init(_ path: String) throws {
        lines = try Repository.text("man/\(path)").split(separator: "\n", omittingEmptySubsequences: false)
            .map(String.init)
    }

    /// The lines between a heading (`Sh` or `Ss`) and the next one.
    func section(_ title: String) -> [String] {
        let start = lines.firstIndex { $0 == ".Sh \(title)" || $0 == ".Ss \(title)" }
        guard let start else { return [] }
        return Array(
            lines[(start + 1)...].prefix { !$0.hasPrefix(".Sh ") && !($0.hasPrefix(".Ss ")) })
    }

    /// The cells of the column lists of a section, without their headings.
    func rows(_ title: String) -> [[String]] {
        section(title).filter { $0.hasPrefix(".It ") && $0.contains(" Ta ") && !$0.hasPrefix(".It Em ") }
            .map { line in
                line.dropFirst(".It ".count).split(separator: " Ta ").map { $0.trimmingCharacters(in: .whitespaces) }
            }
    }

    /// What stands in literal blocks, comments of the presentation language removed.
    var literalBlocks: [String] {
        var blocks: [String] = []
        var current: [String]?
        for line in lines {
            if line.hasPrefix(".Bd -literal") {
                current = []
            } else if line == ".Ed" {
                if let current { blocks.append(current.joined(separator: "\n")) }
                current = nil
            } else {
                current?.append(line)
            }
        }
        return blocks
    }
}

/// `snake_case` of a Swift name.
func snakeCase(_ name: String) -> String {
    name.map { $0.isUppercase ? "_" + $0.lowercased() : String($0) }.joined()
}
