import CLISupport
import ChatClient
import ChatProtocol

/// Rooms, and who is in one, as tables for people.
enum RoomTables {
    static let rooms = ["ROOM", "JOIN", "MEMBER", "MEMBERS", "ADMINS"]

    static func cells(_ room: RoomSummary) -> [String] {
        [
            room.name.text, room.isChanged ? "\(room.access.rawValue), changed" : room.access.rawValue,
            room.isMember ? "yes" : "no", room.members.map { "\($0)" } ?? "-",
            room.admins.isEmpty ? "-" : room.admins.map(\.text).joined(separator: " "),
        ]
    }

    static let people = ["USER", "NAME", "ROLE", "TRUST", "DEVICES"]

    static func cells(_ person: RoomPerson) -> [String] { who(person) + ["\(person.devices.count)"] }

    static let devices = ["USER", "NAME", "ROLE", "TRUST", "DEVICE", "KNOWN"]

    static func cells(_ row: (person: RoomPerson, device: RoomPerson.Device)) -> [String] {
        who(row.person) + [row.device.id.hex, row.device.isKnown ? "yes" : "no"]
    }

    private static func who(_ person: RoomPerson) -> [String] {
        [
            person.user.text, person.displayName, person.isAdmin ? "admin" : "member",
            person.isOwn ? "own" : person.trust?.rawValue ?? "-",
        ]
    }
}
