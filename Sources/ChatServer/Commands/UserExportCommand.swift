import ArgumentParser
import CLISupport
import ChatProtocol
import Glibc
import System

struct UserExportCommand: ChatdCommand {
    static let configuration = CommandConfiguration(
        commandName: "export", abstract: "Write what an account holds and what it wrote, a JSON object a line.")

    @Argument(help: "The name; a deleted account's too.", transform: NameText.user) var name: UserName
    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("Where to write it, for its owner alone (default: standard output).", valueName: "file"))
    var out: String?
    @OptionGroup var shared: SharedOptions

    func run(in context: CommandContext) async throws(Problem) -> ExitStatus {
        guard let out, out != "-" else {
            try await export { (lines) throws(Problem) in try context.print(lines) }
            return .done
        }
        // Opened as the caller, who may have a place that the data's owner has not.
        let file = try await ExportFile(out)
        defer { file.close() }
        try await export { (lines) throws(Problem) in try file.write(lines) }
        Owner.leave()
        try await file.finish()
        return .done
    }

    /// Gives the lines, some at a time.
    private func export(_ write: ([String]) throws(Problem) -> Void) async throws(Problem) {
        try await withSession { session throws(Problem) in
            var position: ExportPosition?
            var count = 0
            repeat {
                let rows = RowCollector()
                try await session.perform(.exportUser(name, from: position)) { rows.add($0) }
                var told = rows.all
                guard let next = told.popLast(), let answer = ExportPosition.Answer(next) else {
                    throw Problem(.protocolFault, "the running server does not say where its export goes on")
                }
                try write(told.map(\.text))
                count += told.count
                position = answer.next
            } while position != nil
            try write([ExportRows.end(of: name, lines: count).text])
        }
    }
}

/// Gathers an export beside the file that it becomes, under no name, so that it comes to be whole or not at all.
private struct ExportFile: Sendable {
    private let output: OutputFile
    private let gathered: Int32

    init(_ path: String) async throws(Problem) {
        do throws(OutputFile.Failure) { output = try await OutputFile.awaited(path, replaces: true) } catch {
            throw Problem(.cannotCreate, error.text)
        }
        let temporary = output.temporaryPath()
        gathered = open(temporary, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard gathered >= 0 else {
            let error = SystemError.last
            output.close()
            throw Problem(.cannotCreate, "cannot create \(temporary): \(error.text)")
        }
        unlink(temporary)
    }

    func write(_ lines: [String]) throws(Problem) {
        var bytes: [UInt8] = []
        for line in lines {
            bytes += line.utf8
            bytes.append(0x0a)
        }
        if let number = Descriptor.write(bytes, to: gathered) {
            throw Problem(.inputOutput, "cannot write \(output.path): \(SystemError.text(number))")
        }
    }

    func finish() async throws(Problem) {
        lseek(gathered, 0, SEEK_SET)
        do throws(OutputFile.Failure) {
            try await BlockingLane("output").run { () throws(OutputFile.Failure) in
                try output.write(copying: gathered)
            }
        } catch {
            throw Problem(.inputOutput, error.text)
        }
    }

    func close() {
        Glibc.close(gathered)
        output.close()
    }
}
