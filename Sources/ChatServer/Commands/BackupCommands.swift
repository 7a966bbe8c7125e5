import ArgumentParser
import CLISupport
import Glibc
import System
import Transport
import WireCodec

struct BackupCommand: ChatdCommand {
    static let configuration = CommandConfiguration(
        commandName: "backup", abstract: "Write all that a restore needs into a file for its owner alone.")

    @Argument(help: "The file, or '-' for standard output; a file that is there is replaced.") var file: String
    @OptionGroup var shared: SharedOptions

    func run(in context: CommandContext) async throws(Problem) -> ExitStatus {
        let directory = try shared.directory()
        try await withSession { session throws(Problem) in
            let identity = try await Self.identity(of: session)
            do {
                try await BlockingLane("backup").run { try write(directory, identity) }
            } catch { throw Administration.problem(of: error) }
        }
        // Where the backup itself is the output, nothing else is.
        guard file != "-" else { return .done }
        var object = JSONObject(head: "backup")
        object["path"] = .string(file)
        try context.show(object, plain: [])
        return .done
    }
}

extension BackupCommand {
    private static func identity(of session: AdminSession) async throws(Problem) -> ServerIdentity {
        let collector = RowCollector()
        try await session.perform(.identity) { collector.add($0) }
        guard let row = collector.all.first, let certificate = row["certificate"]?.string, let key = row["key"]?.string,
            let identity = try? ServerIdentity(certificatePEM: Array(certificate.utf8), keyPEM: Array(key.utf8))
        else { throw Problem(.protocolFault, "the server does not tell its certificate and key") }
        return identity
    }

    /// Copies the store from where it lies to where the backup is to be, and to no place between (the data's disk may be
    /// full) unless it goes down a pipe: SQLite needs a file. A server that runs writes on meanwhile. Blocks the thread.
    private func write(_ directory: DataDirectory, _ identity: ServerIdentity) throws {
        let source = try BackupStore.Source(directory.database)
        // The owner may be another user than the one who has a place for the backup.
        Owner.leave()
        let output: OutputFile
        do throws(OutputFile.Failure) { output = try OutputFile(file, replaces: true, waits: true) } catch {
            throw Problem(.cannotCreate, error.text)
        }
        defer { output.close() }
        output.removeLeftovers()
        let temporary = output.temporaryPath()
        try BackupStore.write(to: temporary, from: source, identity: identity, time: ServerSources.system.time())
        do throws(OutputFile.Failure) { try output.take(temporary) } catch {
            throw Problem(.inputOutput, error.text)
        }
    }
}

struct RestoreCommand: ChatdCommand {
    static let configuration = CommandConfiguration(
        commandName: "restore", abstract: "Make a backup the data; clients are told that what came after it is lost.")

    @Argument(help: "The backup.") var file: String
    @Flag(help: "Replace the data that are there.") var force = false
    @OptionGroup var shared: SharedOptions

    /// How long a server may take to end and begin again.
    private static let restartPatience = Duration.seconds(60)

    func run(in context: CommandContext) async throws(Problem) -> ExitStatus {
        let descriptor = open(file, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw Problem(.missingFile, "cannot read \(file): \(SystemError.text(errno))") }
        defer { close(descriptor) }
        let directory = try shared.directory()
        if !directory.exists { try directory.create() }
        try Owner.become(try directory.checkedOwner(), of: directory)
        guard force || !(directory.hasStore || FilePath.exists(directory.restored)) else {
            throw Problem(
                .cannotCreate, "there are data at \(directory.path) already",
                hint: "--force replaces them, and they are lost")
        }
        let restored = try await restore(descriptor, directory)
        try context.show(AdminRows.restored(restored), plain: lines(restored))
        return .done
    }

    private func lines(_ restored: RestoredStore) -> [String] {
        var table = TextTable()
        table.add(["accounts", String(restored.accounts)])
        table.add(["links of their chains", String(restored.links)])
        table.add(["groups that must begin anew", String(restored.groups)])
        return table.lines
    }

    private func restore(_ descriptor: Int32, _ directory: DataDirectory) async throws(Problem) -> RestoredStore {
        if let lock = try DirectoryLock.take(directory) {
            directory.removeTemporaries()
            let restored = try await prepare(descriptor, directory)
            try Restore.finish(directory)
            withExtendedLifetime(lock) {}
            return restored
        }
        // A server has the data: it is to take the restored store up by itself.
        let certificate = try shared.configuration(in: directory).certificate
        let session = try await AdminSession.open(directory, certificate: certificate, makesStore: true)
        guard session.isServing else {
            await session.close()
            throw Problem(.busy, "the data at \(directory.path) were in use", hint: "try again")
        }
        let restored = try await prepare(descriptor, directory)
        try await session.perform(.restart) { _ in }
        try await awaitServer(directory, restored.generation.hex)
        return restored
    }

    /// Copies the backup first: it may be somebody else's, and change while it is read.
    private func prepare(_ descriptor: Int32, _ directory: DataDirectory) async throws(Problem) -> RestoredStore {
        try await BlockingLane("restore").run { () throws(Problem) in try copied(descriptor, directory) }
    }

    private func copied(_ descriptor: Int32, _ directory: DataDirectory) throws(Problem) -> RestoredStore {
        let copy = directory.temporary("source-" + Hexadecimal.text(SecureRandom.bytes(8)))
        defer { unlink(copy) }
        do throws(OutputFile.Failure) {
            let target = try OutputFile(copy, replaces: true)
            defer { target.close() }
            try target.write(copying: descriptor)
        } catch { throw Problem(error.action == .create ? .cannotCreate : .inputOutput, error.text) }
        do {
            return try Restore.prepare(copy, called: file, in: directory)
        } catch { throw Administration.problem(of: error) }
    }

    private func awaitServer(_ directory: DataDirectory, _ generation: String) async throws(Problem) {
        let found = await Polling.first(within: Self.restartPatience, every: .milliseconds(100)) { () -> JSONObject? in
            let client = try? ControlClient(path: directory.control, timeout: ControlService.callerPatience)
            guard let client, (try? client.send(AdminRequest.status.json.bytes)) != nil,
                let line = try? client.nextLine(), case .row(let status) = AdminReply(line),
                status["generation"]?.string == generation
            else { return nil }
            return status
        }
        guard found != nil else {
            throw Problem(.busy, "the server has not begun again in time", hint: "look at its log")
        }
    }
}
