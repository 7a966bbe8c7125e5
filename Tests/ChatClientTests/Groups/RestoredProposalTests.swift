import CLISupport
import ChatProtocol
import GroupRules
import MLS
import RulesSupport
import TestSupport
import Testing

@testable import ChatClient

/// Removals that wait in an epoch of which a restore of the server has lost a part.
@Suite(.endsWhatItStarts) struct RestoredProposalTests {
    /// Alice, and bob with three devices, all in one group.
    private struct Scene {
        let alice: Person
        let laptop: Person
        let phone: Person
        let tablet: Person

        init(_ server: TestServer) async throws {
            alice = try await Person.registered("alice", at: server)
            laptop = try await Person.registered("bob", at: server)
            phone = try Person("bob", at: server.address)
            tablet = try Person("bob", at: server.address)
            for further in [phone, tablet] { _ = try await further.joins(laptop) }
            for person in [alice, laptop, phone, tablet] { try await person.client().leavesPackages() }
            #expect(try await Joining(alice, with: laptop).enter() == GroupMark(epoch: 1))
            #expect(try await devices() == [alice.device(), laptop.device(), phone.device(), tablet.device()])
        }

        /// Nothing more comes to a device, and its removal waits in the group.
        func suspend(_ device: Person) async throws {
            let lost = try await device.device().hex
            _ = try await phone.client().revokeDevice(lost) { () throws(Problem) in Person.password }
        }

        func aliceReads() async throws {
            let one = try await Joining(alice, with: laptop)
            _ = try await one.joiner.readLog(one.conversation)
        }

        func devices() async throws -> Set<DeviceID> { try await Joining(alice, with: laptop).view().devices }

        /// How many removals wait where alice stands.
        func waiting() async throws -> Int {
            let one = try await Joining(alice, with: laptop)
            let (conversation, judge) = (one.conversation, one.joiner.place.judge)
            return try await one.client.withStore { store in
                guard let standing = try store.groupStanding(of: conversation) else { return 0 }
                let group = try Group.load(standing.group.groupId, from: store.groupRows, judge: judge)
                return group.pendingProposals.count
            }
        }
    }

    /// - Parameter isOneLeft: another one waits since before the backup, and has been read.
    @Test(arguments: [false, true])
    func `S4: a removal that a restore has lost is committed by nobody, and one that it has left is`(
        isOneLeft: Bool
    ) async throws {
        try await withServer { server in
            let scene = try await Scene(server)
            if isOneLeft {
                try await scene.suspend(scene.tablet)
                try await scene.aliceReads()
            }
            try await server.isRestored {
                try await scene.suspend(scene.laptop)
                try await scene.aliceReads()
                #expect(try await scene.waiting() == (isOneLeft ? 2 : 1))
            }
            #expect(await HostileScene.write("after", from: scene.alice, to: scene.laptop) == nil)
            #expect(HostileScene.messages(try await HostileScene.read(scene.laptop)).last == "after")
            var staying = [scene.alice, scene.laptop, scene.phone]
            if !isOneLeft { staying.append(scene.tablet) }
            #expect(try await scene.devices() == Set(try await staying.devices()))
            #expect(try await scene.waiting() == 0)
            // It is the same proposal where it is made again.
            try await scene.suspend(scene.laptop)
            #expect(await HostileScene.write("without it", from: scene.alice, to: scene.laptop) == nil)
            staying.removeAll { $0 === scene.laptop }
            #expect(try await scene.devices() == Set(try await staying.devices()))
        }
    }

    @Test func `S4: what waits is taken from the log only where nobody has read on since it was asked for`() throws {
        let scene = try StoreScene()
        var pair = try GroupPair()
        try pair.join(scene.store)
        let proposal = try pair.other.propose(.remove(LeafIndex(1)), using: &pair.generator)
        var held = HeldGroup()
        try scene.store.write {
            var group = try held.current(pair.groupId, in: scene.store.groupRows, judge: pair.judge)
            guard case .proposal(let verified) = try group.open(proposal) else { throw TestFailure("no proposal") }
            try group.cache(verified)
            try held.save(group, to: scene.store.groupRows)
        }
        let epoch = Epoch(pair.other.epoch)
        let restored = ConversationPosition(
            generation: StoreGeneration(high: 8, low: 8), incarnation: 0, epoch: epoch)
        func adopt(_ proposals: WaitingProposals?) throws -> GroupAdoption {
            try scene.store.write { try scene.store.adopt(restored, pair.conversation, proposals, &held, pair.judge) }
        }
        let first = ProposalPlace(pair.standing(1), epoch)
        #expect(try adopt(nil) == .isUnsure(first))
        // Another process has read an entry meanwhile, which may be a proposal.
        try scene.store.write { try scene.store.setGroupStanding(pair.standing(2)) }
        let second = ProposalPlace(pair.standing(2), epoch)
        #expect(try adopt(WaitingProposals(at: first)) == .isUnsure(second))
        #expect(try scene.store.groupStanding(of: pair.conversation)?.generation == GroupPair.generation)
        #expect(try adopt(WaitingProposals(at: second)) == .isHere)
        #expect(try scene.store.groupStanding(of: pair.conversation)?.generation == restored.generation)
        #expect(try pair.load(scene.store).pendingProposals.isEmpty)
    }

    @Test func `S4: by removals that a restore has lost no group is deserted, whatever is committed first`()
        async throws
    {
        try await withServer { server in
            let alice = try await Person.registered("alice", at: server)
            let bob = try await Person.registered("bob", at: server)
            for person in [alice, bob] { try await person.client().leavesPackages() }
            #expect(try await Joining(alice, with: bob).enter() == GroupMark(epoch: 1))
            try await server.isRestored {
                try await server.administer(.setFlag(bob.name, .disabled, isOn: true))
                let one = try await Joining(alice, with: bob)
                _ = try await one.joiner.readLog(one.conversation)
            }
            let book = RecordingWire.Book()
            let one = try await Joining(alice, with: bob) { RecordingWire($0, book) }
            let wish = CommitWish.path(after: try await one.leafKey())
            #expect(try await one.commit(wish) == GroupMark(epoch: 2))
            #expect(try await one.view().devices.count == 2)
            #expect(!book.asked.contains { $0.kind == .foundGroup || $0.kind == .readGroup }, "\(book.asked)")
        }
    }
}

extension Person {
    fileprivate func device() async throws -> DeviceID { try await client().whoAmI().device }
}

extension [Person] {
    fileprivate func devices() async throws -> [DeviceID] {
        var devices: [DeviceID] = []
        for person in self { devices.append(try await person.device()) }
        return devices
    }
}
