import CLISupport
import ChatProtocol
import Glibc
import System
import Transport

/// How an administrator's command reaches the data: through the server that runs, or directly, under the same lock.
package struct AdminSession {
    package enum Route {
        case server(ControlClient)
        case direct(Administration, DirectoryLock)
        /// Nothing is opened but to be read.
        case reading(DataDirectory, DirectoryLock)
    }

    private let route: Route

    /// How long to wait while another command has the lock, or a server is starting or ending.
    private static let patience = Duration.seconds(10)

    package var isServing: Bool {
        if case .server = route { true } else { false }
    }

    /// - Parameters:
    ///   - certificate: what a server would show; for a command that works directly.
    ///   - makesStore: whether a store is made where there is none.
    ///   - readsOnly: whether the store is left as it is: for `check` alone.
    package static func open(
        _ directory: DataDirectory, certificate: CertificateSource, makesStore: Bool, readsOnly: Bool = false
    ) async throws(Problem) -> AdminSession {
        if makesStore && !directory.exists { try directory.create() }
        try Owner.become(try directory.checkedOwner(), of: directory)
        guard makesStore || directory.hasStore || FilePath.exists(directory.restored) else {
            throw Problem(
                .missingFile, "there are no server's data at \(directory.path)",
                hint: "`chatd run` makes them; --data says where they are")
        }
        let session = try await Polling.first(within: patience) { () async throws(Problem) -> AdminSession? in
            if let lock = try DirectoryLock.take(directory) {
                try tidy(directory, lock)
                if readsOnly { return AdminSession(route: .reading(directory, lock)) }
                let administration = try await prepare(
                    directory, certificate, makesStore: makesStore, isReadOnly: lock.isReadOnly)
                return AdminSession(route: .direct(administration, lock))
            }
            return try connect(directory).map { AdminSession(route: .server($0)) }
        }
        if let session { return session }
        let holder = DirectoryLock.holder(directory).map { " (process \($0))" } ?? ""
        throw Problem(.busy, "the data at \(directory.path) are in use\(holder)", hint: "try again")
    }

    /// Finishes what was cut short, where the disk can be written.
    private static func tidy(_ directory: DataDirectory, _ lock: DirectoryLock) throws(Problem) {
        guard lock.isReadOnly else {
            try Restore.finish(directory)
            return directory.removeTemporaries()
        }
        guard !FilePath.exists(directory.restored) else {
            throw Problem(
                .readOnlyStore, "a restore of \(directory.path) is not finished, and its disk cannot be written",
                hint: "make the disk writable, or copy the directory to one that is")
        }
    }

    /// The running server; nil where none listens.
    private static func connect(_ directory: DataDirectory) throws(Problem) -> ControlClient? {
        do throws(ControlError) {
            return try ControlClient(path: directory.control, timeout: ControlService.callerPatience)
        } catch {
            if case .notRunning = error { return nil }
            throw Problem(error)
        }
    }

    private static func prepare(
        _ directory: DataDirectory, _ certificate: CertificateSource, makesStore: Bool, isReadOnly: Bool
    ) async throws(Problem) -> Administration {
        do {
            if makesStore { try directory.refuseStrangeKey() }
            var settings = SQLiteStore.Settings(path: directory.database, fresh: makesStore ? .fresh() : nil)
            settings.isServing = false
            settings.isReadOnly = isReadOnly
            let store = try await SQLiteStore.open(settings)
            return Administration(
                store: store, directory: directory,
                identity: { () throws(Problem) in try OwnIdentity.load(certificate, in: directory).identity },
                effects: NoService())
        } catch { throw Administration.problem(of: error) }
    }

    /// Carries out one request and gives each object that it prints to `row`.
    package func perform(_ request: AdminRequest, row: @escaping @Sendable (JSONObject) -> Void) async throws(Problem) {
        switch route {
        case .direct(let administration, _): try await administration.perform(request, emit: row)
        case .reading(let directory, _):
            guard request == .check else { throw Problem(.internalFault, "the store was opened to be checked alone") }
            do {
                try await Administration.check(directory, emit: row)
            } catch { throw Administration.problem(of: error) }
        case .server(let client):
            do throws(ControlError) {
                try client.send(request.json.bytes)
            } catch { throw Problem(error) }
            try Self.receive(from: client, row: row)
        }
    }

    private static func receive(from client: ControlClient, row: (JSONObject) -> Void) throws(Problem) {
        while true {
            let line: [UInt8]?
            do throws(ControlError) { line = try client.nextLine() } catch { throw Problem(error) }
            guard let line else {
                throw Problem(.notRunning, "the server ended before it answered", hint: "look whether it was done")
            }
            switch AdminReply(line) {
            case .row(let object): row(object)
            case .waiting: continue
            case .end: return
            case .error(let problem): throw problem
            case nil: throw Problem(.protocolFault, "the running server answers in a way that is not understood")
            }
        }
    }

    /// Ends the session; what was changed is on disk already.
    package func close() async {
        if case .direct(let administration, _) = route { await administration.store.close() }
    }
}

/// Works as the data's owner, so that whatever is made in the directory is the owner's, too.
enum Owner {
    /// - Throws: `unsafe_store` where this process is neither the owner nor root.
    static func become(_ owner: uid_t, of directory: DataDirectory) throws(Problem) {
        guard owner != geteuid() else { return }
        try check(directory)
        guard seteuid(owner) == 0 else {
            throw Problem(.unsafeStore, "cannot work as uid \(owner): \(SystemError.text(errno))")
        }
        guard faccessat(AT_FDCWD, directory.path, X_OK, AT_EACCESS) == 0 else {
            leave()
            throw Problem(
                .unsafeStore, "uid \(owner), whose data are at \(directory.path), cannot reach it",
                hint: "let that user pass through the directories above it")
        }
    }

    /// Refuses data of another user, before anything of them is read.
    static func check(_ directory: DataDirectory) throws(Problem) {
        guard directory.exists, geteuid() != 0 else { return }
        let owner = try directory.checkedOwner()
        guard owner == geteuid() else {
            throw Problem(
                .unsafeStore, "\(directory.path) belongs to another user (uid \(owner))",
                hint: "run this as that user, or as root")
        }
    }

    /// Works as the caller again.
    static func leave() {
        if geteuid() != getuid() { seteuid(getuid()) }
    }
}

extension Problem {
    init(_ error: ControlError) {
        switch error {
        case .notRunning: self.init(.notRunning, error.description)
        case .unavailable: self.init(.inputOutput, error.description)
        case .refused: self.init(.refused, error.description)
        case .lineTooLong: self.init(.internalFault, error.description)
        case .timedOut: self.init(.busy, error.description, hint: "try again")
        case .failed: self.init(.inputOutput, error.description)
        }
    }
}
