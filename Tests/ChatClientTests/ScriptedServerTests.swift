import CLISupport
import ChatProtocol
import NIOCore
import Synchronization
import TestSupport
import Testing
import System
import Transport

@testable import ChatClient

/// What the client does with a server that is strange, slow, hostile, or new.
@Suite(.endsWhatItStarts) struct ScriptedServerTests {
    /// To everyone, in whose group the device is.
    private func toAll(_ body: String) -> OutgoingMessage { OutgoingMessage(conversation: .everyone, body: body) }

    private func entry(_ seq: UInt64, _ payload: [UInt8], kind: UInt8 = PayloadKind.message.rawValue) -> Entry {
        Entry(
            conversation: everyone, seq: SequenceNumber(seq), id: MessageID(high: 1, low: seq), sender: bob,
            device: ScriptedGroup.bobsDevice, payloadKind: kind, time: Timestamp(milliseconds: 1000 + seq),
            payload: payload)
    }

    private func text(_ seq: UInt64) throws -> Entry {
        let content = Content(body: "m\(seq)", sent: 1)
        return entry(seq, try ScriptedGroup.shared.get().payload(content, id: MessageID(high: 1, low: seq)))
    }

    @Test func `hello login and the first request go out before anything is answered`() async throws {
        // Nothing is answered until the append is there.
        let server = try await ScriptedServer.start { server, connection, frame in
            guard frame.frameKind == .append else { return }
            for earlier in server.frames { server.behave(connection, earlier) }
        }
        let alice = try await server.person()
        let sent = try await alice.client().send([toAll("x")])
        #expect(sent.map(\.status) == [.accepted])
        #expect(server.kinds == [.clientHello, .loginByDevice, .append])
    }

    @Test func `a login is signed for this connection and numbered anew each time`() async throws {
        let server = try await ScriptedServer.start()
        let alice = try await server.person()
        for _ in 0..<3 { _ = try await alice.client().send([toAll("x")]) }
        let logins = server.bodies(LoginByDevice.self)
        #expect(logins.map(\.number) == [1, 2, 3])
        #expect(Set(logins.map(\.signature)).count == 3)
    }

    @Test func `what was sent behind a refused login fails for the reason of the login`() async throws {
        let server = try await ScriptedServer.start { _, connection, frame in
            switch frame.frameKind {
            case .loginByDevice: connection.send(Failure(.accountDisabled), frame.correlation)
            case .append: connection.send(Failure(.notLoggedIn), frame.correlation)
            default: break
            }
        }
        let person = try await server.person()
        let sent = try await person.client().send([toAll("x")])
        #expect(sent[0].problem?.code == "account_disabled")
        #expect(sent[0].problem?.exit == .refused)
        #expect(sent[0].problem?.sent == .no)
    }

    @Test func `another server behind the address is told nothing`() async throws {
        let server = try await ScriptedServer.start(greeting: {
            $0.send(ScriptedServer.hello(server: ServerID(high: 6, low: 6)))
        })
        let person = try await server.person()
        let sent = try await person.client().send([toAll("x")])
        #expect(sent[0].problem?.code == "wrong_server")
        #expect(sent[0].problem?.exit == .badConfiguration)
        #expect(server.frames.isEmpty)
    }

    @Test(arguments: ["version", "garbage", "another kind", "failure"])
    func `a strange greeting is a protocol fault`(kind: String) async throws {
        let server = try await ScriptedServer.start(greeting: { connection in
            switch kind {
            case "version": connection.send(ScriptedServer.hello(version: 9))
            case "garbage": connection.write(ByteBuffer(bytes: [UInt8](repeating: 0xff, count: 64)))
            case "another kind": connection.send(Live(time: 1))
            default: connection.send(Failure(.unsupportedVersion))
            }
        })
        let person = try await server.person()
        let sent = try await person.client().send([toAll("x")], options: SendOptions(timeout: .patience))
        #expect(sent[0].problem?.exit == .protocolFault, "\(String(describing: sent[0].problem))")
        #expect(sent[0].status == .failed)
    }

    @Test func `a message whose acknowledgement was lost goes out again under the same identifier`() async throws {
        let server = try await ScriptedServer.start { server, connection, frame in
            if frame.frameKind == .append && server.connections == 1 { return connection.close(flushing: false) }
            server.behave(connection, frame)
        }
        let person = try await server.person()
        let sent = try await person.client().send([toAll("x")])
        #expect(sent.map(\.status) == [.accepted])
        let appends = server.bodies(Append.self)
        #expect(appends.count == 2)
        #expect(Set(appends.map(\.id)).count == 1)
        #expect(Set(appends.map(\.payload)).count == 1)
    }

