import CLISupport
import ChatProtocol
import Transport

/// Carries administrators' commands out on the data, in the server or beside it. What it answers is on disk.
package struct Administration: Sendable {
    let store: any Store
    let directory: DataDirectory
    let identity: @Sendable () throws(Problem) -> ServerIdentity
    let sources: ServerSources
    let effects: any ServiceEffects

    /// - Parameter identity: the certificate and key that the server shows.
    package init(
        store: any Store, directory: DataDirectory,
        identity: @escaping @Sendable () throws(Problem) -> ServerIdentity, sources: ServerSources = .system,
        effects: any ServiceEffects
    ) {
        self.store = store
        self.directory = directory
        self.identity = identity
        self.sources = sources
        self.effects = effects
    }

    package typealias Emit = @Sendable (JSONObject) -> Void

    /// - Parameter emit: called with each object that the command prints.
    package func perform(_ request: AdminRequest, emit: Emit) async throws(Problem) {
        do {
            switch request {
            case .addUser(let user): try await add(user, emit)
            case .listUsers: try await listUsers(emit)
            case .setPassword(let name, let hash): try await setPassword(of: name, hash)
            case .setFlag(let name, let flag, let isOn): try await set(flag, isOn, of: name, emit)
            case .setDisplayName(let name, let text): try await setDisplayName(of: name, to: text)
            case .deleteUser(let name, let erasing): try await delete(name, erasing: erasing, emit)
            case .exportUser(let name, let position): try await export(name, from: position, emit)
            case .importUsers(let users, let isDryRun): emit(try await importUsers(users, isDryRun: isDryRun))
            case .createInvite(let uses, let lifetime, let by):
                emit(try await createInvite(uses: uses, lifetime: lifetime, by: by))
            case .listInvites: try await listInvites(emit)
            case .revokeInvite(let id): try await revokeInvite(id)
            case .listRooms: try await listRooms(emit)
            case .removeRoom(let name): emit(try await removeRoom(name))
            case .fingerprint: emit(AdminRows.fingerprint("\(try identity().pin)"))
            case .identity: emit(AdminRows.identity(try identity()))
            case .check: try await Self.check(directory, emit: emit)
            case .status: emit(try await status())
            case .resumeRetention: try await resumeRetention()
            case .restart: try effects.restart()
            }
        } catch { throw Self.problem(of: error) }
    }

    static func problem(of error: any Error) -> Problem {
        switch error {
        case let problem as Problem: return problem
        case let failure as Failure: return Problem(failure)
        default: return StoreFailure(engine: error).map(Problem.init) ?? Problem(.internalFault, "\(error)")
        }
    }
}

extension Problem {
    init(_ failure: StoreFailure) {
        switch failure.kind {
        case .refused(let failure): self.init(failure)
        case .full: self.init(ErrorCode.storeFull, failure.description)
        case .failed: self.init(ErrorCode.storeFailed, failure.description)
        case .unknown: self.init(.busy, failure.description, hint: "look whether it was done, and try again")
        case .closed: self.init(.notRunning, "the server is shutting down")
        case .busy: self.init(.storeBusy, failure.description, hint: "try again")
        case .readOnly: self.init(.readOnlyStore, failure.description)
        case .cannotOpen: self.init(.cannotCreate, failure.description)
        case .newer: self.init(.newerStore, failure.description, hint: "use a newer chatd")
        case .damaged: self.init(.damagedStore, failure.description, hint: "restore a backup")
        }
    }
}
