import CLISupport
import ChatProtocol

/// An actor that has the executor of the owner of its profile's store: what it does on the store it does at once, and nothing else of
/// this process works on the store meanwhile.
///
/// It says so by its `unownedExecutor`, which is the owner's; one that did not would be stopped at its first look at the store.
protocol BesideStore: Actor {
    nonisolated var profile: ProfileStore { get }
}

extension BesideStore {
    /// Runs `body` on the profile's store.
    ///
    /// - Throws: `not_logged_in` (77) where there is none, what stands in the way of opening it, and what `body` throws.
    func store<Value>(_ body: (ClientStore) throws -> Value) throws(Problem) -> Value {
        do { return try body(try profile.assumeIsolated { try $0.lend(.write) }.store) } catch {
            throw Problem(store: error)
        }
    }

    /// As `store`, for what only reads: works on a disk that cannot be written.
    func storeForReading<Value>(_ body: (ClientStore) throws -> Value) throws(Problem) -> Value {
        do { return try body(try profile.assumeIsolated { try $0.lend(.read) }.store) } catch {
            throw Problem(store: error)
        }
    }

    /// What the owner of the store does, at once.
    func onProfile<Value: Sendable>(
        _ body: (isolated ProfileStore) throws -> Value
    ) throws(Problem) -> Value {
        do { return try profile.assumeIsolated(body) } catch { throw Problem(store: error) }
    }

    /// Who this profile is; it may not be able to log in.
    func identity() throws(Problem) -> Identity {
        guard let identity = try storeForReading({ try $0.identity() }) else { throw profile.notLoggedIn }
        return identity
    }
}

/// A store on its way from its owner to an actor beside it.
///
/// `@unchecked Sendable`, and no two use it at once: `lend` is the owner's, and only `BesideStore` calls it, by `assumeIsolated`, which
/// ends the process on any other executor than the owner's. So giver and taker run on one serial executor, and the taker gives the store
/// to a body that cannot suspend, and keeps it no longer.
struct LentStore: @unchecked Sendable {
    enum Use {
        case read
        case write
    }

    fileprivate let store: ClientStore

    init(store: ClientStore) { self.store = store }
}