    @Test func `a message that is never acknowledged may have been sent`() async throws {
        let server = try await ScriptedServer.start { server, connection, frame in
            if frame.frameKind != .append { server.behave(connection, frame) }
        }
        let person = try await server.person()
        let sent = try await withMoreTime { time in
            let sent = try await person.client().send([toAll("x")], options: SendOptions(timeout: time))
            // Else it is not the acknowledgement alone that is missing.
            return server.kinds.contains(.append) ? sent[0] : nil
        }
        #expect(sent?.problem?.code == "no_ack")
        #expect(sent?.problem?.exit == .unreachable)
        #expect(sent?.problem?.sent == .unknown)
        #expect(sent?.problem?.id == sent?.id?.uuid)
    }

    @Test(arguments: ["id", "conversation", "digest", "garbage"])
    func `an acknowledgement of something else is a fault of the server, and the message may have been sent`(
        lie: String
    ) async throws {
        let server = try await ScriptedServer.start { server, connection, frame in
            guard frame.frameKind == .append, let append = try? frame.decode(Append.self) else {
                return server.behave(connection, frame)
            }
            var appended = ScriptedServer.appended(append, seq: 1)
            switch lie {
            case "id": appended.id = MessageID(high: 1, low: 1)
            case "conversation": appended.conversation = withBob
            case "digest": appended.digest[0] ^= 1
            default: return connection.send(Done(), frame.correlation)
            }
            connection.send(appended, frame.correlation)
        }
        let person = try await server.person()
        let sent = try await person.client().send([toAll("x"), toAll("y")])
        #expect(sent.map(\.problem?.code) == ["protocol_fault", "protocol_fault"])
        #expect(sent.map(\.problem?.sent) == [.unknown, .unknown])
        #expect(try await person.client().outbox().isEmpty)
    }

    @Test func `a server that is busy is asked again`() async throws {
        let refusals = Mutex(2)
        let server = try await ScriptedServer.start { server, connection, frame in
            let refuses = refusals.withLock { left in
                guard frame.frameKind == .append, left > 0 else { return false }
                left -= 1
                return true
            }
            if refuses {
                return connection.send(Failure(.rateLimited, retryAfter: .milliseconds(20)), frame.correlation)
            }
            server.behave(connection, frame)
        }
        let person = try await server.person()
        let sent = try await person.client().send([toAll("x")])
        #expect(sent.map(\.status) == [.accepted])
        #expect(server.bodies(Append.self).count == 3)
        #expect(server.connections == 1)
    }

    @Test func `what arrives is stored and then acknowledged`() async throws {
        let entries = try (1...3).map { try text($0) } + [entry(4, [1, 2, 3]), entry(5, [], kind: 99), text(6)]
        let server = try await ScriptedServer.start { server, connection, frame in
            guard frame.frameKind == .subscribe else { return server.behave(connection, frame) }
            connection.send(Done(), frame.correlation)
            for entry in entries { connection.send(entry) }
            connection.send(Live(time: 1))
        }
        let alice = try await server.person()
        let listener = try await alice.client().listen(ListenOptions())
        var told: [String] = []
        while told.count < 5, case .event(let event) = try await listener.next(deadline: .now + .patience) {
            switch event {
            case .message(let message): told.append(message.body)
            case .gap(let gap): told.append(gap.reason.rawValue)
            default: break
            }
        }
        #expect(told == ["m1", "m2", "m3", "undecryptable", "m6"])
        #expect(await eventually { server.bodies(Acknowledge.self).flatMap(\.items).last?.seq == 6 })
        let items = server.bodies(Acknowledge.self).flatMap(\.items)
        #expect(items.contains { $0.seq == 5 && $0.disposition == .skipped })
        #expect(items.last?.disposition == .stored)
        await listener.stop()
    }

    @Test func `a restored server is said to be and its new numbers are new`() async throws {
        let (first, last) = (try text(1), try text(1 << 20))
        let server = try await ScriptedServer.start { server, connection, frame in
            switch frame.frameKind {
            case .loginByDevice:
                connection.send(
                    ScriptedServer.welcome(generation: StoreGeneration(high: 9, low: 9)), frame.correlation)
            case .subscribe:
                connection.send(Done(), frame.correlation)
                connection.send(first)
                connection.send(
                    Gap(conversation: everyone, reason: .restored, first: 3, last: SequenceNumber(1 << 20).previous))
                connection.send(last)
                connection.send(Live(time: 1))
            default: server.behave(connection, frame)
            }
        }
        let alice = try await server.person()
        try await alice.client().store { store in
            try store.write {
                let known = [1, 2].map { Incoming.entry(StoreScene.entry($0, in: everyone)) }
                _ = try store.store(known, own: ChatClientTests.alice, now: 1)
                try ScriptedGroup.shared.get().stand(2, store)
            }
        }
        for _ in 0..<2 {
            let listener = try await alice.client().listen(ListenOptions(follow: false))
            var told: [String] = []
            while case .event(let event) = try await listener.next(deadline: .now + .patience) {
                switch event {
                case .message(let message): told.append(message.body)
                case .gap(let gap): told.append("\(gap.conversation) \(gap.reason.rawValue)")
                default: break
                }
            }
            #expect(told == ["m1", "m2", "* restored", "m\(1 << 20)"])
        }
    }

