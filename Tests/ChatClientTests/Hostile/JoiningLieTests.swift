import CLISupport
import ChatProtocol
import Synchronization
import TestSupport
import Testing

@testable import ChatClient

/// A server that lies to who comes into a group.
@Suite(.endsWhatItStarts) struct JoiningLieTests {
    /// Alice has written to bob, who has read nothing yet.
    private func founded(_ server: TestServer) async throws -> (alice: Person, bob: Person) {
        let alice = try await Person.registered("alice", at: server)
        let bob = try await Person.registered("bob", at: server)
        try await bob.client().leavesPackages()
        #expect(await HostileScene.write("one", from: alice, to: bob) == nil)
        return (alice, bob)
    }

    enum WelcomeLie: CaseIterable, Sendable {
        case forged, cut, none

        func change(_ part: inout WelcomePart) {
            guard !part.welcome.isEmpty else { return }
            switch self {
            case .forged: part.welcome[part.welcome.count / 2] ^= 1
            case .cut: part.welcome.removeLast(part.welcome.count / 2)
            case .none: part.welcome = []
            }
        }
    }

    @Test(arguments: WelcomeLie.allCases)
    func `K5: a Welcome that is not what was sent is not entered, and the device comes in from outside`(
        _ lie: WelcomeLie
    ) async throws {
        try await withServer { server in
            let (alice, bob) = try await founded(server)
            let wire = HostileServer.frames(WelcomePart.self) { lie.change(&$0) }
            // What was written before is for who was there.
            let seen = HostileScene.messages(try await HostileScene.read(bob, through: wire))
            #expect(seen.isEmpty || seen == ["one"])
            #expect(await HostileScene.write("two", from: bob, to: alice, through: wire) == nil)
            #expect(await HostileScene.write("three", from: alice, to: bob) == nil)
            #expect(try await HostileScene.read(alice) == ["one", "two", "three"])
            #expect(HostileScene.messages(try await HostileScene.read(bob)).suffix(2) == ["two", "three"])
        }
    }

    @Test
    func `K5: a Welcome that is of another conversation than was asked for is a fault, and the real one is entered`()
        async throws
    {
        try await withServer { server in
            let (alice, bob) = try await founded(server)
            let wire = HostileServer.frames(WelcomePart.self) {
                if !$0.welcome.isEmpty { $0.conversation = ConversationID(high: 6, low: 6) }
            }
            let problem = await HostileScene.write("no", from: bob, to: alice, through: wire)
            #expect(problem?.exit == .protocolFault && wire.bodies(Append.self).isEmpty)
            #expect(await HostileScene.write("two", from: bob, to: alice) == nil)
            #expect(try await HostileScene.read(bob).suffix(1) == ["two"])
            #expect(try await HostileScene.read(alice) == ["one", "two"])
        }
    }

    @Test func `K5: Welcomes without end are read eight at a time`() async throws {
        try await withServer { server in
            let (alice, bob) = try await founded(server)
            let real = Mutex<WelcomePart?>(nil)
            let wire = HostileServer { frame in
                guard frame.frameKind == .welcomePart, var part = try? frame.decode(WelcomePart.self) else {
                    return [frame]
                }
                if !part.welcome.isEmpty { real.withLock { $0 = part } }
                part = real.withLock { $0 } ?? part
                if !part.welcome.isEmpty { part.welcome[part.welcome.count / 2] ^= 1 }
                return [part.frame(correlation: frame.correlation)]
            }
            #expect(await HostileScene.write("two", from: bob, to: alice, through: wire) == nil)
            // Once more where it finds, coming from outside, that it has a leaf.
            #expect(wire.bodies(ReadWelcome.self).count <= 2 * 8)
            #expect(try await HostileScene.read(alice) == ["one", "two"])
        }
    }

    @Test func `K5: a Welcome that comes again leads nowhere`() async throws {
        try await withServer { server in
            let (alice, bob) = try await founded(server)
            let first = Mutex<RawFrame?>(nil)
            let wire = HostileServer { frame in
                guard frame.frameKind == .welcomePart, var part = try? frame.decode(WelcomePart.self) else {
                    // Each message comes with the word that a Welcome waits.
                    guard frame.frameKind == .entry, let entry = try? frame.decode(Entry.self) else { return [frame] }
                    return [GroupWelcome(conversation: entry.conversation).frame(), frame]
                }
                if !part.welcome.isEmpty { first.withLock { $0 = $0 ?? frame } }
                guard let kept = first.withLock({ $0 }), let old = try? kept.decode(WelcomePart.self) else {
                    return [frame]
                }
                part = old
                return [part.frame(correlation: frame.correlation)]
            }
            #expect(try await HostileScene.read(bob, through: wire) == ["one"])
            #expect(await HostileScene.write("two", from: bob, to: alice, through: wire) == nil)
            #expect(await HostileScene.write("three", from: alice, to: bob) == nil)
            #expect(try await HostileScene.read(bob, through: wire) == ["one", "two", "three"])
            #expect(try await HostileScene.read(alice) == ["one", "two", "three"])
        }
    }

    enum DescriptionLie: CaseIterable, Sendable {
        case forged, otherTree, noTree, old, oldAsPresent

        func change(_ part: inout GroupPart, before: GroupPart) {
            switch self {
            case .forged: part.groupInfo[part.groupInfo.count - 10] ^= 1
            case .otherTree: part.tree[part.tree.count / 2] ^= 1
            case .noTree: (part.tree, part.treeSize) = ([], 0)
            case .old: part = before
            case .oldAsPresent:
                let position = part.position
                part = before
                part.position = position
            }
        }
    }

    @Test(arguments: DescriptionLie.allCases)
    func `a description of another state is not joined by it, and an honest one is`(_ lie: DescriptionLie) async throws
    {
        try await withServer { server in
            let (alice, bob) = try await HostileScene.pair(server)
            let phone = try Person("bob", at: server.address)
            _ = try await phone.joins(bob)
            let before: GroupPart = try await {
                let joining = try await Joining(alice, with: bob)
                return try await joining.link.request(ReadGroup(conversation: joining.conversation))
            }()
            let committing = try await Joining(alice, with: bob)
            _ = try await committing.enter(after: .preconditionFailed)
            _ = try await committing.commit(.path(after: try await committing.leafKey()))
            let wire = HostileServer.frames(GroupPart.self) { lie.change(&$0, before: before) }
            let problem = await HostileScene.writeInVain("no", from: phone, to: alice, through: wire)
            #expect(
                problem?.exit == .protocolFault || problem?.exit == .temporary || problem?.exit == .untrusted,
                "\(String(describing: problem))")
            #expect(wire.bodies(Append.self).isEmpty)
            #expect(await HostileScene.write("three", from: phone, to: alice) == nil)
            #expect(try await HostileScene.read(alice) == ["one", "two", "three"])
        }
    }
}
