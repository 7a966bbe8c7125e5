import CLISupport
import ChatProtocol
import Testing

@testable import ChatCLI
@testable import ChatClient

/// One of everything that is printed.
enum Samples {
    static func message(
        body: String = "hi", everyone: Bool = false, room: UserName? = nil, own: Bool = false,
        replyTo: MessageID? = nil, auto: Bool = false
    ) throws -> ReceivedMessage {
        let alice = try #require(UserName("alice"))
        let bob = try #require(UserName("bob"))
        return ReceivedMessage(
            conversation: room.map { .room($0) } ?? (everyone ? .everyone : .user(alice)), seq: 17,
            id: MessageID(high: 1, low: 2),
            cursor: Cursor(store: "0123456789abcdef", position: 5), time: 1_795_397_340_123, sent: 1_795_397_340_000,
            from: own ? bob : alice, fromDisplayName: "A\u{202e}", fromDevice: DeviceID(high: 3, low: 4), own: own,
            to: everyone || room != nil ? nil : (own ? alice : bob), body: body, replyTo: replyTo, auto: auto,
            shown: false)
    }

    static func objects() throws -> [JSONObject] {
        let alice = try #require(UserName("alice"))
        let server = ServerAddress.default
        let id = MessageID(high: 5, low: 6)
        let cursor = Cursor(store: "0123456789abcdef", position: 5)
        let problem = Problem(
            ErrorCode.noSuchUser, hint: "h", id: id.uuid, conversation: "@x", sent: .unknown,
            retryAfter: .milliseconds(5))
        let account = AccountRecord(id: AccountID(high: 1, low: 1), name: alice, displayName: "A", flags: [])
        let person = RoomPerson(
            user: alice, displayName: "A", isOwn: true, isAdmin: true, trust: .tofu,
            devices: [RoomPerson.Device(id: DeviceID(high: 1, low: 1), isKnown: true)])
        return [
            JSONLines.message(try message()), JSONLines.message(try message(everyone: true)),
            JSONLines.message(try message(room: alice)),
            JSONLines.message(try message(own: true, replyTo: id, auto: true)),
            JSONLines.gap(GapNotice(conversation: .everyone, reason: .beforeJoin, time: 1, missed: 3, cursor: cursor)),
            JSONLines.gap(GapNotice(conversation: .user(alice), reason: .restored, time: 1, missed: nil)),
            JSONLines.acknowledgement(
                Acknowledgement(id: id, conversation: .user(alice), seq: 7, time: 8, status: .accepted)),
            JSONLines.acknowledgement(
                Acknowledgement(id: nil, conversation: .everyone, time: 8, status: .failed, problem: problem),
                user: alice),
            JSONLines.login(
                LoginNotice(
                    time: 1, user: alice, displayName: "A", server: server, device: DeviceID(high: 1, low: 1),
                    deviceName: "d")),
            JSONLines.live(time: 5),
            JSONLines.presence(PresenceChange(change: .full, time: 1, users: [alice])),
            JSONLines.presence(PresenceChange(change: .online, time: 1, users: [alice])),
            JSONLines.presence(PresenceChange(change: .offline, time: 1, users: [alice])),
            JSONLines.receipt(
                ReceiptNotice(conversation: .user(alice), user: alice, time: 1, delivered: 5, read: 4)),
            JSONLines.member(
                MemberNotice(
                    conversation: .room(alice), time: 1,
                    added: [.init(user: alice, device: DeviceID(high: 1, low: 1), isKnown: true, trust: .tofu)],
                    removed: [.init(user: alice, device: DeviceID(high: 1, low: 2), isKnown: false)], by: alice,
                    how: .add)),
            JSONLines.member(MemberNotice(conversation: .user(alice), time: 1, by: nil, how: .server)),
            problem.json(time: 1), Problem(.busy, "b").json(time: 1),
            JSONLines.notice(code: "as_of", text: "t", time: 1), JSONLines.log(level: "debug", text: "t", time: 1),
            JSONLines.whoAmI(
                WhoAmI(
                    profile: alice, user: alice, displayName: "A", server: server, device: DeviceID(high: 1, low: 1),
                    deviceName: "d", deviceFingerprint: "SHA256:x", serverTrust: nil)),
            JSONLines.profile(ProfileSummary(profile: alice), current: true),
            JSONLines.profile(
                ProfileSummary(profile: alice, user: alice, server: server, problem: problem), current: false),
            JSONLines.user(AccountStatus(account: account, online: true, lastSeen: 0)),
            JSONLines.user(AccountStatus(account: account, online: false, lastSeen: 5)),
            JSONLines.blocked(account),
            JSONLines.unread(UnreadCount(conversation: .everyone, count: 3, oldest: 4)), JSONLines.unread(total: 4),
            JSONLines.outbox(
                OutboxItem(
                    id: id, conversation: .user(alice), body: "b", state: .failed, queued: 1, expires: 5, attempts: 2,
                    code: "busy")),
            JSONLines.resumePoint(ResumePoint(name: alice, cursor: cursor, moved: 1, waiting: 2, holder: 3)),
            JSONLines.device(
                AccountDevice(
                    DeviceRecord(
                        id: DeviceID(high: 1, low: 1), name: "d", state: .revoked, created: 1, lastSeen: 0,
                        online: false),
                    isThis: true)),
            JSONLines.key(
                KeySummary(
                    user: alice,
                    fingerprint: try OptionText.fingerprint(
                        "acct1:gwwbbgmhxclburdlvonum6vhx3wpcllv3dnjxyywrt3hn4oreuta"),
                    trust: .verified, isOwn: false, isMet: true, since: 1, alarm: "a")),
            JSONLines.roomInfo(
                RoomSummary(
                    name: try OptionText.room("ops"), access: .open, isMember: true, admins: [alice], members: 2,
                    isChanged: true)),
            JSONLines.roomPerson(person), JSONLines.roomDevice((person: person, device: person.devices[0])),
            JSONLines.server(KnownServer(address: server, standing: .authority)),
            JSONLines.check(DoctorCheck(name: "tls", status: .failed, text: "t", problem: problem)),
        ]
    }
}

