import ArgumentParser
import CLISupport

struct FingerprintCommand: ChatdCommand {
    static let configuration = CommandConfiguration(
        commandName: "fingerprint", abstract: "Print the fingerprint of the server's key.")

    @OptionGroup var shared: SharedOptions

    func run(in context: CommandContext) async throws(Problem) -> ExitStatus {
        for row in try await rows(of: .fingerprint) { try context.show(row, plain: [row.cell("fingerprint")]) }
        return .done
    }
}

struct CheckCommand: ChatdCommand {
    static let configuration = CommandConfiguration(commandName: "check", abstract: "Check the data.")

    @OptionGroup var shared: SharedOptions

    func run(in context: CommandContext) async throws(Problem) -> ExitStatus {
        let faults = try await rows(of: .check, readsOnly: true)
        var summary = JSONObject(head: "check")
        summary["sound"] = .bool(faults.isEmpty)
        for fault in faults { try context.show(fault, plain: [InertText.line(fault.cell("text"))]) }
        try context.show(summary, plain: faults.isEmpty ? ["sound"] : [])
        guard faults.isEmpty else {
            throw Problem(
                .damagedStore, "the store is damaged: \(faults.count) faults", hint: "stop the server, restore a backup"
            )
        }
        return .done
    }
}

struct StatusCommand: ChatdCommand {
    static let configuration = CommandConfiguration(
        commandName: "status", abstract: "Print what the server does; exits with 1 where none runs.")

    @OptionGroup var shared: SharedOptions

    func run(in context: CommandContext) async throws(Problem) -> ExitStatus {
        var isRunning = false
        for row in try await rows(of: .status) {
            isRunning = row["running"]?.bool == true
            try context.show(row, plain: lines(row))
        }
        return isRunning ? .done : .negative
    }

    private func lines(_ row: JSONObject) -> [String] {
        var table = TextTable()
        for key in row.keys where key != "v" && key != "head" && row[key] != .array([]) {
            let label = Self.labels[key] ?? key.replacing("_", with: " ")
            if case .array(let warnings)? = row[key], key == "certificate_warnings" {
                for warning in warnings.compactMap(\.string) { table.add(["certificate warning", warning]) }
                continue
            }
            table.add([label, value(row, key)])
        }
        return table.lines
    }

    private static let labels = ["store_bytes": "store", "uptime_ms": "uptime", "certificate_end": "certificate until"]

    private func value(_ row: JSONObject, _ key: String) -> String {
        guard let number = row[key]?.integer.flatMap({ UInt64(exactly: $0) }) else { return row.cell(key) }
        switch key {
        case "store_bytes": return SizeText.text(number)
        case "uptime_ms": return DurationText.text(.milliseconds(number))
        default: return String(number)
        }
    }
}

struct RetentionResumeCommand: ChatdCommand {
    static let configuration = CommandConfiguration(
        commandName: "resume", abstract: "Delete what is too old again, after the clock has leapt and is right.")

    @OptionGroup var shared: SharedOptions

    func run(in context: CommandContext) async throws(Problem) -> ExitStatus {
        _ = try await rows(of: .resumeRetention)
        return .done
    }
}
