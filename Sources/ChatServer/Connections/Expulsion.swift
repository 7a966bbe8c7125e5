import ChatProtocol

/// Ends the connections of accounts and devices that may not speak any more. Confined to the hub's event loop.
final class Expulsion {
    private let connections: ConnectionRegistry
    private let writer: BatchWriter
    private let removals: RemovalDesk
    private(set) var recent = RecentExpulsions()

    init(connections: ConnectionRegistry, writer: BatchWriter, removals: RemovalDesk) {
        self.connections = connections
        self.writer = writer
        self.removals = removals
    }

    /// Ends all connections of an account: from the return of this on nothing more is delivered to them, and when
    /// `completion` is called nothing more of theirs is stored, and their groups wait for who removes them; or it says why one may not
    /// yet.
    func close(_ account: AccountID, completion: @escaping (Failure?) -> Void) {
        let failure = Failure(.accountDisabled)
        recent.note(account)
        for session in connections.sessions(of: account) { session.expel(failure) }
        writer.dropAppends(because: failure, where: { $0.sender == account }) {
            self.removals.look(for: account, completion: completion)
        }
    }

    /// The same for devices of an account, but the connection that asked for it stays.
    func close(
        _ devices: [DeviceID], of account: AccountID, except asking: Session? = nil,
        because failure: Failure = Failure(.deviceRevoked), completion: @escaping (Failure?) -> Void
    ) {
        let devices = Set(devices)
        guard !devices.isEmpty else { return completion(nil) }
        recent.note(account, devices)
        for session in connections.sessions(of: account) where session !== asking {
            if let device = session.identity?.device, devices.contains(device) { session.expel(failure) }
        }
        writer.dropAppends(because: failure, where: { devices.contains($0.device) }) {
            self.removals.look(for: account, completion: completion)
        }
    }

    /// The same for those connections of a device that were made with another key than the one by which it logs in from now on.
    func close(formerOf identity: LoggedIn, completion: @escaping (Failure?) -> Void) {
        let failure = Failure(.replaced)
        let (account, device) = (identity.account.id, identity.device)
        recent.note(account, [device], keeping: identity.key)
        let sessions = connections.sessions(of: identity.reader)
        let former = sessions.filter { $0.identity?.key != identity.key }
        // Where one with this key is there, what the former ones had left was dropped before it was welcomed.
        guard sessions.isEmpty || !former.isEmpty else { return completion(nil) }
        for session in former { session.expel(failure) }
        writer.dropAppends(because: failure, where: { $0.device == device }) {
            self.removals.look(for: account, completion: completion)
        }
    }
}
