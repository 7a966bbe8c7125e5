import ChatClient
import ChatProtocol

/// The users and rooms that Tab completes: those that are known here, and once those of the server.
@MainActor
final class PromptNames {
    private let client: Client
    private var users: Set<UserName> = []
    private var rooms: Set<UserName> = []
    private var hasAsked = false

    init(client: Client) { self.client = client }

    func learn() async {
        users.formUnion(await client.completionNames())
        rooms.formUnion(await client.completionRooms().map(\.spoken))
    }

    /// Where it fails there are the names that are known here.
    func askOnce() {
        guard !hasAsked else { return }
        hasAsked = true
        Task {
            if let list = try? await client.users(onlineOnly: false) { add(users: list.map(\.account.name)) }
        }
    }

    func add(users names: some Sequence<UserName>) { users.formUnion(names) }
    func add(rooms names: some Sequence<UserName>) { rooms.formUnion(names) }

    func candidates(before: String, word: String) -> [String] {
        REPLCompletion.candidates(before: before, word: word, names: users, rooms: rooms)
    }
}
