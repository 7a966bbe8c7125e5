import WireCodec

/// Where the chain of an account stands: how many links it has, and the hash of the last one, 32 bytes; zeros without any.
package struct ChainHead: WireCodable, Equatable, Sendable {
    package static let hashBytes = 32

    package var count: UInt32
    package var hash: [UInt8]

    package init(count: UInt32, hash: [UInt8]) {
        self.count = count
        self.hash = hash
    }

    /// An account that has no chain yet: its first device makes it.
    package static let none = ChainHead(count: 0, hash: [UInt8](repeating: 0, count: hashBytes))

    package func encode(into writer: inout WireWriter) {
        writer.write(count)
        writer.write(fixed: hash)
    }

    package init(from reader: inout WireReader) throws(WireError) {
        count = try reader.read()
        hash = Array(try reader.read(fixed: Self.hashBytes))
    }
}

/// Adds the next link to this account's chain: compare-and-swap on its number and the link before. Answered by `ChainState`.
///
/// The same link again is answered as the first time. What a link does to a device, the server does with it: an added one becomes
/// active, a revoked one loses its connections before the reply.
package struct PublishLink: FrameBody {
    package static let kind = FrameKind.publishLink

    package var link: [UInt8]
    /// The account's password, with a reset; else empty.
    package var password: [UInt8]

    package init(link: [UInt8], password: [UInt8] = []) {
        self.link = link
        self.password = password
    }

    package func encode(into writer: inout WireWriter) {
        writer.write(vector: link)
        writer.write(vector: password)
    }

    package init(from reader: inout WireReader) throws(WireError) {
        link = Array(try reader.readVector(limit: Limits.link, field: "link"))
        password = Array(try reader.readVector(limit: Limits.checkedPassword, field: "password"))
    }
}

/// A link is on the server's disk; where the chain stands now.
package struct ChainState: FrameBody {
    package static let kind = FrameKind.chainState
    package var head: ChainHead
    package init(head: ChainHead) { self.head = head }
    package func encode(into writer: inout WireWriter) { writer.write(head) }
    package init(from reader: inout WireReader) throws(WireError) { head = try reader.read() }
}

/// Asks for the chain of an account of this server, from a number on. Answered by `ChainPage`.
package struct ReadChain: FrameBody {
    package static let kind = FrameKind.readChain
    package var account: AccountID
    package var from: UInt32

    package init(account: AccountID, from: UInt32 = 0) {
        self.account = account
        self.from = from
    }

    package func encode(into writer: inout WireWriter) {
        writer.write(account)
        writer.write(from)
    }

    package init(from reader: inout WireReader) throws(WireError) {
        account = try reader.read()
        from = try reader.read()
    }
}

/// Links of a chain, in their order. More follow while `from` and their count together are less than the head's count.
package struct ChainPage: FrameBody {
    package static let kind = FrameKind.chainPage

    package var account: AccountID
    package var head: ChainHead
    package var from: UInt32
    package var links: [[UInt8]]
    /// Those with which links of this page are signed; with the last page also the newest of each device.
    package var renewals: [[UInt8]]

    package init(
        account: AccountID, head: ChainHead, from: UInt32 = 0, links: [[UInt8]] = [], renewals: [[UInt8]] = []
    ) {
        self.account = account
        self.head = head
        self.from = from
        self.links = links
        self.renewals = renewals
    }

    package func encode(into writer: inout WireWriter) {
        writer.write(account)
        writer.write(head)
        writer.write(from)
        writer.write(vectorOf: links.map(ChainItem.init))
        writer.write(vectorOf: renewals.map(ChainItem.init))
    }

    package init(from reader: inout WireReader) throws(WireError) {
        account = try reader.read()
        head = try reader.read()
        from = try reader.read()
        let links: [ChainItem] = try reader.readVector(count: Limits.page, field: "links")
        let renewals: [ChainItem] = try reader.readVector(count: Limits.page, field: "renewals")
        self.links = links.map(\.bytes)
        self.renewals = renewals.map(\.bytes)
    }
}

/// The bytes of a link or renewal, as an element of a list.
private struct ChainItem: WireCodable {
    let bytes: [UInt8]
    init(bytes: [UInt8]) { self.bytes = bytes }
    func encode(into writer: inout WireWriter) { writer.write(vector: bytes) }
    init(from reader: inout WireReader) throws(WireError) {
        bytes = Array(try reader.readVector(limit: Limits.link, field: "link or renewal"))
    }
}

