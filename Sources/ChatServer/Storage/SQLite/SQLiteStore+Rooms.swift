import ChatProtocol
import GroupRules
import SQLite

extension SQLiteStore {
    package func rooms(
        _ selection: RoomSelection, for account: AccountID, limit: Int
    ) async throws(StoreFailure) -> [RoomRecord] {
        try await read { database in
            try database.transaction(.deferred) {
                try RoomListStore.rooms(selection, for: account, limit: limit, in: database)
            }
        }
    }

    package func roomName(of room: ConversationID) async throws(StoreFailure) -> RoomName? {
        try await read { try RoomStore.name(of: room, in: $0) }
    }

    package func members(
        of room: ConversationID, for account: AccountID, after: AccountID?, limit: Int
    ) async throws(StoreFailure) -> [RoomMember] {
        try await read { database in
            try database.transaction(.deferred) {
                try RoomListStore.members(of: room, for: account, after: after, limit: limit, in: database)
            }
        }
    }

    package func survey(_ selection: RoomSurvey, limit: Int) async throws(StoreFailure) -> [SurveyedRoom] {
        try await read { database in
            try database.transaction(.deferred) {
                try RoomSurveyStore.rooms(selection, limit: limit, in: database)
            }
        }
    }
}
