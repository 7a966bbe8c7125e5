import CLISupport
import ChatProtocol
import GroupRules

/// What a person or a log should know of keys and groups, and no command was asked for.
package struct KeyNotice: Equatable, Sendable {
    /// A stable name for programs.
    package var code: String
    package var text: String

    /// Somebody's key is used for the first time.
    static func pinned(_ user: UserName, _ fingerprint: AccountFingerprint) -> KeyNotice {
        KeyNotice(
            code: "key_pinned",
            text: "\(user) has the key \(fingerprint) from now on, by the server's word: compare it with \(user)")
    }
}

/// Lets messages through to whom they may go, after what has to be done for that: the one way of all that is sent.
struct KeyPassage: Sendable {
    let store: any StoreDoor
    let gate: KeyGate
    let reader: ChainReader
    let note: @Sendable (KeyNotice) -> Void

    /// As this one, for verified users only.
    var forVerified: KeyPassage { KeyPassage(store: store, gate: gate.forVerified, reader: reader, note: note) }

    /// Whether messages may go there now; false where something has to be done first, by `settle`.
    ///
    /// - Throws: 79: nothing may be sent.
    func isOpen(_ name: ConversationName) async throws(Problem) -> Bool {
        try await store.withStore { try isOpen(name, in: $0) }
    }

    /// As `isOpen`, within a transaction of somebody who asks for more.
    func isOpen(_ name: ConversationName, in store: ClientStore) throws -> Bool {
        switch try gate.look(at: name, in: store, now: WallClock.now) {
        case .open: true
        case .unsettled, .commitFirst: false
        case .closed(let problem): throw problem
        }
    }

    /// What was queued may have waited for long: whose chain was looked at before that is looked at again.
    func expectNewsForOutbox() async throws(Problem) {
        try await store.withStore { store in try store.writeWithReserve { try store.noteWantedByOutbox() } }
    }

    /// Reads the chain of whoever is written to where that has to be, says whose key is used for the first time, and asks again.
    ///
    /// - Parameter account: what the server has for the name.
    /// - Throws: 79: nothing may be sent.
    func settle(_ name: ConversationName, _ account: AccountID?, on link: Link) async throws(Problem) {
        guard try await !isOpen(name), case .user(let user) = name, let account else { return }
        let record = try await store.withStore { try gate.record(of: account, named: user, in: $0) }
        if !record.isFresh(now: WallClock.now) { try await reader.read(account, named: user, on: link) }
        try await introduce(user, account)
        _ = try await isOpen(name)
    }

    /// Says whose key a message goes to for the first time; once.
    private func introduce(_ user: UserName, _ account: AccountID) async throws(Problem) {
        let record = try await store.withStore { store -> KeyRecord? in
            let record = try gate.record(of: account, named: user, in: store)
            guard case .open(.tofu) = gate.finding(record), !record.isTold else { return nil }
            return try store.writeWithReserve { try store.noteTold(account) } ? record : nil
        }
        guard let root = record?.person.root else { return }
        note(.pinned(user, AccountFingerprint(root)))
    }
}