/// Logs in with an identity file: its enrol key is proved on this connection, and the device brings keys of its own and, where the
/// account has a chain, the renewal that the enrol key made. Answered by `Welcome`.
///
/// The same renewal again, with the same keys, is answered as the first time.
package struct LoginByIdentity: FrameBody {
    package static let kind = FrameKind.loginByIdentity

    package var account: AccountID
    package var device: DeviceID
    /// The proof of the key that logs in by this file; its purpose is `enrol`.
    package var enrol: KeyRegistration
    /// The device as it introduces itself, with the key by which it logs in from now on.
    package var description: DeviceDescription
    /// Empty where the account has no chain yet: this device makes it. Empty where it has one: the device only looks, since it cannot know
    /// which instance comes next, nor which of the file's devices is idle. It is welcomed as a pending one that may `ReadChain` and
    /// `ListDevices`, nothing of `description` is kept, nobody's place is taken; it logs in on another connection.
    package var renewal: [UInt8]

    package init(
        account: AccountID, device: DeviceID, enrol: KeyRegistration, description: DeviceDescription, renewal: [UInt8]
    ) {
        self.account = account
        self.device = device
        self.enrol = enrol
        self.description = description
        self.renewal = renewal
    }

    package func encode(into writer: inout WireWriter) {
        writer.write(account)
        writer.write(device)
        writer.write(enrol)
        writer.write(description)
        writer.write(vector: renewal)
    }

    package init(from reader: inout WireReader) throws(WireError) {
        account = try reader.read()
        device = try reader.read()
        enrol = try reader.read()
        description = try reader.read()
        renewal = Array(try reader.readVector(limit: Limits.link, field: "renewal"))
    }
}

/// A pending device leaves the grant by which it is to be added. Answered by `Done`.
package struct LeaveGrant: FrameBody {
    package static let kind = FrameKind.leaveGrant
    package var grant: [UInt8]
    package init(grant: [UInt8]) { self.grant = grant }
    package func encode(into writer: inout WireWriter) { writer.write(vector: grant) }
    package init(from reader: inout WireReader) throws(WireError) {
        grant = Array(try reader.readVector(limit: Limits.link, field: "grant"))
    }
}

/// Has the server refuse a device of this account from now on, by the account's password: for whoever cannot sign a revocation. It proves
/// nothing to others. Its connections are closed before the reply `Done`.
package struct SuspendDevice: FrameBody {
    package static let kind = FrameKind.suspendDevice
    package var device: DeviceID
    package var password: [UInt8]

    package init(device: DeviceID, password: [UInt8]) {
        self.device = device
        self.password = password
    }

    package func encode(into writer: inout WireWriter) {
        writer.write(device)
        writer.write(vector: password)
    }

    package init(from reader: inout WireReader) throws(WireError) {
        device = try reader.read()
        password = Array(try reader.readVector(limit: Limits.checkedPassword, field: "password"))
    }
}

/// A chain has a new head. Sent to the other connections of the account, those of pending devices too, and to subscribed ones of those
/// who have a direct conversation with it. It proves nothing: whoever wants to know reads the chain.
package struct KeysChanged: FrameBody {
    package static let kind = FrameKind.keysChanged
    package var account: AccountID
    package var head: ChainHead

    package init(account: AccountID, head: ChainHead) {
        self.account = account
        self.head = head
    }

    package func encode(into writer: inout WireWriter) {
        writer.write(account)
        writer.write(head)
    }

    package init(from reader: inout WireReader) throws(WireError) {
        account = try reader.read()
        head = try reader.read()
    }
}

/// A device of this account has left its grant and waits to be added. Sent to the connections of the account's active devices.
package struct DeviceWaiting: FrameBody {
    package static let kind = FrameKind.deviceWaiting
    package var device: DeviceID
    package var name: String
    package var time: Timestamp

    package init(device: DeviceID, name: String, time: Timestamp) {
        self.device = device
        self.name = name
        self.time = time
    }

    package func encode(into writer: inout WireWriter) {
        writer.write(device)
        writer.write(text: name)
        writer.write(time)
    }

    package init(from reader: inout WireReader) throws(WireError) {
        device = try reader.read()
        name = try reader.readText(limit: Limits.deviceName, field: "device name")
        time = try reader.read()
    }
}
