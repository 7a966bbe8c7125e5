import ChatProtocol
import GroupRules
@testable import MLS
import RulesSupport
import TestSupport
import Testing

@testable import ChatServer

/// Groups by way of a server: founding, joining, committing, and what is refused.
@Suite(.endsWhatItStarts) struct GroupServerTests {
    @Test func `a direct group is founded and entered by its Welcome and written to`() async throws {
        try await withServer { server in
            var scene = try await GroupScene(server)
            try await scene.bob.client.subscribe()
            let package = try scene.bob.keyPackage()
            let policy = scene.alice.direct(with: scene.bob)
            let done = try await scene.alice.found(
                try scene.alice.founding(policy, adding: [package.keyPackage]), policy)
            #expect(done.seq == 1 && done.position.mark == GroupMark(epoch: 1) && !done.duplicate)
            let told: GroupWelcome = try await scene.bob.client.next()
            #expect(told.conversation == scene.dm)
            try await scene.bob.enter(scene.dm, with: package)
            let sent = try await scene.alice.message("hi")
            #expect(sent.seq == 2)
            // Bob reads what follows the commit that let him in; the commit itself was told to those who read before it.
            var entries: [Entry] = []
            while entries.last?.seq != 2 { entries += try await scene.bob.client.entries(1) }
            let text = try scene.bob.take(try #require(entries.last))
            #expect(text == "hi")
            let append = Append(conversation: scene.dm, id: .unique, payloadKind: 1, payload: Array("plain".utf8))
            let plain = try await failure { let _: Appended = try await scene.alice.client.reply(to: append) }
            #expect(plain?.errorCode == .unknownPayloadKind)
        }
    }

    @Test func `a Welcome that waits is told to whoever subscribes, until it is taken`() async throws {
        try await withServer { server in
            var scene = try await GroupScene(server)
            let package = try scene.bob.keyPackage()
            let policy = scene.alice.direct(with: scene.bob)
            _ = try await scene.alice.found(
                try scene.alice.founding(policy, adding: [package.keyPackage]), policy)
            try await scene.bob.client.subscribe()
            #expect(
                scene.bob.client.waiting.contains { $0.kind == GroupWelcome.kind.rawValue },
                "before it is live: who only fetches what there is goes then")
            let told: GroupWelcome = try await scene.bob.client.next()
            #expect(told.conversation == scene.dm)
            try await scene.bob.enter(scene.dm, with: package)
            #expect(try await server.store.welcomes(for: scene.bob.device, limit: 9).isEmpty)
        }
    }

    @Test func `I1: a direct conversation is founded by a party and everyone by any device`() async throws {
        try await withServer { server in
            var scene = try await GroupScene(server)
            var carol = try await GroupMember("carol", on: server, seed: 3)
            let policy = scene.alice.direct(with: scene.bob)
            let stranger = try await failure {
                try await carol.found(try carol.founding(policy, judge: AcceptAll()), policy)
            }
            #expect(stranger?.errorCode == .notAMember)
            // Parties that are not those of the conversation.
            let others = GroupPolicy(
                server: carol.hello.server, group: policy.group,
                kind: .direct(parties: [scene.alice.account.party]))
            var prepared = try scene.alice.founding(policy)
            prepared.founding = Array(prepared.founding.dropLast())
            let broken = try await failure { try await scene.alice.found(prepared, policy) }
            #expect(broken?.errorCode == .invalidHandshake)
            let wrong = try scene.alice.founding(others, judge: AcceptAll())
            let misled = try await failure { try await scene.alice.found(wrong, others) }
            #expect(misled?.errorCode == .invalidHandshake)
            // A founding by another device than the one that is logged in.
            let foreign = try scene.bob.founding(policy)
            let lied = try await failure { try await scene.alice.found(foreign, policy) }
            #expect(lied?.errorCode == .invalidHandshake)
            let everyone = GroupPolicy(
                server: carol.hello.server,
                group: GroupName(conversation: carol.hello.everyone, incarnation: 0), kind: .everyone)
            let open = try await carol.found(try carol.founding(everyone), everyone)
            #expect(open.position.epoch == 1)
        }
    }

