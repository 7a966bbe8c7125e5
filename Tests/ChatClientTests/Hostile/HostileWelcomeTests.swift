import CLISupport
import ChatProtocol
import GroupRules
@testable import MLS
import RulesSupport
import TestSupport
import Testing

@testable import ChatClient

/// A member that lets others in where nobody else is.
@Suite(.endsWhatItStarts) struct HostileWelcomeTests {
    @Test func `K5: a Welcome that leads to another group than its commit is not entered, and what is written is read`()
        async throws
    {
        try await withServer { server in
            let (alice, mallory, carol, name) = try await HostileScene.room(server)
            let hostile = try await HostileMember(mallory, in: name)
            let (group, position) = try await hostile.group()
            let adds = CommitOptions(try await hostile.packages(of: carol).map { .add($0) })
            let real = try HostileMember.commit(adds, in: group)
            let beside = try HostileMember.commit(adds, in: group)
            try await hostile.sends(
                real.pending.message.encoded, try #require(try real.pending.groupInfo()).encoded,
                welcome: try #require(beside.pending.welcome).encoded, at: position)
            try await carol.client().joinRoom(name)
            #expect(try await HostileScene.write("hello", from: carol, to: name) == nil)
            #expect(try await HostileScene.write("good day", from: alice, to: name) == nil)
            #expect(HostileScene.messages(try await HostileScene.read(alice)).contains("hello"))
            #expect(HostileScene.messages(try await HostileScene.read(carol)) == ["hello", "good day"])
        }
    }

    @Test func `K5: a tree that is not the Welcome's is not entered, whoever gives it`() async throws {
        try await withServer { server in
            let (alice, mallory, carol, name) = try await HostileScene.room(server)
            let hostile = try await HostileMember(mallory, in: name)
            let (group, position) = try await hostile.group()
            var options = CommitOptions(try await hostile.packages(of: carol).map { .add($0) })
            options.welcomeCarriesTree = false
            let made = try HostileMember.commit(options, in: group)
            try await hostile.sends(
                made.pending.message.encoded, try #require(try made.pending.groupInfo()).encoded,
                welcome: try #require(made.pending.welcome).encoded, at: position)
            let lie = HostileServer.frames(GroupPart.self) { part in
                if !part.tree.isEmpty { part.tree[part.tree.count / 2] ^= 1 }
            }
            let client = try carol.client(line: { lie.line($0) })
            await expectRefusal(.protocolFault) { try await client.joinRoom(name) }
            #expect(lie.bodies(ChatProtocol.Commit.self).isEmpty)
            await client.close()
            try await carol.client().joinRoom(name)
            #expect(try await HostileScene.write("hello", from: carol, to: name) == nil)
            #expect(HostileScene.messages(try await HostileScene.read(alice)) == ["hello"])
        }
    }

    @Test func `S3: a description with a key that is not the group's costs a coming back, and all go on`() async throws
    {
        try await withServer { server in
            let (alice, mallory, carol, name) = try await HostileScene.room(server)
            try await alice.client().setRoom(name, access: .open, adders: nil)
            let hostile = try await HostileMember(mallory, in: name)
            let (group, position) = try await hostile.group()
            let (made, beside) = (
                try HostileMember.commit(CommitOptions(), in: group),
                try HostileMember.commit(CommitOptions(), in: group)
            )
            var info = try #require(try made.pending.groupInfo())
            let foreign = try #require(try beside.pending.groupInfo()?.extensions[.externalPub])
            info.extensions.set(.externalPub, foreign)
            try info.sign(group.signatureKey.privateKey)
            try await hostile.sends(made.pending.message.encoded, info.encoded, at: position)
            // What she joins by opens nothing, and nobody can tell before.
            try await carol.client().joinRoom(name)
            #expect(try await HostileScene.write("hello", from: carol, to: name) == nil)
            #expect(try await HostileScene.write("good day", from: alice, to: name) == nil)
            #expect(try await HostileScene.write("and you", from: carol, to: name) == nil)
            #expect(HostileScene.messages(try await HostileScene.read(carol)).suffix(2) == ["good day", "and you"])
            #expect(HostileScene.messages(try await HostileScene.read(alice)).suffix(2) == ["good day", "and you"])
        }
    }

    @Test func `S3: a description with another key that no member has signed is joined by nobody`() async throws {
        try await withServer { server in
            let (alice, mallory, carol, name) = try await HostileScene.room(server)
            try await alice.client().setRoom(name, access: .open, adders: nil)
            let former = try await HostileMember(mallory, in: name).group().0
            // Of an epoch whose secrets she has: what somebody joins by it she could read.
            let foreign = try #require(try former.groupInfo(withTree: false).extensions[.externalPub])
            let removed = try await alice.client().remove([mallory.name], from: name)
            #expect(removed.allSatisfy { $0.problem == nil })
            for isSignedByHer in [false, true] {
                let lie = HostileServer.frames(GroupPart.self) { part in
                    guard var info = try? GroupInfo(decoding: part.groupInfo) else { return }
                    info.extensions.set(.externalPub, foreign)
                    if isSignedByHer {
                        info.signer = former.ownLeaf
                        try? info.sign(former.signatureKey.privateKey)
                    }
                    part.groupInfo = info.encoded
                }
                let client = try carol.client(line: { lie.line($0) })
                await expectRefusal(.protocolFault) { try await client.joinRoom(name) }
                #expect(!lie.bodies(ReadGroup.self).isEmpty && lie.bodies(ChatProtocol.Commit.self).isEmpty)
                await client.close()
            }
            try await carol.client().joinRoom(name)
            #expect(try await HostileScene.write("hello", from: carol, to: name) == nil)
            #expect(HostileScene.messages(try await HostileScene.read(alice)) == ["hello"])
        }
    }

    @Test func `a key that another device has keeps nobody but its owner from being added`() throws {
        var generator = SeededGenerator(seed: 3)
        let (ann, bob) = (try TestAccount("ann", seed: 1), try TestAccount("bob", seed: 2))
        func package(_ account: TestAccount) throws -> KeyPackage {
            try KeyPackage.create(
                suite: GroupPlace.suite, identity: account.identity(), lifetime: Lifetime(notBefore: 1, notAfter: 2),
                using: &generator
            ).keyPackage
        }
        let (first, second) = (try package(ann), try package(bob))
        var keys = TakenKeys()
        #expect(keys.unused([first, second]) == [first, second])
        // Ann's device may be added anew under the key that it has.
        let third = try package(ann)
        #expect(keys.unused([third]) == [third])
        var others = TakenKeys()
        others.add([first.leafNode.signatureKey.bytes], of: try DeviceCredential(second.leafNode.credential))
        #expect(others.unused([first, second]) == [second])
        for key in [first.initKey.bytes, first.leafNode.encryptionKey.bytes] {
            var others = TakenKeys()
            others.add([key], of: try DeviceCredential(second.leafNode.credential))
            #expect(others.unused([first]) == [])
        }
    }

    @Test func `a key that a node of the room's tree has keeps nobody but its owner from being added`() async throws {
        try await withServer { server in
            let (alice, mallory, carol, name) = try await HostileScene.room(server)
            let dan = try await Person.registered("dan", at: server)
            try await dan.client().leavesPackages()
            let group = try await HostileMember(mallory, in: name).group().0
            let stolen = try #require(group.ratchetTree.parentKeys.first)
            try await Self.publish(stolen, by: dan, at: server)
            let added = try await alice.client().add([dan.name, carol.name], to: name)
            #expect(added.map { $0.problem?.code } == ["no_device", nil])
            try await carol.client().joinRoom(name)
            #expect(try await HostileScene.write("hello", from: alice, to: name) == nil)
            #expect(HostileScene.messages(try await HostileScene.read(carol)).last == "hello")
        }
    }

    /// Has the server hold nothing of somebody but a package whose leaf has this key.
    private static func publish(_ key: HPKEPublicKey, by person: Person, at server: TestServer) async throws {
        let client = try person.client()
        let (link, welcome) = try await client.loggedInLink()
        let device = welcome.device
        try await server.writing { try $0.run("DELETE FROM key_packages WHERE device = ?", device) }
        let identity = try await client.joiner(on: link).place.identity()
        let lives = KeyPackageStock.lifetime(isLastResort: true, now: WallClock.now)
        var generator = SystemRandomNumberGenerator()
        var package = try KeyPackage.create(
            suite: GroupPlace.suite, identity: identity,
            lifetime: Lifetime(notBefore: lives.from, notAfter: lives.to), using: &generator
        ).keyPackage
        package.leafNode.encryptionKey = key
        try package.leafNode.sign(package.cipherSuite.algorithms(), at: nil, key: identity.signatureKey.privateKey)
        try package.sign(identity.signatureKey.privateKey)
        let count: KeyPackageCount = try await link.request(
            PublishKeyPackages(packages: [], lastResort: package.encoded))
        #expect(count.refused == [])
    }
}