    @Test func `who does not follow does not wait for ever for the end of what was missed`() async throws {
        let server = try await ScriptedServer.start { server, connection, frame in
            guard frame.frameKind == .subscribe else { return server.behave(connection, frame) }
            connection.send(Done(), frame.correlation)
        }
        let alice = try await server.person()
        try await alice.client().store { store in
            try store.write {
                _ = try store.store([.entry(StoreScene.entry(1))], own: ChatClientTests.alice, now: 1)
            }
        }
        var options = ListenOptions(follow: false)
        options.patience = .milliseconds(200)
        let listener = try await alice.client().listen(options)
        #expect(try await listener.nextMessage()?.body == "m1")
        await expectRefusal(.unreachable) {
            while case .event = try await listener.next(deadline: .now + .patience) {}
        }
    }

    @Test func `a server that does not say who there is keeps nobody from being live`() async throws {
        let server = try await ScriptedServer.start { server, connection, frame in
            if frame.frameKind != .listAccounts { server.behave(connection, frame) }
        }
        let person = try await server.person()
        let listener = try await person.client().listen(ListenOptions())
        var isLive = false
        while !isLive, case .event(let event) = try await listener.next(deadline: .now + .patience) {
            if case .live = event { isLive = true }
        }
        #expect(isLive && server.kinds.contains(.listAccounts))
        await listener.stop()
    }

    @Test func `a server that floods is left`() async throws {
        let big = Content(body: String(repeating: "x", count: Limits.text), sent: 1).wireBytes
        let server = try await ScriptedServer.start { server, connection, frame in
            switch frame.frameKind {
            // The client asks about the conversation and gets no answer.
            case .lookUpConversations: break
            case .subscribe:
                connection.send(Done(), frame.correlation)
                for seq in 1...700 {
                    var entry = self.entry(UInt64(seq), big)
                    entry.conversation = ConversationID(high: 77, low: 77)
                    connection.send(entry)
                }
            default: server.behave(connection, frame)
            }
        }
        let person = try await server.person()
        let listener = try await person.client().listen(ListenOptions())
        await expectRefusal(.protocolFault) {
            while case .event = try await listener.next(deadline: .now + .patience) {}
        }
    }

    @Test func `the reason why a server closes is told`() async throws {
        let server = try await ScriptedServer.start { server, connection, frame in
            guard frame.frameKind == .subscribe else { return server.behave(connection, frame) }
            connection.send(Failure(.deviceRevoked))
            connection.close(flushing: true)
        }
        let alice = try await server.person()
        let listener = try await alice.client().listen(ListenOptions())
        await expectRefusal(.refused, "device_revoked") {
            while case .event = try await listener.next(deadline: .now + .patience) {}
        }
        // It is not tried again.
        #expect(server.connections == 1)
        await expectRefusal(.refused, "device_revoked") { try await alice.client().devices() }
        #expect(server.connections == 1)
    }

    @Test func `a login by password that is never answered leaves the profile as it was`() async throws {
        let server = try await ScriptedServer.start { server, connection, frame in
            if frame.frameKind == .loginByPassword { return connection.close(flushing: false) }
            server.behave(connection, frame)
        }
        let alice = try await server.person()
        let seed = try await alice.client().store { try $0.identity()?.loginKey } ?? []
        let key = try SigningKey(rawRepresentation: seed)
        await expectRefusal(.unreachable) {
            try await alice.client().login(user: alice.name, password: Person.password)
        }
        // What the server may have taken is the key that the profile has.
        let registered = server.bodies(LoginByPassword.self).flatMap(\.device.keys)
        #expect(registered.map(\.publicKey) == [key?.publicKey])
        #expect(try await alice.client().send([toAll("x")])[0].status == .accepted)
    }

