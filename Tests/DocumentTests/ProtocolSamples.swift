import ChatProtocol
import Testing
import WireCodec

/// A value with the name under which chat-protocol(7) describes it.
struct ProtocolSample: Sendable, CustomTestStringConvertible {
    let name: String
    let value: any WireEncodable & Sendable
    /// Fields that stand in the structure but not in the type, because they are always the same.
    let prefix: [(String, any Sendable)]

    init(_ name: String, _ value: any WireEncodable & Sendable, prefix: [(String, any Sendable)] = []) {
        self.name = name
        self.value = value
        self.prefix = prefix
    }

    var testDescription: String { name }
}

/// A sample of every structure; those with options once with and once without. Every number is another one, so that
/// no field can be taken for its neighbour.
enum ProtocolSamples {
    static let all =
        hellos + logins + proofs + conversations + appending + delivery + directory + devices
        + chains + ChainSamples.all + packages + groups + rooms + receipts

    private static func identifier<Kind>(_ number: UInt64) -> Identifier<Kind> {
        Identifier(high: number << 56 | number, low: number * 0x0101_0101)
    }

    private static let name = UserName("bob")
    private static let digest = [UInt8](0..<32)
    private static let position = ConversationPosition(generation: identifier(1), incarnation: 82, epoch: 2)
    private static let standing = ConversationStanding(position: position, head: 83)
    private static let accounts = name.map {
        [
            AccountRecord(id: identifier(3), name: $0, displayName: "Bob", flags: .administrator),
            AccountRecord(id: identifier(4), name: $0, displayName: "", flags: [.disabled, .deleted]),
        ]
    }
    private static var record: AccountRecord? { accounts?.first }
    private static let key = KeyRegistration(
        purpose: .signature, algorithm: .ed25519, publicKey: [1, 2, 3], proof: [UInt8](repeating: 9, count: 64))
    private static let device = DeviceDescription(name: "laptop", keys: [key, key], certificate: [7])
    private static let binding = ConnectionBinding(
        clientHelloDigest: digest, serverHelloDigest: digest.reversed(), exporter: digest)

    private static let hellos = [
        ProtocolSample(
            "ServerHello",
            ServerHello(
                version: 0x0102, server: identifier(5), nonce: digest, time: 6, software: "chatd 1", features: [7, 8])),
        ProtocolSample("ClientHello", ClientHello(nonce: digest, software: "chat 1", features: [9])),
    ]

    private static var logins: [ProtocolSample] {
        guard let name, let record else { return [] }
        return [
            ProtocolSample("KeyRegistration", key),
            ProtocolSample("DeviceDescription", device),
            ProtocolSample(
                "Register",
                Register(name: name, displayName: "Bob B.", password: [1], invite: [2, 3], device: device)),
            ProtocolSample("LoginByPassword", LoginByPassword(name: name, password: [4], device: device)),
            ProtocolSample(
                "LoginByPassword",
                LoginByPassword(name: name, password: [4], existing: identifier(10), device: device)),
            ProtocolSample(
                "LoginByDevice",
                LoginByDevice(account: identifier(11), device: identifier(12), number: 13, signature: digest)),
            ProtocolSample("AccountRecord", record),
            ProtocolSample(
                "Welcome",
                Welcome(
                    account: record, device: identifier(14), deviceName: "laptop", server: identifier(15),
                    generation: identifier(16), everyone: identifier(17), time: 18,
                    state: .pending, chain: head, waiting: 80, groupKey: digest.reversed(),
                    keyPackages: KeyPackageStanding(left: 116, hasLastResort: true))),
            ProtocolSample(
                "LoginByIdentity",
                LoginByIdentity(
                    account: identifier(81), device: identifier(82), enrol: key, description: device,
                    renewal: [83, 84])),
        ]
    }

    private static let proofs = [
        ProtocolSample("ConnectionBinding", binding),
        ProtocolSample(
            "LoginProof", LoginProof(account: identifier(19), device: identifier(20), number: 21, binding: binding),
            prefix: [("label", LoginProof.label), ("version", ProtocolVersion.number)]),
        ProtocolSample(
            "KeyProof", KeyProof(purpose: .signature, algorithm: .ed25519, publicKey: [22], binding: binding),
            prefix: [("label", KeyProof.label), ("version", ProtocolVersion.number)]),
    ]

    private static var conversations: [ProtocolSample] {
        guard let name, let accounts else { return [] }
        let record = ConversationRecord(
            id: identifier(23), type: .everyone, members: accounts, head: 24, epoch: 25, lastTime: 131)
        return [
            ProtocolSample("ConversationRecord", record),
            ProtocolSample("OpenConversation", OpenConversation(with: name)),
            ProtocolSample("LookUpConversations", LookUpConversations(ids: [identifier(26), identifier(27)])),
            ProtocolSample("Conversations", Conversations(conversations: [record, record])),
        ]
    }

