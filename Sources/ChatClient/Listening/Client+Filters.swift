import CLISupport
import ChatProtocol
import GroupRules

extension Client {
    /// Names looked up for a filter at the most: a person mistypes one, a program's hundreds are its own affair.
    private static let namesLookedUp = 32

    /// Why nothing can come, by the server's word, from users and rooms that a filter names: they may come to be, so it is no error.
    ///
    /// - Returns: `no_such_user`, `no_such_room`, `not_a_member`; in the order of the names.
    /// - Throws: what the connection meets.
    package func doubts(about filter: MessageFilter) async throws(Problem) -> [Problem] {
        var doubts: [Problem] = []
        for user in filter.from.sorted().prefix(Self.namesLookedUp) where try await self.user(named: user) == nil {
            doubts.append(.noSuchUser(user))
        }
        let rooms = filter.rooms.sorted().prefix(Self.namesLookedUp).map(RoomName.init)
        guard !rooms.isEmpty else { return doubts }
        let (link, _) = try await loggedInLink()
        for name in rooms {
            guard let room = try await roomBook.record(name, on: link) else {
                doubts.append(.noSuchRoom(name, wasUsed: false))
                continue
            }
            if !room.isMember { doubts.append(.notAMember(room, own: try identity().account)) }
        }
        return doubts
    }
}
