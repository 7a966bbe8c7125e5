import ArgumentParser
import CLISupport
import Testing

@testable import ChatCLI

@Suite struct ArgumentLineTests {
    private func canonical(_ words: String...) throws -> [String] { try ArgumentLine(words).given.canonical }

    private func failure(_ words: String...) -> ArgumentLine.Failure? {
        do throws(ArgumentLine.Failure) {
            _ = try ArgumentLine(words)
            return nil
        } catch { return error }
    }

    @Test func `every order of globals, flags, options and words is the same command`() throws {
        let parts: [[String]] = [["--json"], ["--to", "bob"], ["--to=carol"], ["hi"], ["--profile", "p"]]
        var count = 0
        for order in permutations(parts) {
            // The command's name may stand before anything but its own options and words.
            let own = order.firstIndex { $0 == ["hi"] || $0[0].hasPrefix("--to") } ?? order.count
            for place in 0...own {
                let words = order[..<place].joined() + ["send"] + order[place...].joined()
                let line = try ArgumentLine(Array(words))
                #expect(line.path == ["chat", "send"])
                #expect(Set(line.given.canonical) == ["--json", "--to=bob", "--to=carol", "--", "hi", "--profile=p"])
                #expect(line.given.canonical.suffix(2) == ["--", "hi"])
                #expect(line.wantsJSON)
                let command = try SendCommand.parse(line.given.canonical)
                #expect(Set(command.targets.to.map(\.text)) == ["bob", "carol"] && command.body.words == ["hi"])
                #expect(command.globals.json && command.globals.profile == "p")
                count += 1
            }
        }
        #expect(count > 100)
    }

    private func permutations<Element>(_ items: [Element]) -> [[Element]] {
        guard !items.isEmpty else { return [[]] }
        return items.indices.flatMap { index in
            var rest = items
            let item = rest.remove(at: index)
            return permutations(rest).map { [item] + $0 }
        }
    }

    @Test(arguments: ["--json", "-v", "--", "-", "--to", "-m", "", "--help", "=", "--to=x", "a b", "\n", "é"])
    func `an option takes exactly one value, whatever it looks like`(value: String) throws {
        for option in ["-m", "--message"] {
            let line = try ArgumentLine(["send", "--to", "bob", option, value])
            #expect(line.wish == .run && !line.wantsJSON)
            let command = try SendCommand.parse(line.given.canonical)
            #expect(command.body.message == value && command.body.words == [] && !command.globals.json)
            #expect(command.targets.to.map(\.text) == ["bob"])
        }
        let attached = try SendCommand.parse(try canonical("send", "--message=\(value)", "--to", "bob"))
        #expect(attached.body.message == value)
    }

    @Test func `what stands behind two dashes is words`() throws {
        let words = ["--everyone", "-m", "--", "-x", "--json"]
        let line = try ArgumentLine(["send", "--to", "bob", "--"] + words)
        #expect(!line.wantsJSON)
        #expect(try SendCommand.parse(line.given.canonical).body.words == words)
        #expect(try SendCommand.parse(line.given.canonical).targets.everyone == false)
    }

    @Test(arguments: [["-"], ["-", "--"]])
    func `a dash alone is standard input`(words: [String]) throws {
        for line in [["send", "--to", "bob"] + words, ["ask", "--to", "bob"] + words] {
            let canonical = try ArgumentLine(line).given.canonical
            let body = try line[0] == "send" ? SendCommand.parse(canonical).body : AskCommand.parse(canonical).question
            #expect(body.standardInput && body.words == [])
        }
        #expect(try SendCommand.parse(try canonical("send", "-", "--to", "bob")).body.standardInput)
    }

    @Test(arguments: [["--", "-"], ["-", "--", "-"], ["-", "x"], ["x", "-"], ["-", "-"], ["-", "--", "x"]])
    func `a dash behind two dashes or beside other words is text`(words: [String]) throws {
        let body = try SendCommand.parse(try ArgumentLine(["send", "--to", "bob"] + words).given.canonical).body
        let expected = words.firstIndex(of: "--").map { words[..<$0] + words[($0 + 1)...] } ?? words[...]
        #expect(!body.standardInput && body.words == Array(expected))
    }

    @Test func `nobody can type what stands for the dash`() {
        #expect(failure("send", "--standard-input")?.problem.text == "unknown option '--standard-input'")
    }

