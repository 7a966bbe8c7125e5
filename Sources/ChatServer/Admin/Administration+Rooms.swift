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
        let members = try await members(of: room.conversation)
        for outcome in try await store.settle([.removeRoom(room.conversation)]) {
            if case .refused(let failure) = outcome { throw failure }
        }
        try await effects.roomRemoved(room.conversation, members)
        return AdminRows.room(room)
    }

    /// Whoever becomes a member between this and the removal learns of it by the next request.
    private func members(of room: ConversationID) async throws -> [AccountID] {
        var members: [AccountID] = []
        while true {
            let page = try await store.members(
                of: room, for: .server, after: members.last, limit: Limits.page)
            members += page.map(\.account.id)
            guard page.count == Limits.page else { return members }
        }
    }
}