    private static let appending = [
        ProtocolSample("ConversationPosition", position),
        ProtocolSample("ConversationStanding", standing),
        ProtocolSample("Append", Append(conversation: identifier(28), id: identifier(29), payload: [30])),
        ProtocolSample(
            "Append",
            Append(
                conversation: identifier(28), id: identifier(29), precondition: position,
                wantReceipt: true, payload: [UInt8](repeating: 32, count: 20_000))),
        ProtocolSample(
            "Appended",
            Appended(
                conversation: identifier(33), id: identifier(34), seq: 35, time: 36, digest: digest,
                position: position, duplicate: true)),
        ProtocolSample("Extension", Content.Extension(type: 37, data: [38])),
        ProtocolSample("Content", Content(body: "hi", sent: 39)),
        ProtocolSample(
            "Content",
            Content(
                body: String(repeating: "é", count: 100), replyTo: identifier(40), sent: 41, auto: true,
                extensions: [.init(type: 42, data: []), .init(type: 43, data: [44])])),
        ProtocolSample("Failure", Failure(.storeFull, retryAfter: .milliseconds(45))),
        ProtocolSample("Failure", Failure(.preconditionFailed, current: standing)),
    ]

    private static var delivery: [ProtocolSample] {
        let item = Acknowledge.Item(conversation: identifier(46), seq: 47, disposition: .skipped)
        return [
            ProtocolSample("Subscribe", Subscribe(options: [.unseen, .receipts])),
            ProtocolSample(
                "Entry",
                Entry(
                    conversation: identifier(48), seq: 49, id: identifier(50), sender: identifier(51),
                    device: identifier(52), payloadKind: 2, time: 53, payload: [54])),
            ProtocolSample("Live", Live(time: 55)),
            ProtocolSample("Item", item),
            ProtocolSample("Acknowledge", Acknowledge(items: [item, item])),
            ProtocolSample("Gap", Gap(conversation: identifier(56), reason: .beforeJoin, first: 57, last: 58)),
            ProtocolSample("Presence", Presence(change: .offline, more: true, accounts: accounts ?? [])),
            ProtocolSample("MarkRead", MarkRead(conversation: identifier(59), seq: 60)),
        ]
    }

    private static var packages: [ProtocolSample] {
        let standing = KeyPackageStanding(left: 117, hasLastResort: true)
        let refused = RefusedKeyPackage(index: 118, reason: "no")
        let taken = DeviceKeyPackage(device: identifier(119), package: [120])
        return [
            ProtocolSample("KeyPackageStanding", standing),
            ProtocolSample("PublishKeyPackages", PublishKeyPackages(packages: [[121], [122]], lastResort: [123])),
            ProtocolSample("RefusedKeyPackage", refused),
            ProtocolSample("KeyPackageCount", KeyPackageCount(standing: standing, refused: [refused])),
            ProtocolSample(
                "TakeKeyPackages", TakeKeyPackages(conversation: identifier(124), account: identifier(125))),
            ProtocolSample("DeviceKeyPackage", taken),
            ProtocolSample(
                "KeyPackages",
                KeyPackages(conversation: identifier(126), account: identifier(127), packages: [taken])),
        ]
    }

    private static var groups: [ProtocolSample] {
        let id: ConversationID = identifier(84)
        let entry = Entry(
            conversation: id, seq: 85, id: identifier(86), sender: identifier(87), device: identifier(88),
            payloadKind: 3,
            time: 89, payload: [90])
        let gap = Gap(conversation: id, reason: .retention, first: 91, last: 92)
        return [
            ProtocolSample(
                "FoundGroup",
                FoundGroup(
                    conversation: id, id: identifier(93), founding: [94], handshake: [95], groupInfo: [96],
                    welcome: [97])),
            ProtocolSample(
                "Commit",
                Commit(
                    conversation: id, id: identifier(98), position: position, handshake: [99], groupInfo: [100],
                    welcome: [101])),
            ProtocolSample("ReadLog", ReadLog(conversation: id, after: 102)),
            ProtocolSample(
                "LogPage",
                LogPage(
                    conversation: id, standing: standing, through: 103, entries: [entry, entry], hashed: [104, 105],
                    gaps: [gap], hash: [UInt8](repeating: 106, count: 32))),
            ProtocolSample("ReadGroup", ReadGroup(conversation: id, founding: true, offset: 106)),
            ProtocolSample("ReadGroup", ReadGroup(conversation: id, offset: 106, position: position)),
            ProtocolSample(
                "GroupPart",
                GroupPart(
                    conversation: id, position: position, groupInfo: [107], treeSize: 108, offset: 109, tree: [110])),
            ProtocolSample("ReadWelcome", ReadWelcome(conversation: id, request: identifier(111))),
            ProtocolSample(
                "WelcomePart", WelcomePart(conversation: id, id: identifier(112), seq: 113, welcome: [114])),
            ProtocolSample("TakeTurn", TakeTurn(conversation: id)),
            ProtocolSample("Turn", Turn(conversation: id, position: position, lease: 115)),
            ProtocolSample("ReportCommit", ReportCommit(conversation: id, seq: 124, digest: digest)),
            ProtocolSample("GroupWelcome", GroupWelcome(conversation: id)),
            ProtocolSample("CommitWanted", CommitWanted(conversation: id, position: position)),
        ]
    }