@Suite struct LineShapeTests {
    @Test func `every line has the shape that the schema promises`() throws {
        for object in try Samples.objects() {
            let head = try #require(object["head"]?.string)
            let shape = try #require(LineShape.named(head), "\(head)")
            #expect(object["v"] == .integer(1))
            #expect(object.keys.prefix(2) == ["v", "head"])
            for field in shape.fields where !field.isOptional {
                #expect(object[field.name] != nil, "\(head).\(field.name)")
            }
            for member in object.members.dropFirst(2) {
                let field = shape.fields.first { $0.name == member.key }
                #expect(field.map { fits(member.value, $0.kind) } == true, "\(head).\(member.key): \(object.text)")
            }
        }
    }

    @Test func `every shape has a line`() throws {
        let heads = Set(try Samples.objects().compactMap { $0["head"]?.string })
        #expect(heads == Set(LineShape.all.map(\.head)))
    }

    @Test func `the fields of a line come in the order of its shape`() throws {
        for object in try Samples.objects() {
            let shape = try #require(LineShape.named(object["head"]?.string ?? ""))
            let order = shape.fields.map(\.name).filter { object[$0] != nil }
            #expect(Array(object.keys.dropFirst(2)) == order, "\(object.text)")
        }
    }

    private func fits(_ value: JSONValue, _ fields: [LineShape.Field]) -> Bool {
        guard case .object(let object) = value else { return false }
        return object.members.allSatisfy { member in
            fields.first { $0.name == member.key }.map { fits(member.value, $0.kind) } ?? false
        } && fields.allSatisfy { $0.isOptional || object[$0.name] != nil }
    }

    private func fits(_ value: JSONValue, _ kind: LineShape.Field.Kind) -> Bool {
        switch kind {
        case .text: value.string != nil
        case .uuid: value.string.flatMap { MessageID(uuid: $0) } != nil
        case .time: value.string.map { TimestampText.parse($0) != nil && $0.hasSuffix("Z") } ?? false
        case .integer: value.integer != nil
        case .number: if case .number = value { true } else { value.integer != nil }
        case .flag: value.bool != nil
        case .names: value.array?.allSatisfy { $0.string != nil } ?? false
        case .objects(let fields): value.array?.allSatisfy { fits($0, fields) } ?? false
        case .constant(let text): value.string == text
        case .choice(let texts): value.string.map(texts.contains) ?? false
        }
    }

    @Test func `a direct message is exactly what the interface shows`() throws {
        #expect(
            JSONLines.message(try Samples.message()).text
                == #"{"v":1,"head":"dm","id":"00000000-0000-0001-0000-000000000002","conv":"@alice","seq":17,"#
                + #""cursor":"0123456789abcdef-5","time":"2026-11-23T01:29:00.123Z","ts":1795397340.123,"#
                + #""sent":"2026-11-23T01:29:00.000Z","from":"alice","from_device":"00000000000000030000000000000004","#
                + #""own":false,"to":"bob","body":"hi"}"#)
    }

    @Test func `an unread schema is itself strict JSON`() throws {
        for shape in LineShape.all { #expect(throws: Never.self) { try JSONValue(parsing: shape.schema.text) } }
    }
}
