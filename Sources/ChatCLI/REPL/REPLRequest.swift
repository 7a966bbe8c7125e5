import CLISupport
import ChatClient
import ChatProtocol
import GroupRules

/// What a command of the prompt asks of the server or the store.
enum REPLRequest: Equatable, Sendable {
    case users(onlineOnly: Bool)
    case rooms
    case members(UserName)
    case join(UserName)
    case leave(UserName)
    case history(HistoryQuery)

    /// Whether it is about what was sent before it, and waits until that is decided.
    var looksBack: Bool {
        switch self {
        case .leave, .history: true
        case .users, .rooms, .members, .join: false
        }
    }

    /// Asks, on a terminal and from a pipe alike.
    func answer(from client: Client, _ reports: REPLReports) async throws(Problem) -> REPLAnswer {
        switch self {
        case .users(let onlineOnly):
            let list = try await client.users(onlineOnly: onlineOnly)
            return REPLAnswer(lines: reports.users(list, onlineOnly: onlineOnly), users: list.map(\.account.name))
        case .rooms:
            let list = try await client.rooms(all: true)
            return REPLAnswer(lines: reports.rooms(list), rooms: list.map(\.name.spoken))
        case .members(let room):
            return REPLAnswer(lines: reports.members(try await client.members(of: RoomName(room))))
        case .join(let room):
            try await client.joinRoom(RoomName(room))
            return REPLAnswer(rooms: [room], change: .joined(room))
        case .leave(let room):
            try await client.leaveRoom(RoomName(room))
            return REPLAnswer(change: .left(room))
        case .history(let query): return REPLAnswer(lines: reports.history(try await client.history(query)))
        }
    }
}

struct REPLAnswer: Sendable {
    /// What became of whom the prompt writes to.
    enum Change: Sendable { case joined(UserName), left(UserName) }

    var lines: [String] = []
    /// Names that it tells.
    var users: [UserName] = []
    var rooms: [UserName] = []
    var change: Change?
}
