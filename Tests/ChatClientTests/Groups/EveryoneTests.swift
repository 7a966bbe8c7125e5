import CLISupport
import ChatProtocol
import GroupRules
import MLS
import TestSupport
import Testing

@testable import ChatClient

/// How devices come into everyone's group, by way of a real server.
@Suite(.endsWhatItStarts) struct EveryoneTests {
    /// What is known of the group where somebody's profile is in it.
    private struct View: Equatable, Sendable {
        var mark: GroupMark
        var devices: Set<DeviceID>
    }

    private func view(_ person: Person) async throws -> View? {
        let client = try person.client()
        let groupKey = try await client.withStore { try $0.groupKey() }
        guard let groupKey else { return nil }
        return try await client.withStore { store -> View? in
            guard let identity = try store.identity(), let standing = try store.groupStanding(of: identity.everyone)
            else { return nil }
            let judge = GroupJudge(server: identity.server, groupKey: groupKey)
            let group = try Group.load(standing.group.groupId, from: store.groupRows, judge: judge)
            return View(
                mark: GroupMark(incarnation: standing.group.incarnation, epoch: Epoch(group.epoch)),
                devices: Set(group.members.compactMap { try? DeviceCredential($0.leaf.credential).device }))
        }
    }

    private func says(_ body: String) -> OutgoingMessage { OutgoingMessage(conversation: .everyone, body: body) }

    /// Passwords are computed a few at a time; who comes meanwhile is told to come again.
    private func registered(_ name: String, at server: TestServer) async throws -> Person {
        for _ in 0..<100 {
            do { return try await Person.registered(name, at: server) } catch let problem as Problem {
                guard problem.code == ErrorCode.busy.name else { throw problem }
                try await Task.sleep(for: .milliseconds(50))
            }
        }
        return try await Person.registered(name, at: server)
    }

    @Test func `devices that come at once are all in, and read each other`() async throws {
        try await withServer { server in
            let people = try await withThrowingTaskGroup(of: Person.self) { group in
                for number in 0..<8 { group.addTask { try await registered("user\(number)", at: server) } }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            try await withThrowingTaskGroup(of: Void.self) { group in
                for person in people {
                    group.addTask {
                        let sent = try await person.client().send([says("from \(person.name)")])
                        #expect(sent.map(\.status) == [.accepted], "\(String(describing: sent.first?.problem))")
                    }
                }
                try await group.waitForAll()
            }
            let wanted = Set(people.map { "from \($0.name)" })
            for person in people {
                let client = try person.client()
                try await client.sync(of: .everyone)
                let items = try await client.history(HistoryQuery(conversation: .everyone, limit: 50))
                let bodies = items.compactMap { if case .message(let message) = $0 { message.body } else { nil } }
                #expect(bodies.count == wanted.count && Set(bodies) == wanted)
                #expect(try await view(person)?.devices.count == people.count)
            }
        }
    }

    @Test(arguments: [nil, FrameKind.lookUpConversations, .takeTurn, .readGroup, .commit])
    func `a later device comes in from outside, also where an answer is lost`(kind: FrameKind?) async throws {
        try await withServer { server in
            let alice = try await Person.registered("alice", at: server)
            let phone = try Person("alice", at: server.address)
            _ = try await phone.joins(alice)
            #expect(try await view(phone) == nil)
            for losing in [kind, nil] {
                let client = try phone.client()
                let (link, welcome) = try await client.loggedInLink()
                let made = try await client.joiner(on: link)
                let wire: any GroupWire = if let losing { LosingWire(link, losing: losing) } else { link }
                let joiner = Joiner(
                    place: made.place, store: made.store, wire: wire, gate: made.gate, log: made.log,
                    refresh: made.refresh)
                _ = try? await joiner.enter(welcome.everyone, as: .everyone)
            }
            #expect(try await view(phone)?.mark == GroupMark(epoch: 2))
            #expect(try await view(phone)?.devices.count == 2)
        }
    }

    @Test func `where nobody is left the next incarnation is founded`() async throws {
        try await withServer { server in
            let alice = try await Person.registered("alice", at: server)
            #expect(try await view(alice)?.mark == GroupMark(epoch: 1))
            let other = try Person("alice", at: server.address)
            var wish = LoginWish()
            wish.confirmReset = { _ in true }
            _ = try await other.client().login(
                user: other.name, password: Person.password, deviceName: "other", wish: wish)
            #expect(try await view(other)?.mark == GroupMark(incarnation: 1, epoch: 1))
            #expect(try await other.client().send([says("anew")]).map(\.status) == [.accepted])
        }
    }
}
