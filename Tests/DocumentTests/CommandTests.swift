import Foundation
import TestSupport
import Testing

/// The programs' commands and options against manual pages, completions, README and each other.
struct CommandTests {
    struct Subject: Sendable, CustomTestStringConvertible {
        let program: URL
        let page: String
        var name: String { program.lastPathComponent }
        var testDescription: String { name }
    }

    static let subjects = [
        Subject(program: Binaries.chat, page: "chat.1"), Subject(program: Binaries.chatd, page: "chatd.8"),
    ]

    @Test(arguments: subjects)
    func `the manual page has every command and every option of the program, and no other`(subject: Subject)
        async throws
    {
        let tree = try await CommandTree.of(subject.program)
        var real = tree.optionsByCommand
        // The page tells of what goes with every command where it tells of what stands without one.
        real["", default: []].formUnion(tree.globals)
        let told = try ManualPage(subject.page).optionsByCommand
        #expect(Set(told.keys).union(Self.groups(real)) == Set(real.keys))
        for (command, options) in real {
            let missing = options.subtracting(told[command] ?? [])
            let invented = (told[command] ?? []).subtracting(options)
            #expect(missing.isEmpty && invented.isEmpty, "\(subject.name) \(command)")
        }
    }

    @Test(arguments: subjects, Shell.allCases)
    func `the completions offer every command and every option, and no other`(
        subject: Subject, shell: Shell
    ) async throws {
        guard shell.path != nil else { return print("SKIPPED: \(shell) is not installed") }
        let tree = try await CommandTree.of(subject.program)
        let real = tree.optionsByCommand
        var expected: [String: Set<String>] = [:]
        for (command, options) in real {
            let line = command.isEmpty ? subject.name : "\(subject.name) \(command)"
            expected[line + " -"] = options.union(tree.globals)
            let below = Self.below(command, in: real)
            if !below.isEmpty { expected[line + " "] = below }
        }
        let scratch = try Scratch()
        let lines = expected.keys.sorted()
        let offers = try await shell.offers(for: lines, names: [], in: scratch.url)
        for line in lines {
            let offered = Set(offers.byLine[line] ?? [])
            let wanted = expected[line] ?? []
            #expect(wanted.subtracting(offered).isEmpty, "\(shell) does not offer for: \(line)")
            #expect(offered.subtracting(wanted).isEmpty, "\(shell) offers too much for: \(line)")
        }
    }

    @Test func `no document names an option that neither program has`() async throws {
        var known: Set<String> = []
        for subject in Self.subjects {
            let tree = try await CommandTree.of(subject.program)
            known.formUnion(tree.globals)
            for options in tree.optionsByCommand.values { known.formUnion(options) }
        }
        var invented: [String] = []
        for page in ["chat.1", "chatd.8", "chat.conf.5", "chat-protocol.7"] {
            for line in try ManualPage(page).lines {
                for match in line.matches(of: /Fl -([a-z-]+)/) where !known.contains("--" + match.1) {
                    invented.append("\(page): --\(match.1)")
                }
            }
        }
        for file in ["README.md", "SECURITY.md", "CHANGELOG.md"] {
            for line in try Repository.text(file).split(separator: "\n") where line.contains("chat") {
                for match in line.matches(of: /[ `](--[a-z][a-z-]+)/) where !known.contains(String(match.1)) {
                    invented.append("\(file): \(match.1)")
                }
            }
        }
        #expect(invented.isEmpty)
    }

    /// Commands that are only there to have others below them.
    private static func groups(_ commands: [String: Set<String>]) -> Set<String> {
        Set(commands.keys.filter { !below($0, in: commands).isEmpty })
    }

    private static func below(_ command: String, in commands: [String: Set<String>]) -> Set<String> {
        let prefix = command.isEmpty ? "" : command + " "
        let longer = commands.keys.filter { $0 != command && !$0.isEmpty && $0.hasPrefix(prefix) }
        return Set(longer.compactMap { $0.dropFirst(prefix.count).split(separator: " ").first.map(String.init) })
    }
}

extension ManualPage {
    /// The options that stand below each command, and under "" those of no command.
    var optionsByCommand: [String: Set<String>] {
        var result: [String: Set<String>] = ["": []]
        var command = ""
        var section = ""
        for line in lines {
            if line.hasPrefix(".Sh ") {
                section = String(line.dropFirst(4))
                command = ""
            } else if line.hasPrefix(".Ss "), section == "COMMANDS" {
                // The command's words stand first; what it takes follows in macros.
                let words = line.dropFirst(4).split(separator: " ")
                command = words.prefix { $0.allSatisfy { $0.isLowercase || $0 == "-" } }.joined(separator: " ")
                result[command] = result[command] ?? []
            } else if line.hasPrefix(".It Fl "), ["DESCRIPTION", "COMMANDS", "THE PROMPT"].contains(section) {
                // `.It Fl m , -message Ar text`: flags up to the first other macro.
                let words = line.dropFirst(".It Fl ".count).split(separator: " ")
                let flags = words.prefix { !($0.first?.isUppercase ?? true) || $0.count == 1 }.filter { $0 != "," }
                result[command, default: []].formUnion(flags.map { "-" + $0 })
            }
        }
        return result
    }
}
