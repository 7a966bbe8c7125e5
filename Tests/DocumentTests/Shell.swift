import Foundation
import TestSupport

/// What a real shell offered for each line that was typed into it.
struct Offers {
    /// Sorted, by the line that was typed.
    private(set) var byLine: [String: [String]] = [:]
    /// What stood on the command line after Tab, by the line that was typed.
    private(set) var completed: [String: String] = [:]

    init(lines: [String], output: String) {
        var offered: [String] = []
        var rest = lines[...]
        var ready = false
        for line in output.split(separator: "\n").map(String.init) {
            guard line.hasPrefix("== ") else {
                offered.append(line)
                continue
            }
            if ready, let typed = rest.popFirst() {
                byLine[typed] = Array(Set(offered)).sorted()
                completed[typed] = String(line.dropFirst(3))
            }
            ready = true
            offered = []
        }
    }
}

/// A shell whose completions are tested.
enum Shell: String, CaseIterable, CustomStringConvertible {
    case bash, zsh, fish

    var description: String { rawValue }

    /// Where it is installed, nil where it is not.
    var path: String? {
        ["/usr/local/bin", "/usr/bin", "/bin"].map { "\($0)/\(rawValue)" }
            .first { FileManager.default.isExecutableFile(atPath: $0) }
    }

    /// Types `lines` into the shell, each followed by Tab, with a `chat` on its PATH that prints `names`
    /// for whatever it is asked.
    func offers(for lines: [String], names: [String], in scratch: URL) async throws -> Offers {
        guard let path else { return Offers(lines: [], output: "") }
        let folder = Binaries.root.appending(path: "Tests/DocumentTests/Shells")
        let names = names.map { $0 + "\n" }.joined()
        try Data(names.utf8).write(to: scratch.appending(path: "names"))
        let offers = scratch.appending(path: "offers")
        try Data().write(to: offers)
        let environment = [
            "PATH": "\(folder.path)/bin:/usr/local/bin:/usr/bin:/bin", "HOME": scratch.path, "TERM": "xterm",
            "COMPLETIONS": Binaries.root.appending(path: "completions").path, "OFFERS": offers.path,
            "NAMES": scratch.appending(path: "names").path, "ASKED": scratch.appending(path: "asked").path,
        ]
        let input = Data(lines.map { $0 + "\n" }.joined().utf8)
        if self == .fish {
            let outcome = try await Program.run(
                URL(filePath: path), ["--no-config", folder.appending(path: "offers.fish").path],
                environment: environment, input: input, in: scratch)
            return Offers(lines: lines, output: outcome.output)
        }
        let quiet = self == .bash ? ["--norc", "--noprofile", "-i"] : ["-f", "-i"]
        let outcome = try await Program.run(
            URL(filePath: "/usr/bin/env"),
            ["python3", folder.appending(path: "drive.py").path, folder.appending(path: "setup.\(rawValue)").path]
                + [offers.path, path] + quiet,
            environment: environment, input: input, in: scratch)
        guard outcome.status == 0 else { throw ShellProblem(shell: rawValue, words: outcome.errors) }
        return Offers(lines: lines, output: try String(contentsOf: offers, encoding: .utf8))
    }
}

struct ShellProblem: Error {
    let shell: String
    let words: String
}
