import ChatProtocol
import SQLite
import StoredValues

/// By which requests this device takes Welcomes: the same request gets the same Welcome again, and no other one gets it.
extension ClientStore {
    /// The request by which the next Welcome of a conversation is taken: the one that was begun, or `fresh`. Within a transaction, which
    /// is synced.
    func welcomeRequest(of conversation: ConversationID, orKeep fresh: MessageID) throws -> MessageID {
        try database.run(
            "INSERT OR IGNORE INTO welcome_requests(conversation, request) VALUES (?, ?)", conversation, fresh)
        return try database.first("SELECT request FROM welcome_requests WHERE conversation = ?", conversation) {
            try $0.identifier(0)
        } ?? fresh
    }

    /// Conversations of which a Welcome was asked for, and no answer has come: the server tells of it no more.
    func openWelcomeRequests(limit: Int) throws -> [ConversationID] {
        try database.all("SELECT conversation FROM welcome_requests ORDER BY conversation LIMIT ?", limit) {
            try $0.identifier(0)
        }
    }

    /// What it has brought is kept, or is no good. Within a transaction.
    func forgetWelcomeRequest(of conversation: ConversationID) throws {
        try database.run("DELETE FROM welcome_requests WHERE conversation = ?", conversation)
    }
}
