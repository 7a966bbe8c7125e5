import WireCodec

package enum DeviceState: UInt8, Sendable, CaseIterable {
    /// It waits to be added to the account's chain.
    case pending = 1
    case active = 2
    case revoked = 3
    /// The server refuses it, by the account's password; the account's chain may say nothing of it.
    case suspended = 4
}

/// A device as its own account sees it.
package struct DeviceRecord: WireCodable, Equatable, Sendable {
    package var id: DeviceID
    package var name: String
    package var state: DeviceState
    package var created: Timestamp
    /// `zero`: never.
    package var lastSeen: Timestamp
    package var online: Bool
    /// The grant that a pending device has left; else empty.
    package var grant: [UInt8]

    package init(
        id: DeviceID, name: String, state: DeviceState, created: Timestamp, lastSeen: Timestamp, online: Bool,
        grant: [UInt8] = []
    ) {
        self.id = id
        self.name = name
        self.state = state
        self.created = created
        self.lastSeen = lastSeen
        self.online = online
        self.grant = grant
    }

    package func encode(into writer: inout WireWriter) {
        writer.write(id)
        writer.write(text: name)
        writer.write(state.rawValue)
        writer.write(created)
        writer.write(lastSeen)
        writer.write(flag: online)
        writer.write(vector: grant)
    }

    package init(from reader: inout WireReader) throws(WireError) {
        id = try reader.read()
        name = try reader.readText(limit: Limits.deviceName, field: "device name")
        state = try reader.readCase(field: "device state")
        created = try reader.read()
        lastSeen = try reader.read()
        online = try reader.readFlag(field: "online")
        grant = Array(try reader.readVector(limit: Limits.link, field: "grant"))
    }
}

/// Asks for this account's devices. Answered by `Devices`.
package struct ListDevices: FrameBody {
    package static let kind = FrameKind.listDevices
    package init() {}
    package func encode(into writer: inout WireWriter) {}
    package init(from reader: inout WireReader) throws(WireError) {}
}

package struct Devices: FrameBody {
    package static let kind = FrameKind.devices
    package var devices: [DeviceRecord]
    package init(devices: [DeviceRecord]) { self.devices = devices }
    package func encode(into writer: inout WireWriter) { writer.write(vectorOf: devices) }
    package init(from reader: inout WireReader) throws(WireError) {
        devices = try reader.readVector(count: Limits.page, field: "devices")
    }
}

/// Makes a further device of this account, for an identity file. Its keys are proved on this connection.
/// Answered by `DeviceAdded`.
package struct AddDevice: FrameBody {
    package static let kind = FrameKind.addDevice
    package var device: DeviceDescription
    package init(device: DeviceDescription) { self.device = device }
    package func encode(into writer: inout WireWriter) { writer.write(device) }
    package init(from reader: inout WireReader) throws(WireError) { device = try reader.read() }
}

package struct DeviceAdded: FrameBody {
    package static let kind = FrameKind.deviceAdded
    package var device: DeviceID
    package init(device: DeviceID) { self.device = device }
    package func encode(into writer: inout WireWriter) { writer.write(device) }
    package init(from reader: inout WireReader) throws(WireError) { device = try reader.read() }
}

/// Answered by `Done`.
package struct RenameDevice: FrameBody {
    package static let kind = FrameKind.renameDevice
    package var device: DeviceID
    package var name: String

    package init(device: DeviceID, name: String) {
        self.device = device
        self.name = name
    }

    package func encode(into writer: inout WireWriter) {
        writer.write(device)
        writer.write(text: name)
    }

    package init(from reader: inout WireReader) throws(WireError) {
        device = try reader.read()
        name = try reader.readText(limit: Limits.deviceName, field: "device name")
    }
}

/// Revokes a device of this account, this one too; its connections are closed before the reply `Done`, except the
/// one that asked, which is closed after it.
package struct RevokeDevice: FrameBody {
    package static let kind = FrameKind.revokeDevice
    package var device: DeviceID
    package init(device: DeviceID) { self.device = device }
    package func encode(into writer: inout WireWriter) { writer.write(device) }
    package init(from reader: inout WireReader) throws(WireError) { device = try reader.read() }
}

/// Answered by `Done`.
package struct ChangePassword: FrameBody {
    package static let kind = FrameKind.changePassword
    package var old: [UInt8]
    package var new: [UInt8]
    /// Revoke every other device of the account.
    package var revokeOthers: Bool

    package init(old: [UInt8], new: [UInt8], revokeOthers: Bool) {
        self.old = old
        self.new = new
        self.revokeOthers = revokeOthers
    }

    package func encode(into writer: inout WireWriter) {
        writer.write(vector: old)
        writer.write(vector: new)
        writer.write(flag: revokeOthers)
    }

    package init(from reader: inout WireReader) throws(WireError) {
        old = Array(try reader.readVector(limit: Limits.checkedPassword, field: "password"))
        new = Array(try reader.readVector(limit: Limits.checkedPassword, field: "new password"))
        revokeOthers = try reader.readFlag(field: "revoke others")
    }
}

package struct Ping: FrameBody {
    package static let kind = FrameKind.ping
    package init() {}
    package func encode(into writer: inout WireWriter) {}
    package init(from reader: inout WireReader) throws(WireError) {}
}

/// The server's clock.
package struct Pong: FrameBody {
    package static let kind = FrameKind.pong
    package var time: Timestamp
    package init(time: Timestamp) { self.time = time }
    package func encode(into writer: inout WireWriter) { writer.write(time) }
    package init(from reader: inout WireReader) throws(WireError) { time = try reader.read() }
}

/// A request was carried out and there is nothing to tell.
package struct Done: FrameBody {
    package static let kind = FrameKind.done
    package init() {}
    package func encode(into writer: inout WireWriter) {}
    package init(from reader: inout WireReader) throws(WireError) {}
}
