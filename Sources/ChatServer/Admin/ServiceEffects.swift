import CLISupport
import ChatProtocol

/// What administration asks of the server that runs; without one there is nothing to ask.
package protocol ServiceEffects: Sendable {
    /// On return nothing more is delivered to the account, and nobody speaks for it.
    func closeConnections(of account: AccountID) async throws
    /// The account's flags have changed.
    func accountChanged(_ account: AccountRecord) async throws
    /// A room was removed, of which these were members.
    func roomRemoved(_ room: ConversationID, _ members: [AccountID]) async throws
    /// Entries were erased in the store: none is given to anybody from memory any more.
    func entriesErased() async throws
    /// Imported password hashes have come.
    func importedHashesChanged() async throws
    /// Adds what only the running service knows to `status`.
    func describe(_ status: inout JSONObject) async throws
    /// Asks the service to end and begin again; returns at once.
    func restart() throws(Problem)
}

/// Where no server runs.
struct NoService: ServiceEffects {
    func closeConnections(of account: AccountID) async throws {}
    func accountChanged(_ account: AccountRecord) async throws {}
    func roomRemoved(_ room: ConversationID, _ members: [AccountID]) async throws {}
    func entriesErased() async throws {}
    func importedHashesChanged() async throws {}
    func describe(_ status: inout JSONObject) async throws {}
    func restart() throws(Problem) {}
}
