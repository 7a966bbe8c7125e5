import CLISupport
import ChatProtocol
import GroupRules

/// Rooms, as far as the server knows them: it is in none of their groups.
extension Administration {
    /// Rooms read at a time, so that others get between.
    private static let roomsPage = 100

    func listRooms(_ emit: Emit) async throws { try await tell({ .all(after: $0) }, emit) }

    /// Tells which rooms have no admin any more, now that an account is disabled or deleted.
    func tellRooms(leftBy account: AccountID, _ emit: Emit) async throws {
        try await tell({ .left(by: account, after: $0) }, emit)
    }

    private func tell(_ selection: (RoomName?) -> RoomSurvey, _ emit: Emit) async throws {
        var after: RoomName?
        while true {
            let page = try await store.survey(selection(after), limit: Self.roomsPage)
            for room in page { emit(AdminRows.room(room)) }
            guard page.count == Self.roomsPage, let last = page.last?.name else { return }
            after = last
        }
    }

    func removeRoom(_ name: RoomName) async throws -> JSONObject {
        guard let room = try await store.survey(.named(name), limit: 1).first else {
            throw Problem(ErrorCode.noSuchRoom, "there is no room \(name)")
        }
        let committed = try await store.settled([.removeRoom(room.conversation)])
        switch committed.outcomes.first {
        case .done: break
        case .refused(let failure): throw failure
        default: throw Problem(.busy, "others are at work on the room", hint: "try again")
        }
        try await effects.hear(committed.news)
        return AdminRows.room(room)
    }
}
