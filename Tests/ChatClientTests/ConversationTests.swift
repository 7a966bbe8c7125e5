import CLISupport
import ChatProtocol
import TestSupport
import Testing

@testable import ChatClient

@Suite(.endsWhatItStarts) struct ConversationTests {
    @Test func `a message arrives once with who sent it`() async throws {
        try await withServer { server in
            let alice = try await Person.registered("alice", at: server)
            let bob = try await Person.registered("bob", at: server)
            let sent = try await alice.client().send([bob.to("hello")])
            #expect(sent.map(\.status) == [.accepted])
            let listener = try await bob.client().listen(ListenOptions(follow: false))
            let message = try #require(try await listener.nextMessage())
            #expect(message.body == "hello")
            #expect(message.from == alice.name)
            #expect(message.to == bob.name)
            #expect(message.id == sent[0].id)
            #expect(message.seq == sent[0].seq)
            #expect(message.time == sent[0].time)
            #expect(try await listener.nextMessage() == nil)
            await listener.stop()
        }
    }

    @Test func `everyone hears what is sent to everyone`() async throws {
        try await withServer { server in
            let alice = try await Person.registered("alice", at: server)
            let bob = try await Person.registered("bob", at: server)
            let listener = try await bob.client().listen(ListenOptions())
            try await listener.untilLive()
            let message = OutgoingMessage(conversation: .everyone, body: "all")
            #expect(try await alice.client().send([message]).map(\.status) == [.accepted])
            let heard = try #require(try await listener.nextMessage())
            #expect(heard.conversation == .everyone)
            #expect(heard.body == "all")
            #expect(heard.to == nil)
            await listener.stop()
        }
    }

    @Test func `the same key is delivered once and succeeds again`() async throws {
        try await withServer { server in
            let alice = try await Person.registered("alice", at: server)
            let bob = try await Person.registered("bob", at: server)
            let first = try await alice.client().send([bob.to("once", key: "job 7")])
            let second = try await alice.client().send([bob.to("once", key: "job 7")])
            #expect(first[0].status == .accepted)
            #expect(first == second)
            let listener = try await bob.client().listen(ListenOptions(follow: false))
            #expect(try await listener.nextBodies(9) == ["once"])
        }
    }

    @Test func `another message under a used identifier is refused and told when the first was sent`() async throws {
        try await withServer { server in
            let alice = try await Person.registered("alice", at: server)
            let bob = try await Person.registered("bob", at: server)
            let first = try await alice.client().send([bob.to("once", key: "job 7")])
            let second = try await alice.client().send([bob.to("other", key: "job 7"), bob.to("after")])
            #expect(second[0].problem?.code == "id_reused" && second[0].problem?.exit == .badData)
            #expect(second[0].problem?.text.contains(TimestampText.utc(first[0].time)) == true)
            #expect(second[1].status == .accepted)
            var keepsFirst = SendOptions()
            keepsFirst.keepsFirst = true
            #expect(try await alice.client().send([bob.to("other", key: "job 7")], options: keepsFirst) == first)
            await server.stop()
            let queueing = SendOptions(timeout: .patience, queue: true)
            #expect(try await alice.client().send([bob.to("q", key: "k")], options: queueing)[0].status == .queued)
            #expect(try await alice.client().send([bob.to("q", key: "k")], options: queueing)[0].status == .queued)
            let reused = try await alice.client().send([bob.to("r", key: "k")], options: queueing)
            #expect(reused[0].status == .failed && reused[0].problem?.code == "id_reused")
            #expect(try await alice.client().outbox().map(\.body) == ["q"])
        }
    }

    @Test func `another message under an identifier that another device used is refused, the same one is not`()
        async throws
    {
        try await withServer { server in
            let alice = try await Person.registered("alice", at: server)
            let bob = try await Person.registered("bob", at: server)
            let laptop = try Person("alice", at: server.address)
            _ = try await laptop.joins(alice, deviceName: "laptop")
            _ = try await laptop.client().send([bob.to("before")])
            let first = try await alice.client().send([bob.to("once", key: "job 7")])
            let same = try await laptop.client().send([bob.to("once", key: "job 7")])
            #expect(same == first)
            _ = try await alice.client().send([bob.to("one", key: "job 8")])
            let reused = try await laptop.client().send([bob.to("two", key: "job 8"), bob.to("after")])
            #expect(reused[0].problem?.code == "id_reused" && reused[0].problem?.exit == .badData)
            #expect(reused[1].status == .accepted)
            let listener = try await bob.client().listen(ListenOptions(follow: false))
            #expect(try await listener.nextBodies(9) == ["before", "once", "one", "after"])
        }
    }

    @Test func `a queued message under an identifier that another device used meanwhile is refused`() async throws {
        try await withServer { server in
            let alice = try await Person.registered("alice", at: server)
            let bob = try await Person.registered("bob", at: server)
            let laptop = try Person("alice", at: server.address)
            _ = try await laptop.joins(alice, deviceName: "laptop")
            _ = try await laptop.client().send([bob.to("before")])
            await server.stop()
            let queueing = SendOptions(timeout: .patience, queue: true)
            let queued = try await laptop.client().send([bob.to("two", key: "job 8")], options: queueing)
            #expect(queued[0].status == .queued)
            try await server.startAgain()
            _ = try await alice.client().send([bob.to("one", key: "job 8")])
            let flushed = try await laptop.client().flushOutbox()
            #expect(flushed.map { $0.problem?.code } == ["id_reused"])
        }
    }