    private static var rooms: [ProtocolSample] {
        guard let name, let record, let accounts else { return [] }
        let id: ConversationID = identifier(84)
        let room = RoomRecord(
            conversation: id, name: name, access: .open, isMember: true, admins: accounts, members: 116,
            lastTime: 132)
        let member = RoomMember(account: record, isAdmin: true, devices: [identifier(117), identifier(118)])
        return [
            ProtocolSample("CreateRoom", CreateRoom(id: identifier(119), name: name)),
            ProtocolSample("ListRooms", ListRooms(.own)),
            ProtocolSample("ListRooms", ListRooms(.named, name: name)),
            ProtocolSample("RoomRecord", room),
            ProtocolSample("Rooms", Rooms(rooms: [room, room], more: true)),
            ProtocolSample("JoinRoom", JoinRoom(conversation: id, id: identifier(120))),
            ProtocolSample("LeaveRoom", LeaveRoom(conversation: id, id: identifier(121))),
            ProtocolSample("ForgetRoom", ForgetRoom(conversation: id)),
            ProtocolSample("ChangeBlocks", ChangeBlocks()),
            ProtocolSample(
                "ChangeBlocks", ChangeBlocks(blocked: [identifier(122)], unblocked: [identifier(123), identifier(124)])),
            ProtocolSample("RoomMembers", RoomMembers(conversation: id)),
            ProtocolSample("RoomMembers", RoomMembers(conversation: id, after: identifier(122))),
            ProtocolSample("RoomMember", member),
            ProtocolSample("Members", Members(conversation: id, members: [member, member], more: true)),
            ProtocolSample(
                "MemberChanged", MemberChanged(conversation: id, account: identifier(123), change: .left)),
        ]
    }

    private static var directory: [ProtocolSample] {
        guard let name, let accounts, let record else { return [] }
        let status = AccountStatus(account: record, online: true, lastSeen: 61)
        return [
            ProtocolSample("LookUpAccounts", LookUpAccounts(ids: [identifier(62)])),
            ProtocolSample("Accounts", Accounts(accounts: accounts)),
            ProtocolSample("ListAccounts", ListAccounts()),
            ProtocolSample("ListAccounts", ListAccounts(after: name, onlineOnly: true)),
            ProtocolSample("AccountStatus", status),
            ProtocolSample("AccountPage", AccountPage(accounts: [status, status], more: true)),
        ]
    }

    private static var devices: [ProtocolSample] {
        let record = DeviceRecord(
            id: identifier(63), name: "phone", state: .revoked, created: 64, lastSeen: 65, online: true,
            grant: [79, 78])
        return [
            ProtocolSample("DeviceRecord", record),
            ProtocolSample("ListDevices", ListDevices()),
            ProtocolSample("Devices", Devices(devices: [record, record])),
            ProtocolSample("AddDevice", AddDevice(device: device)),
            ProtocolSample("DeviceAdded", DeviceAdded(device: identifier(66))),
            ProtocolSample("RenameDevice", RenameDevice(device: identifier(67), name: "tower")),
            ProtocolSample("RevokeDevice", RevokeDevice(device: identifier(68))),
            ProtocolSample("ChangePassword", ChangePassword(old: [69], new: [70, 71], revokeOthers: true)),
            ProtocolSample("Ping", Ping()),
            ProtocolSample("Pong", Pong(time: 72)),
            ProtocolSample("Done", Done()),
        ]
    }

    private static let head = ChainHead(count: 85, hash: digest)

    private static let chains = [
        ProtocolSample("ChainHead", head),
        ProtocolSample("PublishLink", PublishLink(link: [86, 87], password: [88])),
        ProtocolSample("ChainState", ChainState(head: head)),
        ProtocolSample("ReadChain", ReadChain(account: identifier(89), from: 90)),
        ProtocolSample(
            "ChainPage",
            ChainPage(
                account: identifier(91), head: head, from: 92, links: [[93], [94, 95]], renewals: [[96, 97, 98]])),
        ProtocolSample("LeaveGrant", LeaveGrant(grant: [99])),
        ProtocolSample("SuspendDevice", SuspendDevice(device: identifier(100), password: [101])),
        ProtocolSample("KeysChanged", KeysChanged(account: identifier(102), head: head)),
        ProtocolSample("DeviceWaiting", DeviceWaiting(device: identifier(103), name: "phone", time: 104)),
    ]

    private static var receipts: [ProtocolSample] {
        let state = ReceiptState(account: identifier(73), delivered: 74, read: 75)
        return [
            ProtocolSample("ReceiptState", state),
            ProtocolSample("QueryReceipts", QueryReceipts(conversation: identifier(76), watch: true)),
            ProtocolSample("Receipts", Receipts(conversation: identifier(77), states: [state, state])),
            ProtocolSample("Receipt", Receipt(conversation: identifier(78), state: state)),
        ]
    }
}