    @Test func `I1: a founding describes the founder's leaf alone`() async throws {
        try await withServer { server in
            var scene = try await GroupScene(server)
            let policy = scene.alice.direct(with: scene.bob)
            var prepared = try scene.alice.founding(policy, adding: [try scene.bob.keyPackage().keyPackage])
            // As it is behind the commit that adds bob, and said to be of epoch 0.
            var info = try prepared.next.groupInfo()
            info.groupContext.epoch = 0
            info.groupContext.confirmedTranscriptHash = []
            try info.sign(scene.alice.identity.signatureKey.privateKey)
            prepared.founding = info.encoded
            let refused = try await failure { try await scene.alice.found(prepared, policy) }
            #expect(refused?.errorCode == .invalidHandshake)
            #expect(refused?.sentence.hasSuffix("a group is founded by the device that is logged in, alone") == true)
        }
    }

    @Test func `I1: the parties are who their accounts' chains say they are`() async throws {
        try await withServer { server in
            var scene = try await GroupScene(server)
            let (place, device) = (scene.bob.account.place, scene.bob.device)
            let first = try #require(scene.bob.account.chain.links.first)
            _ = try await server.store.publish(
                ChainStep(
                    account: place.account, before: .none, link: first.wireBytes, hash: first.hash.bytes,
                    signer: device,
                    instance: 0, effect: .create(device)))
            let impostor = try TestAccount("bob", seed: 99, at: place, device: device)
            let forged = GroupPolicy.direct(scene.alice.account.party, impostor.party, on: place.server)
            let refused = try await failure { try await scene.alice.found(try scene.alice.founding(forged), forged) }
            #expect(refused?.errorCode == .invalidHandshake)
            let policy = scene.alice.direct(with: scene.bob)
            let done = try await scene.alice.found(try scene.alice.founding(policy), policy)
            #expect(done.position.epoch == 1)
        }
    }

    @Test func `a Welcome is for the key packages that the commit adds`() async throws {
        try await withServer { server in
            var scene = try await GroupScene(server)
            let policy = scene.alice.direct(with: scene.bob)
            let (one, other) = (try scene.bob.keyPackage().keyPackage, try scene.bob.keyPackage().keyPackage)
            var prepared = try scene.alice.founding(policy, adding: [one])
            prepared.welcome = try scene.alice.founding(policy, adding: [other]).welcome
            let refused = try await failure { try await scene.alice.found(prepared, policy) }
            #expect(refused?.errorCode == .invalidHandshake)
        }
    }

