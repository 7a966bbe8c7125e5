import WireCodec

/// What the server holds of a device's key packages.
package struct KeyPackageStanding: WireCodable, Equatable, Sendable {
    /// Those that are each handed out once, and were not.
    package var left: UInt8
    /// Whether there is one that is handed out where none of these is left.
    package var hasLastResort: Bool

    package init(left: UInt8, hasLastResort: Bool) {
        self.left = left
        self.hasLastResort = hasLastResort
    }

    package static let none = KeyPackageStanding(left: 0, hasLastResort: false)

    package func encode(into writer: inout WireWriter) {
        writer.write(left)
        writer.write(flag: hasLastResort)
    }

    package init(from reader: inout WireReader) throws(WireError) {
        left = try reader.read()
        hasLastResort = try reader.readFlag(field: "last resort")
    }
}

/// Leaves key packages of this device, by which others add it to groups. Answered by `KeyPackageCount`.
///
/// What was left before, whatever became of it, is known and counts as left.
package struct PublishKeyPackages: FrameBody {
    package static let kind = FrameKind.publishKeyPackages

    /// Each is handed out once.
    package var packages: [[UInt8]]
    /// Takes the place of the one before; empty: that one stays.
    package var lastResort: [UInt8]

    package init(packages: [[UInt8]], lastResort: [UInt8] = []) {
        self.packages = packages
        self.lastResort = lastResort
    }

    package func encode(into writer: inout WireWriter) {
        writer.write(vectorOf: packages.map(PackageItem.init))
        writer.write(vector: lastResort)
    }

    package init(from reader: inout WireReader) throws(WireError) {
        let items: [PackageItem] = try reader.readVector(count: Limits.keyPackages, field: "key packages")
        packages = items.map(\.bytes)
        lastResort = Array(try reader.readVector(limit: Limits.keyPackage, field: "last resort"))
    }
}

/// The bytes of a key package, as an element of a list.
private struct PackageItem: WireCodable {
    let bytes: [UInt8]
    init(bytes: [UInt8]) { self.bytes = bytes }
    func encode(into writer: inout WireWriter) { writer.write(vector: bytes) }
    init(from reader: inout WireReader) throws(WireError) {
        bytes = Array(try reader.readVector(limit: Limits.keyPackage, field: "key package"))
    }
}

/// A key package that was not taken; the others were.
package struct RefusedKeyPackage: WireCodable, Equatable, Sendable {
    /// Its place in the request; the last resort stands behind the others.
    package var index: UInt8
    package var reason: String

    package init(index: UInt8, reason: String) {
        self.index = index
        self.reason = reason
    }

    package func encode(into writer: inout WireWriter) {
        writer.write(index)
        writer.write(text: reason)
    }

    package init(from reader: inout WireReader) throws(WireError) {
        index = try reader.read()
        reason = try reader.readText(limit: Limits.sentence, field: "reason")
    }
}

/// Key packages are on the server's disk; how many there are now.
package struct KeyPackageCount: FrameBody {
    package static let kind = FrameKind.keyPackageCount

    package var standing: KeyPackageStanding
    package var refused: [RefusedKeyPackage]

    package init(standing: KeyPackageStanding, refused: [RefusedKeyPackage] = []) {
        self.standing = standing
        self.refused = refused
    }

    package func encode(into writer: inout WireWriter) {
        writer.write(standing)
        writer.write(vectorOf: refused)
    }

    package init(from reader: inout WireReader) throws(WireError) {
        standing = try reader.read()
        refused = try reader.readVector(count: Limits.keyPackages + 1, field: "refused")
    }
}

/// Takes a key package of each active device of an account but the one that asks, to add them to a conversation's group. Answered by
/// `KeyPackages`; refused by `noDevice` where no device has one.
package struct TakeKeyPackages: FrameBody {
    package static let kind = FrameKind.takeKeyPackages
    package var conversation: ConversationID
    package var account: AccountID

    package init(conversation: ConversationID, account: AccountID) {
        self.conversation = conversation
        self.account = account
    }

    package func encode(into writer: inout WireWriter) {
        writer.write(conversation)
        writer.write(account)
    }

    package init(from reader: inout WireReader) throws(WireError) {
        conversation = try reader.read()
        account = try reader.read()
    }
}

/// A device and a key package of it, which proves by itself whose it is.
package struct DeviceKeyPackage: WireCodable, Equatable, Sendable {
    package var device: DeviceID
    package var package: [UInt8]

    package init(device: DeviceID, package: [UInt8]) {
        self.device = device
        self.package = package
    }

    package func encode(into writer: inout WireWriter) {
        writer.write(device)
        writer.write(vector: package)
    }

    package init(from reader: inout WireReader) throws(WireError) {
        device = try reader.read()
        package = Array(try reader.readVector(limit: Limits.keyPackage, field: "key package"))
    }
}

package struct KeyPackages: FrameBody {
    package static let kind = FrameKind.keyPackages

    package var conversation: ConversationID
    package var account: AccountID
    /// In the order of the devices' identifiers. Devices that have none are left out.
    package var packages: [DeviceKeyPackage]

    package init(conversation: ConversationID, account: AccountID, packages: [DeviceKeyPackage]) {
        self.conversation = conversation
        self.account = account
        self.packages = packages
    }

    package func encode(into writer: inout WireWriter) {
        writer.write(conversation)
        writer.write(account)
        writer.write(vectorOf: packages)
    }

    package init(from reader: inout WireReader) throws(WireError) {
        conversation = try reader.read()
        account = try reader.read()
        packages = try reader.readVector(count: Limits.devicesPerAccount, field: "key packages")
    }
}