    @Test func `an identity whose first login is never answered is not lost`() async throws {
        let answers = Mutex<[Failure?]>([nil, Failure(.accountDisabled)])
        let server = try await ScriptedServer.start { server, connection, frame in
            guard frame.frameKind == .loginByDevice, let answer = answers.withLock({ $0.popLast() }) else {
                return server.behave(connection, frame)
            }
            guard let answer else { return connection.close(flushing: false) }
            connection.send(answer, frame.correlation)
        }
        let box = try Person("alice", at: server.address)
        let path = box.scratch.url.path + "/identity"
        let device = IdentityFile.Device(
            id: .init(high: 3, low: 3), name: "box", loginKey: try SigningKey().rawRepresentation)
        let file = IdentityFile(
            use: .login, user: box.name, displayName: "Alice", account: alice, address: server.address.text,
            server: ScriptedServer.id, generation: ScriptedServer.generation, everyone: everyone, devices: [device])
        try SmallFile.create(path, with: file.bytes).get()
        // Refused: this profile is nobody, as before.
        await expectRefusal(.refused, "account_disabled") { try await box.client().login(identityFile: path) }
        await expectRefusal(.refused, "not_logged_in") { try await box.client().whoAmI() }
        // The server may have taken the number: it must not be used again.
        await expectRefusal(.unreachable) { try await box.client().login(identityFile: path) }
        let first = try await box.client().login(identityFile: path)
        #expect(first.isNew && first.record.user == box.name)
        #expect(server.bodies(LoginByDevice.self).map(\.number) == [1, 1, 2])
        _ = try await box.client().users(onlineOnly: false)
        // It has been taken over: the server is asked whether it knows of it, and nothing else.
        #expect(try await !box.client().login(identityFile: path).isNew)
        #expect(server.bodies(LoginByDevice.self).map(\.number) == [1, 1, 2, 3, 4])
    }

    @Test func `a login that is not answered ends with the time to connect`() async throws {
        let server = try await ScriptedServer.start { _, _, _ in }
        let alice = try await server.person()
        let begin = Monotonic.now
        await expectRefusal(.unreachable) {
            try await alice.client(connectTimeout: .seconds(1)).users(onlineOnly: true)
        }
        // Not with the time that anything else has.
        #expect(Monotonic.now - begin < .seconds(29))
    }

    @Test(arguments: [FrameKind.loginByDevice, .listAccounts, .subscribe])
    func `who waits for somebody waits no longer than he says`(silentTo kind: FrameKind) async throws {
        let server = try await ScriptedServer.start { server, connection, frame in
            guard frame.frameKind != kind else { return }
            guard frame.frameKind == .listAccounts else { return server.behave(connection, frame) }
            guard let name = UserName("bob") else { return }
            let record = AccountRecord(id: bob, name: name, displayName: "Bob")
            connection.send(
                AccountPage(accounts: [AccountStatus(account: record, online: false, lastSeen: 0)], more: false),
                frame.correlation)
        }
        let alice = try await server.person()
        let begin = Monotonic.now
        let name = try #require(UserName("bob"))
        await expectRefusal(.timedOut) {
            try await alice.client().waitUntilOnline(name, timeout: .seconds(1))
        }
        // Not with the time that anything else has.
        #expect(Monotonic.now - begin < .seconds(29))
    }

    @Test func `an identity that is refused leaves the profile and its numbers as they were`() async throws {
        let refused = DeviceID(high: 4, low: 4)
        let server = try await ScriptedServer.start { server, connection, frame in
            if let login = try? frame.decode(LoginByDevice.self), login.device == refused {
                return connection.send(Failure(.accountDisabled), frame.correlation)
            }
            server.behave(connection, frame)
        }
        let person = try await server.person()
        let path = person.scratch.url.path + "/identity"
        let device = IdentityFile.Device(
            id: refused, name: "box", loginKey: try SigningKey().rawRepresentation)
        let file = IdentityFile(
            use: .login, user: person.name, displayName: "Alice", account: alice, address: server.address.text,
            server: ScriptedServer.id, generation: ScriptedServer.generation, everyone: everyone, devices: [device])
        try SmallFile.create(path, with: file.bytes).get()
        _ = try await person.client().send([toAll("x")])
        await expectRefusal(.refused, "account_disabled") { try await person.client().login(identityFile: path) }
        #expect(try await person.client().send([toAll("y")])[0].status == .accepted)
        let numbers = server.bodies(LoginByDevice.self).filter { $0.device != refused }.map(\.number)
        #expect(numbers == [1, 2])
    }

    @Test func `who is no chatd is said to be`() async throws {
        // A TCP port that says something else than TLS.
        let channel = try await ServerSocket.start(saying: "220 smtp ready\r\n")
        let address = try #require(ServerAddress("127.0.0.1:\(channel.port)"))
        let person = try Person("alice", at: address)
        await expectRefusal(.protocolFault) {
            try await person.client().register(user: person.name, displayName: nil, password: Person.password)
        }
        await channel.stop()
        await expectRefusal(.unreachable) {
            try await person.client().register(user: person.name, displayName: nil, password: Person.password)
        }
    }
}
