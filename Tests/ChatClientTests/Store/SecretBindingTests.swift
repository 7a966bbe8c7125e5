import CSQLite
import ChatProtocol
import GroupRules
import MLS
import TestSupport
import Testing
import WireCodec

@testable import ChatClient
@testable import SQLite

/// What the statements that a store keeps for the next use still hold.
@Suite struct SecretBindingTests {
    /// All kept statements with what is bound, as SQL.
    private func statements(of database: Database) -> [String] {
        var all: [String] = []
        var next = sqlite3_next_stmt(database.handle, nil)
        while let statement = next {
            if let text = sqlite3_expanded_sql(statement) {
                all.append(String(cString: text))
                sqlite3_free(text)
            }
            next = sqlite3_next_stmt(database.handle, statement)
        }
        return all
    }

    @Test func `S5: no statement keeps a secret bound that it has written`() throws {
        let scene = try StoreScene()
        let store = scene.store
        let secret = [UInt8](repeating: 0xa7, count: 32)
        let loginKey = [UInt8](repeating: 0xb9, count: 32)
        let welcomed = try WelcomedScene()
        let owner = PackageOwner(
            device: welcomed.place.own.device, instance: 0, generation: welcomed.place.generation)
        let made = try MadePackage(welcomed.package, isLastResort: false)
        var identity = welcomed.identity
        identity.loginKey = loginKey
        let group = try WelcomedGroup(welcomed.welcome, with: welcomed.package, welcomed.place)
        try store.write {
            try store.setIdentity(identity)
            try store.addChainKeys(ChainKeys(granting: secret), of: welcomed.place.own.device)
            try store.keep([made], of: owner, now: WallClock.now)
            try group.enter(store, welcomed.place, seq: 1, hash: nil)
        }
        let kept = statements(of: store.database)
        // That they can be seen at all.
        #expect(kept.contains { $0.contains("INSERT INTO identity") } && kept.contains { $0.contains("chain_keys") })
        for held in [secret, loginKey, made.secrets].map({ Hexadecimal.text($0) }) {
            #expect(!kept.contains { $0.lowercased().contains(held) })
        }
        for statement in kept where statement.contains("INTO group_rows") {
            #expect(!statement.lowercased().contains("x'"), "\(statement)")
        }
    }
}