    @Test func `an unknown user is said to be`() async throws {
        try await withServer { server in
            let alice = try await Person.registered("alice", at: server)
            let nobody = try Person("nobody", at: server.address)
            let sent = try await alice.client().send([nobody.to("x"), alice.to("note")])
            #expect(sent[0].problem?.code == "no_such_user")
            #expect(sent[0].problem?.exit == .unknownName)
            #expect(sent[0].problem?.sent == .no)
            #expect(sent[1].status == .accepted)
        }
    }

    @Test func `a server that is away means not sent or queued`() async throws {
        try await withServer { server in
            let alice = try await Person.registered("alice", at: server)
            let bob = try await Person.registered("bob", at: server)
            await server.stop()
            let options = SendOptions(timeout: .patience)
            let failed = try await alice.client().send([bob.to("lost")], options: options)
            #expect(failed[0].problem?.exit == .unreachable)
            #expect(failed[0].problem?.sent == .no)
            let queueing = SendOptions(timeout: .patience, queue: true)
            #expect(try await alice.client().send([bob.to("one")], options: queueing)[0].status == .queued)
            let queued = try await alice.client().send([bob.to("two")], options: queueing)
            #expect(queued[0].problem?.exit == .queued)
            #expect(try await alice.client().outbox().map(\.body) == ["one", "two"])
            try await server.startAgain()
            #expect(try await alice.client().send([bob.to("three")])[0].status == .accepted)
            #expect(try await alice.client().outbox().isEmpty)
            let listener = try await bob.client().listen(ListenOptions(follow: false))
            #expect(try await listener.nextBodies(9) == ["one", "two", "three"])
        }
    }

    @Test func `a listener reconnects and misses nothing`() async throws {
        try await withServer { server in
            let alice = try await Person.registered("alice", at: server)
            let bob = try await Person.registered("bob", at: server)
            let listener = try await bob.client().listen(ListenOptions())
            try await listener.untilLive()
            #expect(try await alice.client().send([bob.to("before")])[0].status == .accepted)
            #expect(try await listener.nextMessage()?.body == "before")
            await server.stop()
            try await server.startAgain()
            #expect(try await alice.client().send([bob.to("after")])[0].status == .accepted)
            #expect(try await listener.nextMessage()?.body == "after")
            await listener.stop()
        }
    }

    @Test func `lines arrive in order across a lost server`() async throws {
        try await withServer { server in
            let alice = try await Person.registered("alice", at: server)
            let bob = try await Person.registered("bob", at: server)
            let collected = Collected()
            let sender = try alice.client().makeSender { collected.add($0) }
            let lines = (1...600).map { "line \($0)" }
            let submission = Task {
                for (index, line) in lines.enumerated() {
                    if index == 300 {
                        await server.stop()
                        try await server.startAgain()
                    }
                    await sender.submit(bob.to(line), tag: UInt64(index))
                }
                await sender.finish()
            }
            try await submission.value
            #expect(collected.acknowledgements.map(\.status) == Array(repeating: .accepted, count: lines.count))
            let listener = try await bob.client().listen(ListenOptions(follow: false))
            #expect(try await listener.nextBodies(1000) == lines)
        }
    }

    @Test func `who is cancelled learns what became of his messages`() async throws {
        try await withServer { server in
            let alice = try await Person.registered("alice", at: server)
            let bob = try await Person.registered("bob", at: server)
            let client = try alice.client()
            let sending = Task { await client.send([bob.to("a"), bob.to("b")]) }
            sending.cancel()
            #expect(await sending.value.map(\.status) == [.accepted, .accepted])
        }
    }

    @Test func `delivery and reading can be waited for`() async throws {
        try await withServer { server in
            let alice = try await Person.registered("alice", at: server)
            let bob = try await Person.registered("bob", at: server)
            let client = try bob.client()
            let listener = try await client.listen(ListenOptions())
            try await listener.untilLive()
            let delivered = try await alice.client().send([bob.to("a")], options: SendOptions(wait: .delivered))
            #expect(delivered.map(\.status) == [.delivered])
            let reading = Task {
                while let message = try await listener.nextMessage() { try await client.markShown([message]) }
            }
            let read = try await alice.client().send([bob.to("b")], options: SendOptions(wait: .read))
            #expect(read.map(\.status) == [.read])
            await listener.stop()
            _ = await reading.result
            let isAway = try await eventually {
                try await alice.client().users(onlineOnly: true).allSatisfy { $0.account.name != bob.name }
            }
            #expect(isAway)
            let late = try await withMoreTime { time in
                let sent = try await alice.client().send(
                    [bob.to("c")], options: SendOptions(wait: .read, timeout: time))
                return sent[0].status == .accepted ? sent[0] : nil
            }
            #expect(late?.problem?.exit == .timedOut)
        }
    }

    @Test func `who is online is told`() async throws {
        try await withServer { server in
            let alice = try await Person.registered("alice", at: server)
            let bob = try await Person.registered("bob", at: server)
            let listener = try await alice.client().listen(ListenOptions(presence: true))
            var changes: [PresenceChange] = []
            func collect(_ count: Int) async throws {
                while changes.count < count,
                    case .event(let event) = try await listener.next(deadline: .now + .patience)
                {
                    if case .presence(let change) = event { changes.append(change) }
                }
            }
            try await collect(1)
            #expect(changes.map(\.change) == [.full])
            #expect(changes.first?.users == [alice.name])
            let other = try await bob.client().listen(ListenOptions())
            try await collect(2)
            #expect(changes.last?.change == .online)
            #expect(changes.last?.users == [bob.name])
            try await alice.client().waitUntilOnline(bob.name, timeout: .patience)
            await other.stop()
            try await collect(3)
            #expect(changes.last?.change == .offline)
            await listener.stop()
        }
    }
}
