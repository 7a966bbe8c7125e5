import Testing
import WireCodec

@testable import ChatProtocol

private let account = AccountID(high: 1, low: 2)
private let device = DeviceID(high: 3, low: 4)
private let conversation = ConversationID(high: 5, low: 6)
private let message = MessageID(high: 7, low: 8)
private let generation = StoreGeneration(high: 9, low: 10)

private func name(_ text: String) throws -> UserName { try #require(UserName(text)) }

private func record() throws -> AccountRecord {
    AccountRecord(id: account, name: try name("bob"), displayName: "Bob é", flags: [.administrator])
}

/// Every body that travels, with every optional part present.
private func samples() throws -> [any FrameBody] {
    let key = KeyRegistration(purpose: .login, algorithm: .ed25519, publicKey: [1, 2], proof: [3])
    let description = DeviceDescription(name: "laptop", keys: [key], certificate: [9])
    let position = ConversationPosition(generation: generation, epoch: 3)
    let nonce = [UInt8](repeating: 7, count: 32)
    let receipt = ReceiptState(account: account, delivered: 4, read: 3)
    let deviceRecord = DeviceRecord(id: device, name: "d", state: .active, created: 1, lastSeen: 2, online: true)
    let head = ChainHead(count: 2, hash: nonce)
    let conversationRecord = ConversationRecord(
        id: conversation, type: .direct, members: [try record()], head: 9, epoch: 1, lastTime: 77)
    return [
        ServerHello(server: ServerID(high: 1, low: 1), nonce: nonce, time: 5, software: "chatd", features: [1, 2]),
        ClientHello(nonce: nonce, software: "chat", features: [3]),
        Register(
            name: try name("bob"), displayName: "Bob", password: [1, 2], invite: [5], device: description),
        LoginByPassword(name: try name("bob"), password: [1], existing: device, device: description),
        LoginByDevice(account: account, device: device, number: 77, signature: [1, 2, 3]),
        Welcome(
            account: try record(), device: device, deviceName: "laptop", server: ServerID(high: 2, low: 2),
            generation: generation, everyone: conversation, time: 12),
        Subscribe(options: [.presence, .receipts]),
        Append(
            conversation: conversation, id: message, precondition: position, wantReceipt: true,
            payload: [1, 2, 3]),
        Appended(
            conversation: conversation, id: message, seq: 1, time: 2, digest: nonce, position: position,
            duplicate: true),
        Failure(
            .preconditionFailed, sentence: "no", retryAfter: .milliseconds(5),
            current: ConversationStanding(position: position, head: 6)),
        Acknowledge(items: [.init(conversation: conversation, seq: 3, disposition: .stored)]),
        MarkRead(conversation: conversation, seq: 8),
        Entry(
            conversation: conversation, seq: 1, id: message, sender: account, device: device, payloadKind: 1, time: 4,
            payload: [0, 1]),
        Gap(conversation: conversation, reason: .restored, first: 1, last: 2),
        Live(time: 9),
        Presence(change: .full, more: true, accounts: [try record()]),
        QueryReceipts(conversation: conversation, watch: true),
        Receipts(conversation: conversation, states: [receipt]),
        Receipt(conversation: conversation, state: receipt),
        OpenConversation(with: try name("carol")),
        LookUpAccounts(ids: [account]),
        LookUpConversations(ids: [conversation]),
        Accounts(accounts: [try record()]),
        Conversations(conversations: [conversationRecord]),
        ListAccounts(after: try name("bob"), onlineOnly: true),
        AccountPage(accounts: [.init(account: try record(), online: true, lastSeen: 4)], more: true),
        ListDevices(), Devices(devices: [deviceRecord]), AddDevice(device: description), DeviceAdded(device: device),
        RenameDevice(device: device, name: "x"), RevokeDevice(device: device),
        ChangePassword(old: [1], new: [2], revokeOthers: true), Ping(), Pong(time: 1), Done(),
        PublishLink(link: [1], password: [2]), ChainState(head: head), ReadChain(account: account, from: 3),
        ChainPage(account: account, head: head, from: 1, links: [[4], [5, 6]], renewals: [[7]]),
        LoginByIdentity(account: account, device: device, enrol: key, description: description, renewal: [8]),
        LeaveGrant(grant: [9]), SuspendDevice(device: device, password: [10]),
        KeysChanged(account: account, head: head), DeviceWaiting(device: device, name: "phone", time: 11),
    ] + (try groupSamples())
}

private func groupSamples() throws -> [any FrameBody] {
    let position = ConversationPosition(generation: generation, incarnation: 1, epoch: 3)
    let entry = Entry(
        conversation: conversation, seq: 1, id: message, sender: account, device: device, payloadKind: 3, time: 4,
        payload: [0, 1])
    return [
        FoundGroup(
            conversation: conversation, id: message, founding: [1], handshake: [2], groupInfo: [3], welcome: [4]),
        Commit(
            conversation: conversation, id: message, position: position, handshake: [1, 2], groupInfo: [3],
            welcome: [4, 5]),
        ReadLog(conversation: conversation, after: 4),
        LogPage(
            conversation: conversation, standing: ConversationStanding(position: position, head: 7), through: 5,
            entries: [entry], hashed: [1], gaps: [Gap(conversation: conversation, reason: .erased, first: 2, last: 5)],
            hash: [UInt8](repeating: 3, count: 32)),
        ReadGroup(conversation: conversation, founding: true, offset: 3, position: position),
        GroupPart(
            conversation: conversation, position: position, groupInfo: [1], treeSize: 9, offset: 3, tree: [2, 3]),
        ReadWelcome(conversation: conversation, request: message),
        WelcomePart(conversation: conversation, id: message, seq: 8, welcome: [1]),
        TakeTurn(conversation: conversation), Turn(conversation: conversation, position: position, lease: 2_000),
        GroupWelcome(conversation: conversation), CommitWanted(conversation: conversation, position: position),
        ReportCommit(conversation: conversation, seq: 9, digest: [UInt8](repeating: 1, count: 32)),
    ] + keyPackageSamples + (try roomSamples())
}

private func roomSamples() throws -> [any FrameBody] {
    let ops = try name("ops")
    let admin = try record()
    let room = RoomRecord(
        conversation: conversation, name: ops, access: .open, isMember: true, admins: [admin], members: 3,
        lastTime: 78)
    let member = RoomMember(account: admin, isAdmin: true, devices: [device])
    return [
        CreateRoom(id: message, name: ops), ListRooms(.named, name: ops), Rooms(rooms: [room], more: true),
        JoinRoom(conversation: conversation, id: message), LeaveRoom(conversation: conversation, id: message),
        ChangeBlocks(blocked: [account]), ForgetRoom(conversation: conversation),
        RoomMembers(conversation: conversation, after: account),
        Members(conversation: conversation, members: [member], more: true),
        MemberChanged(conversation: conversation, account: account, change: .left),
    ]
}

private var keyPackageSamples: [any FrameBody] {
    let conversation = ConversationID(high: 5, low: 6)
    let account = AccountID(high: 1, low: 2)
    return [
        PublishKeyPackages(packages: [[1], [2, 3]], lastResort: [4]), PublishKeyPackages(packages: []),
        KeyPackageCount(
            standing: KeyPackageStanding(left: 20, hasLastResort: true),
            refused: [RefusedKeyPackage(index: 1, reason: "no")]),
        TakeKeyPackages(conversation: conversation, account: account),
        KeyPackages(
            conversation: conversation, account: account,
            packages: [DeviceKeyPackage(device: DeviceID(high: 3, low: 4), package: [5])]),
    ]
}

private func decodeAgain<Body: FrameBody>(_ body: Body) throws -> Bool {
    try body.frame(correlation: 5).decode(Body.self) == body
}

/// Whether `bytes` are taken for a body of the same type as `body`.
private func decodes<Body: FrameBody>(as body: Body, _ bytes: [UInt8]) -> Bool {
    (try? Body(wireBytes: bytes)) != nil
}

extension [UInt8] {
    /// With other numbers in place of these bytes.
    fileprivate func replacing(_ range: Range<Int>, with numbers: [UInt64]) -> [UInt8] {
        var writer = WireWriter()
        for number in numbers { writer.write(number) }
        return Array(self[..<range.lowerBound]) + writer.bytes + self[range.upperBound...]
    }
}

@Suite struct FrameBodyTests {
    @Test func `every body is read as it was written`() throws {
        for body in try samples() {
            let same = try decodeAgain(body)
            #expect(same, "\(type(of: body))")
        }
    }

    @Test func `every kind has a body`() throws {
        let kinds = Set(try samples().map { type(of: $0).kind })
        #expect(kinds == Set(FrameKind.allCases))
    }

    @Test func `every truncation and every trailing byte is refused`() throws {
        for body in try samples() {
            let bytes = body.wireBytes
            // Outside of the macro, which cannot open an existential.
            let truncated = bytes.indices.filter { decodes(as: body, Array(bytes.prefix($0))) }
            let lengthened = decodes(as: body, bytes + [0])
            #expect(truncated == [] && !lengthened, "\(type(of: body))")
        }
    }

    @Test(arguments: [0, 1 << 38 - 1, 1 << 38, .max >> 1, 1 << 63, .max] as [UInt64])
    func `a number anywhere in a body is taken or refused, and no more`(number: UInt64) throws {
        for body in try samples() {
            for start in body.wireBytes.indices.dropLast(7) {
                _ = decodes(as: body, body.wireBytes.replacing(start..<start + 8, with: [number]))
            }
        }
    }

    @Test func `a number beyond a log's last entry is refused`() throws {
        let entry = Entry(
            conversation: conversation, seq: 1, id: message, sender: account, device: device, payloadKind: 1, time: 4,
            payload: [])
        let mark = MarkRead(conversation: conversation, seq: 1)
        for seq in [1 << 38, .max] as [UInt64] {
            let range = conversation.bytes.count..<conversation.bytes.count + 8
            #expect(!decodes(as: entry, entry.wireBytes.replacing(range, with: [seq])))
            #expect(!decodes(as: mark, mark.wireBytes.replacing(range, with: [seq])))
        }
    }

    @Test(arguments: [(2, 1), (0, 1), (1, 1 << 38), (.max, .max), (1, .max)] as [(UInt64, UInt64)])
    func `a gap from behind its end, from before the first entry or beyond the last is refused`(
        first: UInt64, last: UInt64
    ) throws {
        let gap = Gap(conversation: conversation, reason: .retention, first: 1, last: 1)
        let numbers = conversation.bytes.count + 1..<gap.wireBytes.count
        #expect(!decodes(as: gap, gap.wireBytes.replacing(numbers, with: [first, last])))
    }

    @Test(arguments: [1 << 63, .max] as [UInt64])
    func `a time that no signed number holds is refused`(time: UInt64) throws {
        let pong = Pong(time: 1).wireBytes
        #expect(!decodes(as: Pong(time: 1), pong.replacing(0..<8, with: [time])))
        let content = Content(body: "x", sent: 1).wireBytes
        // Type, body and the missing `replyTo` stand before it.
        #expect(throws: WireError.self) { try Content(wireBytes: content.replacing(4..<12, with: [time])) }
    }
}

@Suite struct ContentTests {
    @Test func `content is read as it was written`() throws {
        let content = Content(
            body: "h\u{e9}\n", replyTo: message, sent: 5, auto: true, extensions: [.init(type: 9, data: [1])])
        #expect(try Content(wireBytes: content.wireBytes) == content)
    }

    @Test(arguments: [[], [0x61, 0], [0xff]] as [[UInt8]])
    func `a body that is empty or holds NUL or is not UTF-8 is refused`(body: [UInt8]) {
        var writer = WireWriter()
        writer.write(UInt8(1))
        writer.write(vector: body)
        writer.write(fixed: [0])
        writer.write(UInt64(1))
        writer.write(fixed: [0, 0])
        #expect(throws: WireError.invalidValue(field: "body")) { try Content(wireBytes: writer.bytes) }
    }
}

@Suite struct NameTests {
    @Test(arguments: ["a", "bob", "0x", "a.b_c-d", String(repeating: "z", count: 32)])
    func `a name of the grammar is taken`(text: String) { #expect(UserName(text)?.text == text) }

    @Test(arguments: [
        "", "Bob", "-a", ".a", "a b", "a/b", "é", "a\u{1b}[2J", "$(id)", "me", "all", "everyone",
        String(repeating: "z", count: 33),
    ])
    func `anything else is refused`(text: String) { #expect(UserName(text) == nil) }

    @Test func `what is typed in upper case is folded`() { #expect(UserName(typed: "BoB")?.text == "bob") }
}

@Suite struct MessageIDTests {
    @Test func `a uuidis read and printed`() throws {
        let text = "01931234-5678-7abc-8def-0123456789ab"
        #expect(try #require(MessageID(uuid: text.uppercased())).uuid == text)
        #expect(MessageID(uuid: text + "0") == nil)
        #expect(MessageID(uuid: "01931234x5678-7abc-8def-0123456789ab") == nil)
    }

    @Test func `version and variant are those of RFC9562`() throws {
        let random = [UInt8](repeating: 0xff, count: 16)
        let seven = try #require(MessageID.version7(0x0123_4567_89ab, random: random)).uuid
        #expect(seven == "01234567-89ab-7fff-bfff-ffffffffffff")
        #expect(try #require(MessageID.version8(digest: random)).uuid == "ffffffff-ffff-8fff-bfff-ffffffffffff")
    }
}

@Suite struct ErrorCodeTests {
    @Test func `names are unique and sentences fit`() {
        #expect(Set(ErrorCode.allCases.map(\.name)).count == ErrorCode.allCases.count)
        #expect(ErrorCode.allCases.allSatisfy { $0.sentence.utf8.count <= Limits.sentence })
    }
}