    @Test func `whoever is late with a founding is told that there is a group`() async throws {
        try await withServer { server in
            var scene = try await GroupScene(server)
            let policy = scene.alice.direct(with: scene.bob)
            let second = try scene.bob.founding(policy)
            try await scene.alice.found(try scene.alice.founding(policy), policy)
            let late = try await failure { try await scene.bob.found(second, policy) }
            #expect(late?.errorCode == .groupExists)
            // And joins from outside.
            let done = try await scene.bob.join(scene.dm)
            #expect(done.seq == 2 && done.position.epoch == 2)
            try await scene.alice.client.subscribe()
            try scene.alice.take(try #require(try await scene.alice.client.entries(1).first))
            _ = try await scene.bob.message("here")
            let text = try scene.alice.take(try #require(try await scene.alice.client.entries(1).first))
            #expect(text == "here")
        }
    }

    @Test func `of two commits to one epoch one is taken and the other told where it stands`() async throws {
        try await withServer { server in
            var scene = try await GroupScene(server)
            try await scene.found()
            let (first, second) = (try scene.alice.commit(), try scene.bob.commit())
            let stale = scene.bob.position
            try await scene.alice.send(first)
            let late = try await failure { try await scene.bob.send(second, at: stale) }
            #expect(late?.errorCode == .preconditionFailed)
            #expect(late?.current?.position.mark == GroupMark(epoch: 2) && late?.current?.head == 2)
        }
    }

    @Test func `a founding and a commit that come again are answered as the first time`() async throws {
        try await withServer { server in
            var scene = try await GroupScene(server)
            let policy = scene.alice.direct(with: scene.bob)
            let founding = try scene.alice.founding(policy)
            let first = try await scene.alice.found(founding, policy, id: MessageID(high: 1, low: 1))
            let commit = try scene.alice.commit()
            let position = scene.alice.position
            let second = try await scene.alice.send(commit, id: MessageID(high: 1, low: 2))
            let again = try await scene.alice.found(founding, policy, id: MessageID(high: 1, low: 1))
            #expect(again.duplicate && again.seq == first.seq && again.position == first.position)
            let twice = try await scene.alice.send(commit, at: position, id: MessageID(high: 1, low: 2))
            #expect(twice.duplicate && twice.seq == second.seq && twice.position == second.position)
        }
    }

    @Test func `E6: a GroupInfo without external_pub or of another epoch is refused`() async throws {
        try await withServer { server in
            var scene = try await GroupScene(server)
            try await scene.found()
            var prepared = try scene.alice.commit()
            let infos = [
                try prepared.next.groupInfo(withTree: false, withExternalPub: false).encoded,
                try #require(scene.alice.group).groupInfo(withTree: false).encoded, [],
            ]
            for info in infos {
                prepared.info = info
                let refused = try await failure { try await scene.alice.send(prepared) }
                #expect(refused?.errorCode == .invalidHandshake)
            }
            prepared.info = try prepared.next.groupInfo(withTree: false).encoded
            let done = try await scene.alice.send(prepared)
            #expect(done.position.epoch == 2)
        }
    }

    @Test func `E6: a GroupInfo that another member has signed than the one who commits is refused`() async throws {
        try await withServer { server in
            var scene = try await GroupScene(server)
            try await scene.found()
            var prepared = try scene.alice.commit()
            let bob = try #require(scene.bob.group)
            var info = try prepared.next.groupInfo(withTree: false)
            info.signer = bob.ownLeaf
            try info.sign(bob.signatureKey.privateKey)
            let good = prepared.info
            prepared.info = info.encoded
            let refused = try await failure { try await scene.alice.send(prepared) }
            #expect(refused?.errorCode == .invalidHandshake)
            prepared.info = good
            #expect(try await scene.alice.send(prepared).position.epoch == 2)
        }
    }

    @Test func `nobody commits as somebody else`() async throws {
        try await withServer { server in
            var scene = try await GroupScene(server)
            try await scene.found()
            let foreign = try scene.bob.commit()
            let refused = try await failure { try await scene.alice.send(foreign) }
            #expect(refused?.errorCode == .invalidHandshake)
        }
    }

    @Test func `who is added is an active device and gets the Welcome that is there`() async throws {
        try await withServer { server in
            var scene = try await GroupScene(server)
            var second = try await GroupMember(another: &scene.bob, on: server, seed: 4)
            let package = try second.keyPackage().keyPackage
            let policy = scene.alice.direct(with: scene.bob)
            var prepared = try scene.alice.founding(policy, adding: [package])
            let welcome = prepared.welcome
            prepared.welcome = []
            let without = try await failure { try await scene.alice.found(prepared, policy) }
            #expect(without?.errorCode == .invalidHandshake)
            prepared.welcome = welcome
            try await server.store.revokeDevice(second.device, of: second.hello.account.id)
            let revoked = try await failure { try await scene.alice.found(prepared, policy) }
            #expect(revoked?.errorCode == .noDevice)
        }
    }

    @Test func `a device comes back over its own leaf and reads what follows`() async throws {
        try await withServer { server in
            var scene = try await GroupScene(server)
            try await scene.found()
            _ = try await scene.alice.message("missed")
            let part: GroupPart = try await scene.bob.client.reply(to: ReadGroup(conversation: scene.dm))
            let own = try #require(scene.bob.group).members.first {
                $0.leaf.signatureKey
                    == (try? scene.bob.identity)?
                    .signatureKey.publicKey
            }
            let joining = try scene.bob.joining(part, removing: own?.index)
            let done = try await scene.bob.send(joining, at: part.position, to: scene.dm)
            #expect(done.seq == 3)
            try await scene.bob.client.subscribe()
            try await scene.alice.client.subscribe()
            while scene.alice.position?.epoch != 2 {
                let entry = try #require(try await scene.alice.client.entries(1).first)
                if entry.seq == 3 { try scene.alice.take(entry) }
            }
            _ = try await scene.alice.message("after")
            var entry = try #require(try await scene.bob.client.entries(1).first)
            while entry.seq < 4 { entry = try #require(try await scene.bob.client.entries(1).first) }
            let text = try scene.bob.take(entry)
            #expect(text == "after")
        }
    }

    @Test func `J6: a revoked device is removed by anybody who shows it and reads nothing more`() async throws {
        try await withServer { server in
            var scene = try await GroupScene(server)
            try await scene.found()
            var second = try await GroupMember(another: &scene.bob, on: server, seed: 5)
            try await second.client.subscribe()
            try await second.join(scene.dm)
            try await scene.alice.client.subscribe()
            while scene.alice.position?.epoch != 2 {
                try scene.alice.take(try #require(try await scene.alice.client.entries(1).first))
            }
            _ = try await scene.alice.message("for both")
            let both = try second.take(try #require(try await second.client.entries(1).first))
            #expect(both == "for both")
            // Without the revocation nobody may.
            let leaf = try #require(second.group).members.first { member in
                (try? DeviceCredential(member.leaf.credential))?.device == second.device
            }
            let index = try #require(leaf).index
            try scene.bob.account.revoke(second.device)
            let note = CommitNote(
                revocations: [try #require(scene.bob.account.chain.revocation(of: second.device))])
            try await scene.alice.send(try scene.alice.commit([.remove(index)], note: note))
            _ = try await scene.alice.message("for one")
            let last = try #require(try await second.client.entries(1).first)
            #expect(last.payloadKind == PayloadKind.commit.rawValue)
            let _: Pong = try await second.client.reply(to: Ping())
            #expect(!second.client.waiting.contains { $0.frameKind == .entry })
            let gone = try await failure { _ = try await second.message("me too") }
            #expect(gone?.errorCode == .preconditionFailed || gone?.errorCode == .notInGroup)
            // Nor by way of the log.
            let page: LogPage = try await second.client.reply(to: ReadLog(conversation: scene.dm, after: last.seq))
            #expect(page.hashed == page.entries.map(\.seq) && page.entries.count == 1)
        }
    }

    @Test func `a log is read without a subscription and holds what the device needs`() async throws {
        try await withServer { server in
            var scene = try await GroupScene(server)
            try await scene.found()
            _ = try await scene.alice.message("hers")
            _ = try await scene.bob.message("his")
            let page: LogPage = try await scene.bob.client.reply(to: ReadLog(conversation: scene.dm, after: 0))
            #expect(page.entries.map(\.payloadKind) == [3, 2, 2] && page.hashed == [3] && page.gaps == [])
            #expect(page.through == 3 && page.standing.head == 3 && page.standing.position == scene.bob.position)
            let text = try scene.bob.take(page.entries[1])
            #expect(text == "hers")
            #expect(page.entries[2].payload.count == 32)
            // A device that is not in the group gets the handshakes.
            let second = try await server.logIn("bob", enters: false)
            let outside: LogPage = try await second.reply(to: ReadLog(conversation: scene.dm, after: 0))
            #expect(outside.hashed == [2, 3] && outside.entries[0].payload == page.entries[0].payload)
            let stranger = try await server.logIn("carol", enters: false)
            let refused = try await failure {
                let _: LogPage = try await stranger.reply(to: ReadLog(conversation: scene.dm, after: 0))
            }
            #expect(refused?.errorCode == .notAMember)
        }
    }

    @Test func `the founding GroupInfo is kept with the tree in it`() async throws {
        try await withServer { server in
            var scene = try await GroupScene(server)
            let none = try await failure {
                let _: GroupPart = try await scene.alice.client.reply(to: ReadGroup(conversation: scene.dm))
            }
            #expect(none?.errorCode == .noGroup)
            try await scene.found()
            try await scene.alice.send(try scene.alice.commit())
            let part: GroupPart = try await scene.bob.client.reply(
                to: ReadGroup(conversation: scene.dm, founding: true))
            var follower = try PublicGroup(
                try GroupInfo(decoding: part.groupInfo), now: GroupJudge.now, judge: scene.bob.judge)
            let page: LogPage = try await scene.bob.client.reply(to: ReadLog(conversation: scene.dm, after: 0))
            for entry in page.entries {
                guard case .commit(let commit) = try follower.open(try MLSMessage(decoding: entry.payload)) else {
                    continue
                }
                try follower.merge(try follower.stage(commit, now: GroupJudge.now, judge: scene.bob.judge))
            }
            #expect(follower.context == scene.alice.group?.context)
            let stale = try await failure {
                let _: GroupPart = try await scene.bob.client.reply(
                    to: ReadGroup(conversation: scene.dm, offset: 1, position: scene.bob.position))
            }
            #expect(stale?.errorCode == .preconditionFailed)
        }
    }

    @Test func `a group lives on with its server`() async throws {
        let scratch = try Scratch()
        let first = try await TestServer.start(scratch: scratch)
        var scene = try await GroupScene(first)
        try await scene.found()
        let prepared = try scene.alice.commit()
        let (key, device) = (scene.alice.hello.groupKey, scene.alice.device)
        await first.stop()
        let second = try await TestServer.start(scratch: scratch)
        let client = try await second.logIn("alice", device: device, enters: false)
        #expect(try client.welcome.groupKey == key)
        let done: Appended = try await client.reply(
            to: ChatProtocol.Commit(
                conversation: scene.dm, id: .unique, position: try #require(scene.alice.position),
                handshake: prepared.handshake, groupInfo: prepared.info))
        #expect(done.position.epoch == 2)
    }

    @Test func `turns to commit come one after the other`() async throws {
        try await withServer { server in
            var scene = try await GroupScene(server)
            try await scene.found()
            let turn: Turn = try await scene.alice.client.reply(to: TakeTurn(conversation: scene.dm))
            #expect(turn.position == scene.alice.position && turn.lease == 2_000)
            scene.bob.client.send(TakeTurn(conversation: scene.dm))
            let _: Pong = try await scene.bob.client.reply(to: Ping())
            #expect(!scene.bob.client.waiting.contains { $0.frameKind == .turn })
            let again = scene.alice.client.send(TakeTurn(conversation: scene.dm))
            try await scene.alice.send(try scene.alice.commit())
            let next: Turn = try await scene.bob.client.next()
            #expect(next.position.epoch == 2)
            // Who does nothing with it has it for two seconds.
            let _: Turn = try await scene.alice.client.next(correlation: again)
        }
    }

    @Test func `the next incarnation is founded when a party has no active device there`() async throws {
        try await withServer { server in
            var scene = try await GroupScene(server)
            try await scene.found()
            let group = try #require(scene.alice.group)
            let previous = GroupPolicy.Previous(
                incarnation: 0, epoch: Epoch(group.epoch),
                confirmedTranscriptHash: group.context.confirmedTranscriptHash)
            let policy = scene.alice.direct(with: scene.bob, incarnation: 1, previous: previous)
            let early = try await failure { try await scene.alice.found(try scene.alice.founding(policy), policy) }
            #expect(early?.errorCode == .groupExists)
            try await server.store.revokeDevice(scene.bob.device, of: scene.bob.hello.account.id)
            let forged = scene.alice.direct(with: scene.bob, incarnation: 1)
            let unlinked = try await failure { try await scene.alice.found(try scene.alice.founding(forged), forged) }
            #expect(unlinked?.errorCode == .invalidHandshake)
            let done = try await scene.alice.found(try scene.alice.founding(policy), policy)
            #expect(done.position.mark == GroupMark(incarnation: 1, epoch: 1))
            try await scene.alice.send(try scene.alice.commit())
            let sent = try await scene.alice.message("on")
            #expect(sent.position.mark == GroupMark(incarnation: 1, epoch: 2))
        }
    }
}
