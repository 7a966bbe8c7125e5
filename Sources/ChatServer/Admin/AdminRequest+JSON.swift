import CLISupport
import ChatProtocol
import GroupRules
import WireCodec

/// How a request travels over the control socket.
extension AdminRequest {
    private enum Name: String {
        case addUser = "user_add"
        case listUsers = "user_list"
        case setPassword = "user_passwd"
        case setFlag = "user_flag"
        case setDisplayName = "user_display_name"
        case deleteUser = "user_delete"
        case exportUser = "user_export"
        case importUsers = "user_import"
        case createInvite = "invite_create"
        case listInvites = "invite_list"
        case revokeInvite = "invite_revoke"
        case listRooms = "room_list"
        case removeRoom = "room_remove"
        case resumeRetention = "retention_resume"
        case fingerprint, identity, check, status, restart
    }

    /// As it travels over the control socket.
    package var json: JSONObject {
        var object = JSONObject()
        func begin(_ name: Name) { object["command"] = .string(name.rawValue) }
        switch self {
        case .addUser(let user):
            begin(.addUser)
            object["user"] = .object(user.json)
        case .listUsers: begin(.listUsers)
        case .setPassword(let name, let hash):
            begin(.setPassword)
            object["name"] = .string(name.text)
            object["hash"] = .string(hash.text)
        case .setFlag(let name, let flag, let isOn):
            begin(.setFlag)
            object["name"] = .string(name.text)
            object["flag"] = .integer(Int64(flag.rawValue))
            object["on"] = .bool(isOn)
        case .setDisplayName(let name, let text):
            begin(.setDisplayName)
            object["name"] = .string(name.text)
            object["display_name"] = .string(text)
        case .deleteUser(let name, let erasing):
            begin(.deleteUser)
            object["name"] = .string(name.text)
            object["erase"] = .bool(erasing)
        case .exportUser(let name, let position):
            begin(.exportUser)
            object["name"] = .string(name.text)
            object["from"] = position.map { .object($0.json) } ?? .null
        case .importUsers(let users, let isDryRun):
            begin(.importUsers)
            object["users"] = .array(users.map { .object($0.json) })
            object["dry_run"] = .bool(isDryRun)
        case .createInvite(let uses, let lifetime, let by):
            begin(.createInvite)
            object["uses"] = .integer(Int64(uses))
            object["lifetime"] = .integer(lifetime.wholeMilliseconds)
            object["by"] = .string(by)
        case .listInvites: begin(.listInvites)
        case .revokeInvite(let id):
            begin(.revokeInvite)
            object["id"] = .string(id)
        case .listRooms: begin(.listRooms)
        case .removeRoom(let room):
            begin(.removeRoom)
            object["room"] = .string(room.text)
        case .fingerprint: begin(.fingerprint)
        case .identity: begin(.identity)
        case .check: begin(.check)
        case .status: begin(.status)
        case .resumeRetention: begin(.resumeRetention)
        case .restart: begin(.restart)
        }
        return object
    }

    /// Reads a line of the control socket; nil where it is no request of this version.
    package init?(_ line: [UInt8]) {
        guard let object = (try? JSONValue(parsing: line))?.object,
            let name = object["command"]?.string.flatMap(Name.init)
        else { return nil }
        let user = object["name"]?.string.flatMap { UserName($0) }
        switch name {
        case .addUser:
            guard let new = object["user"]?.object.flatMap(NewUser.init) else { return nil }
            self = .addUser(new)
        case .setPassword:
            guard let user, let hash = object["hash"]?.string.flatMap({ try? PasswordHash($0) }) else { return nil }
            self = .setPassword(user, hash)
        case .setFlag:
            guard let user, let flag = object["flag"]?.integer.flatMap({ UInt8(exactly: $0) }),
                let isOn = object["on"]?.bool
            else { return nil }
            self = .setFlag(user, AccountRecord.Flags(rawValue: flag), isOn: isOn)
        case .setDisplayName:
            guard let user, let text = object["display_name"]?.string, text.utf8.count <= Limits.displayName else {
                return nil
            }
            self = .setDisplayName(user, text)
        case .deleteUser:
            guard let user, let erasing = object["erase"]?.bool else { return nil }
            self = .deleteUser(user, erasing: erasing)
        case .exportUser:
            guard let user, let from = object["from"] else { return nil }
            let position = from.object.flatMap(ExportPosition.init)
            guard from == .null || position != nil else { return nil }
            self = .exportUser(user, from: position)
        case .importUsers:
            let users = object["users"]?.array?.compactMap { $0.object.flatMap(NewUser.init) }
            guard let users, users.count == object["users"]?.array?.count, users.count <= Self.chunk,
                let isDryRun = object["dry_run"]?.bool
            else { return nil }
            self = .importUsers(users, isDryRun: isDryRun)
        case .createInvite:
            guard let uses = object["uses"]?.integer, uses > 0,
                let lifetime = object["lifetime"]?.integer, lifetime >= 0,
                let by = object["by"]?.string
            else { return nil }
            self = .createInvite(uses: Int(uses), lifetime: .milliseconds(lifetime), by: by)
        case .revokeInvite:
            guard let id = object["id"]?.string else { return nil }
            self = .revokeInvite(id)
        case .removeRoom:
            guard let room = object["room"]?.string.flatMap({ RoomName($0) }) else { return nil }
            self = .removeRoom(room)
        case .listUsers: self = .listUsers
        case .listInvites: self = .listInvites
        case .listRooms: self = .listRooms
        case .fingerprint: self = .fingerprint
        case .identity: self = .identity
        case .check: self = .check
        case .status: self = .status
        case .resumeRetention: self = .resumeRetention
        case .restart: self = .restart
        }
    }
}

extension NewUser {
    fileprivate var json: JSONObject {
        var object = JSONObject()
        object["name"] = .string(name.text)
        object["display_name"] = .string(displayName)
        object["hash"] = .string(hash.text)
        object["imported"] = .bool(origin == .imported)
        object["administrator"] = .bool(isAdministrator)
        object["first_device"] = firstDevice.map { .object($0.json) }
        return object
    }

    fileprivate init?(_ object: JSONObject) {
        guard let name = object["name"]?.string.flatMap({ UserName($0) }),
            let displayName = object["display_name"]?.string, displayName.utf8.count <= Limits.displayName,
            let hash = object["hash"]?.string.flatMap({ try? PasswordHash($0) }),
            let isImported = object["imported"]?.bool, let isAdministrator = object["administrator"]?.bool
        else { return nil }
        let firstDevice = object["first_device"]?.object.flatMap(FirstDevice.init)
        guard object["first_device"] == nil || firstDevice != nil else { return nil }
        self.init(
            name: name, displayName: displayName, hash: hash, origin: isImported ? .imported : .own,
            isAdministrator: isAdministrator, firstDevice: firstDevice)
    }
}

extension FirstDevice {
    fileprivate var json: JSONObject {
        var object = JSONObject()
        object["name"] = .string(name)
        object["key"] = .string(Hexadecimal.text(key))
        return object
    }

    fileprivate init?(_ object: JSONObject) {
        guard let name = object["name"]?.string, (1...Limits.deviceName).contains(name.utf8.count),
            let key = object["key"]?.string.flatMap({ Hexadecimal.bytes($0) }), key.count == 32
        else { return nil }
        self.init(name: name, key: key)
    }
}
