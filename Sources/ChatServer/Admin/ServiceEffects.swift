import CLISupport
import ChatProtocol

/// What administration asks of the server that runs; without one there is nothing to ask.
package protocol ServiceEffects: Sendable {
    /// On return nothing more is delivered to the account, and nobody speaks for it.
    ///
    /// - Throws: where that is so, and a group may still take messages to it.
    func closeConnections(of account: AccountID) async throws
    /// The account's flags have changed.
    func accountChanged(_ account: AccountRecord) async throws
    /// Something was committed of which those who are connected are to hear.
    func hear(_ news: [News]) async throws
    /// Entries were erased in the store: none is given to anybody from memory any more.
    func entriesErased() async throws
    /// Adds what only the running service knows to `status`.
    func describe(_ status: inout JSONObject) async throws
    /// Asks the service to end and begin again; returns at once.
    func restart() throws(Problem)
}

/// Where no server runs.
struct NoService: ServiceEffects {
    func closeConnections(of account: AccountID) async throws {}
    func accountChanged(_ account: AccountRecord) async throws {}
    func hear(_ news: [News]) async throws {}
    func entriesErased() async throws {}
    func describe(_ status: inout JSONObject) async throws {}
    func restart() throws(Problem) {}
}
