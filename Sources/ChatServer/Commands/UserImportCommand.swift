import ArgumentParser
import CLISupport
import Glibc
import System
import Transport

struct UserImportCommand: ChatdCommand {
    static let configuration = CommandConfiguration(
        commandName: "import", abstract: "Take accounts over with their bcrypt hashes, from CSV or tab-separated text.",
        discussion: "The header line names USER_NAME, PASSWORD and, where it is there, FULL_NAME.")

    @Argument(help: "The file; - is standard input.") var file: String
    @Flag(help: "Only check.") var dryRun = false
    @OptionGroup var shared: SharedOptions

    /// What became of the rows.
    private struct Tally {
        var imported: Int64 = 0
        var existing: Int64 = 0
        var refused: Int64 = 0

        mutating func add(_ rows: [JSONObject]) {
            for row in rows {
                imported += row["imported"]?.integer ?? 0
                existing += row["existing"]?.integer ?? 0
            }
        }
    }

    private var name: String { file == "-" ? "standard input" : file }

    func run(in context: CommandContext) async throws(Problem) -> ExitStatus {
        // Opened before the data are, for that may be done as another user.
        let descriptor = file == "-" ? STDIN_FILENO : open(file, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            throw Problem(.missingFile, "cannot read \(file): \(SystemError.text(errno))")
        }
        defer { if file != "-" { close(descriptor) } }
        let tally = try await withSession(makesStore: !dryRun) { session throws(Problem) in
            try await importAll(from: descriptor, session, context)
        }
        try context.show(summary(tally), plain: plainSummary(tally))
        return tally.refused > 0 ? .partial : .done
    }

    private func importAll(
        from descriptor: Int32, _ session: AdminSession, _ context: CommandContext
    ) async throws(Problem) -> Tally {
        var source = UserImport()
        var tally = Tally()
        var users: [NewUser] = []
        var isAtEnd = false
        while !isAtEnd {
            let chunk: [UInt8]
            do throws(SystemError) { chunk = try Descriptor.read(descriptor, limit: 64 << 10).get() } catch {
                throw Problem(.inputOutput, "cannot read \(name): \(error.text)")
            }
            isAtEnd = chunk.isEmpty
            for item in try items(&source, chunk) {
                switch item {
                case .user(let user, _): users.append(user)
                case .fault(let fault):
                    tally.refused += 1
                    context.report(Problem(.invalidLine, fault.text(file: name)))
                }
            }
            while users.count >= AdminRequest.chunk || (isAtEnd && !users.isEmpty) {
                let part = Array(users.prefix(AdminRequest.chunk))
                users.removeFirst(part.count)
                let rows = RowCollector()
                try await session.perform(.importUsers(part, isDryRun: dryRun)) { rows.add($0) }
                tally.add(rows.all)
            }
        }
        return tally
    }

    private func items(
        _ source: inout UserImport, _ bytes: [UInt8]
    ) throws(Problem) -> [UserImport.Item] {
        do throws(ImportFault) {
            return bytes.isEmpty ? try source.finish() : try source.append(bytes)
        } catch { throw Problem(.invalidData, error.text(file: name)) }
    }

    private func summary(_ tally: Tally) -> JSONObject {
        var object = JSONObject(head: "import")
        object["imported"] = .integer(tally.imported)
        object["existing"] = .integer(tally.existing)
        object["refused"] = .integer(tally.refused)
        object["dry_run"] = .bool(dryRun)
        return object
    }

    private func plainSummary(_ tally: Tally) -> [String] {
        let verb = dryRun ? "to import" : "imported"
        return ["\(tally.imported) \(verb), \(tally.existing) there already, \(tally.refused) refused"]
    }
}