    @Test func `short flags may stand together, and the last may take a value`() throws {
        #expect(
            try canonical("send", "-qvvmhi", "--to", "b")
                == ["--quiet", "--verbose", "--verbose", "--message=hi", "--to=b"])
        #expect(try canonical("send", "-vm", "hi") == ["--verbose", "--message=hi"])
        #expect(try ListenCommand.parse(try canonical("-vv", "listen", "-v")).globals.verbose == 3)
    }

    @Test func `the command of listen keeps its own dashes`() throws {
        let words = ["sh", "-c", "x", "--json", "--", "y"]
        let line = try ArgumentLine(["listen", "--resume", "r", "--"] + words)
        #expect(try ListenCommand.parse(line.given.canonical).handling.command == words)
        #expect(!line.wantsJSON)
    }

    @Test(arguments: [
        (["send", "--t", "bob"], "unknown option '--t'"), (["send", "--to"], "option '--to' needs a value"),
        (["send", "-m"], "option '--message' needs a value"), (["--to", "bob", "send"], "unknown option '--to'"),
        (["send", "-x"], "unknown option '-x'"), (["send", "--json=yes"], "option '--json' takes no value"),
        (["nonsense"], "unknown command 'nonsense'"), (["device", "nonsense"], "unknown command 'device nonsense'"),
        (["device"], "'chat device' needs one of list, add, approve, revoke, rename"),
        (["--", "send"], "unknown command 'send'"), (["help", "nonsense"], "unknown command 'nonsense'"),
        (["listen", "foo"], "unexpected argument 'foo': a command to run stands behind '--'"),
        (["shout"], "unknown command 'shout'"), (["send", "-é"], "unknown option '-é'"),
    ])
    func `a line that cannot be read is a usage error of one sentence`(words: [String], text: String) {
        do throws(ArgumentLine.Failure) {
            _ = try ArgumentLine(words)
            Issue.record("taken: \(words)")
        } catch {
            #expect(error.problem.text == text)
            #expect(error.problem.exit == .usage)
            #expect(error.problem.hint?.hasPrefix("see 'chat") == true)
        }
    }

    @Test func `an error is told as JSON wherever the flag stands`() {
        #expect(failure("--json", "send", "--nonsense")?.wantsJSON == true)
        #expect(failure("send", "--nonsense", "--json")?.wantsJSON == true)
        #expect(failure("send", "--nonsense", "--", "--json")?.wantsJSON == false)
    }

    @Test func `help and version win over whatever is wrong behind them`() throws {
        #expect(try ArgumentLine(["send", "--help", "--nonsense"]).wish == .help)
        #expect(try ArgumentLine(["send", "--help", "--nonsense"]).path == ["chat", "send"])
        #expect(try ArgumentLine(["--help", "device", "add"]).path == ["chat", "device", "add"])
        #expect(try ArgumentLine(["help", "device"]).path == ["chat", "device"])
        #expect(try ArgumentLine(["device", "--help"]).wish == .help)
        #expect(try ArgumentLine(["--version"]).wish == .version)
        #expect(try ArgumentLine([]).wish == .run)
    }
}

/// What the command line is read by, and what ArgumentParser reads, prints as help and dumps, must be one thing.
@Suite struct CommandGrammarTests {
    private struct Options: Equatable {
        var values: Set<String> = []
        var flags: Set<String> = []
    }

    private func dumped(_ command: JSONObject) -> Options {
        var options = Options()
        for argument in command["arguments"]?.array ?? [] {
            guard let kind = argument.object?["kind"]?.string, kind != "positional" else { continue }
            for name in argument.object?["names"]?.array ?? [] {
                guard let text = name.object?["name"]?.string else { continue }
                let dashes = name.object?["kind"]?.string == "long" ? "--" : "-"
                if kind == "option" {
                    options.values.insert(dashes + text)
                } else {
                    options.flags.insert(dashes + text)
                }
            }
        }
        return options
    }

    private func known(_ command: any CommandNode.Type) -> Options {
        var options = Options()
        // A group takes help and version; what runs takes all globals.
        let globals = CommandGrammar.globals.options
            .filter { command.runnable != nil || ["help", "version"].contains($0.long) }
        let handedOn = command.grammar.takesMessage ? [CommandGrammar.standardInput] : []
        for option in globals + command.grammar.options + handedOn {
            let names = [option.long.map { "--" + $0 }, option.short.map { "-" + String($0) }].compactMap { $0 }
            if option.takesValue { options.values.formUnion(names) } else { options.flags.formUnion(names) }
        }
        return options
    }

    private func compare(_ command: any CommandNode.Type, _ dump: JSONObject) {
        #expect(dumped(dump) == known(command), "\(command.name)")
        let subcommands = (dump["subcommands"]?.array ?? []).compactMap(\.object)
            .filter { $0["commandName"]?.string != "help" }
        #expect(
            subcommands.compactMap { $0["commandName"]?.string }
                == command.subcommands.map { $0.name })
        for (subcommand, subdump) in zip(command.subcommands, subcommands) {
            compare(subcommand, subdump)
        }
    }

    @Test func `the grammar is what ArgumentParser has`() throws {
        let dump = try JSONValue(parsing: RootCommand._dumpHelp()).object
        let command = try #require(dump?["command"]?.object)
        compare(RootCommand.self, command)
    }

    @Test func `every command that is no group can be run`() {
        func check(_ command: any CommandNode.Type) {
            if command.subcommands.isEmpty { #expect(command.runnable != nil, "\(command)") }
            command.subcommands.forEach(check)
        }
        check(RootCommand.self)
    }

    @Test func `help of every command names its options and no other command`() {
        for word in ["rooms", "blocked"] {
            #expect(!RootCommand.helpMessage().contains("\n  \(word) "), "\(word)")
        }
        #expect(RootCommand.helpMessage(for: SendCommand.self).contains("--reply-to"))
    }
}
