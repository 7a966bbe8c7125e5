/// What a command line gives a command: its options in their order, each with its value, and its operands.
///
/// A command can take its values from here (`ChatCommand.read`). ArgumentParser, which has to look at each type to find
/// the same, takes a quarter of the time of a whole `send`.
struct GivenOptions: Sendable {
    private var options: [(option: CommandGrammar.Option, value: String)] = []
    var operands: [String] = []

    mutating func add(_ option: CommandGrammar.Option, value: String = "") { options.append((option, value)) }

    /// The same for ArgumentParser, which can read it in one way only: `--name=value …`, then `--` and the operands.
    var canonical: [String] {
        let words = options.flatMap { option, value in
            guard option.takesValue else { return [option.canonical] }
            // ArgumentParser takes an empty text behind "=" for none.
            return value.isEmpty ? [option.canonical, ""] : ["\(option.canonical)=\(value)"]
        }
        return operands.isEmpty ? words : words + ["--"] + operands
    }

    func has(_ name: String) -> Bool { options.contains { $0.option.name == name } }

    func count(_ name: String) -> Int { options.count { $0.option.name == name } }

    /// The values of an option that may be repeated.
    func all(_ name: String) -> [String] { options.compactMap { $0.option.name == name ? $0.value : nil } }

    func all<Value>(_ name: String, _ read: (String) throws -> Value) throws -> [Value] { try all(name).map(read) }

    /// Of an option that is given several times the last counts, and each must be right.
    func last(_ name: String) -> String? { all(name).last }

    func last<Value>(_ name: String, _ read: (String) throws -> Value) throws -> Value? { try all(name, read).last }

    /// For a command without operands.
    func checkNoOperands() throws(UnexpectedOperand) {
        guard operands.isEmpty else { throw UnexpectedOperand() }
    }

    struct UnexpectedOperand: Error {}
}
