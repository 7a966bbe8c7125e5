import ChatProtocol
import Dispatch
import Synchronization
import TestSupport
import Testing

@testable import ChatServer

/// What every store has to do with accounts, devices and invites (`StoredAccounts`, `StoredInvites`).
@Suite struct AccountContractTests {
    typealias Kind = StoreUnderTest.Kind

    private let hash: PasswordHash
    private let other: PasswordHash

    init() throws {
        hash = try #require(Bcrypt.dummy)
        other = try #require(Bcrypt.dummy(cost: 4))
    }

    private func zoe(_ store: StoreUnderTest) async throws -> AccountID {
        let account = try StoreUnderTest.account(9, "zoe", hash: hash.text)
        try await store.store.register(account, device: nil, invite: nil)
        return account.record.id
    }

    @Test(arguments: Kind.all) func `a name is one account's for ever`(_ kind: Kind) async throws {
        try await withStore(kind) { store in
            let zoe = try await zoe(store)
            let rival = try StoreUnderTest.account(10, "zoe")
            #expect(await refusal { try await store.store.register(rival, device: nil, invite: nil) } == .nameTaken)
            try await store.store.deleteAccount(zoe, erasing: false)
            #expect(await refusal { try await store.store.register(rival, device: nil, invite: nil) } == .nameTaken)
            let kept = try #require(try await store.store.account(zoe))
            #expect(kept.isDeleted && kept.passwordHash.isEmpty && kept.record.name.text == "zoe")
        }
    }

    @Test(arguments: Kind.all) func `a display name and the believed time are as they were set last`(_ kind: Kind)
        async throws
    {
        try await withStore(kind) { store in
            let zoe = try await zoe(store)
            for text in ["Zoë", "Zoë Z."] { try await store.store.setDisplayName(text, of: zoe) }
            #expect(try await store.store.account(zoe)?.record.displayName == "Zoë Z.")
            #expect(try await store.store.believedTime() == nil)
            for time in [3, 2] as [Timestamp] { try await store.store.setBelievedTime(time) }
            #expect(try await store.store.believedTime() == 2)
        }
    }

    @Test(arguments: Kind.all) func `an invite is used once for each account and not after its end`(_ kind: Kind)
        async throws
    {
        try await withStore(kind) { store in
            let token: [UInt8] = [1, 2, 3]
            let invite = Invite(id: InviteID(high: 1, low: 1), usesLeft: 1, expires: 2_000, created: 1, createdBy: "x")
            try await store.store.addInvite(invite, token: token)
            #expect(try await store.store.isValid(invite: token))
            let first = try StoreUnderTest.account(9, "zoe")
            try await store.store.register(first, device: nil, invite: token)
            #expect(try await !store.store.isValid(invite: token))
            let second = try StoreUnderTest.account(10, "yves")
            #expect(
                await refusal { try await store.store.register(second, device: nil, invite: token) } == .inviteInvalid)
            #expect(try await store.store.account(AccountID(high: 0, low: 10)) == nil)
            let late = Invite(id: InviteID(high: 1, low: 2), usesLeft: 9, expires: 2_000, created: 1, createdBy: "x")
            try await store.store.addInvite(late, token: [4])
            #expect(try await store.store.invites().map(\.id) == [late.id])
            store.time = 2_000
            #expect(try await !store.store.isValid(invite: [4]))
            #expect(try await store.store.invites().isEmpty)
        }
    }

    @Test(arguments: Kind.all) func `an invite that is removed lets nobody in`(_ kind: Kind) async throws {
        try await withStore(kind) { store in
            let invite = Invite(id: InviteID(high: 1, low: 1), usesLeft: 9, expires: 2_000, created: 1, createdBy: "x")
            try await store.store.addInvite(invite, token: [1])
            try await store.store.removeInvite(invite.id)
            #expect(try await !store.store.isValid(invite: [1]))
        }
    }

    @Test(arguments: Kind.all) func `an import makes those whose names nobody has`(_ kind: Kind) async throws {
        try await withStore(kind) { store in
            let accounts = try [
                StoreUnderTest.account(9, "zoe"), StoreUnderTest.account(10, "alice"),
                StoreUnderTest.account(11, "yves"),
            ]
            let ids = [accounts[0].record.id, accounts[2].record.id]
            #expect(try await store.store.importAccounts(accounts, isDryRun: true) == ids)
            #expect(try await store.store.account(ids[0]) == nil)
            #expect(try await store.store.importAccounts(accounts, isDryRun: false) == ids)
            #expect(try await store.store.account(ids[1])?.record.name.text == "yves")
            #expect(try await store.store.account(accounts[1].record.id) == nil)
        }
    }

    @Test(arguments: Kind.all) func `an account has 32 devices and no more`(_ kind: Kind) async throws {
        try await withStore(kind) { store in
            for number in 1..<UInt64(Limits.devicesPerAccount) { _ = try await store.device(of: alice, number) }
            #expect(await refusal { _ = try await store.device(of: alice, 99) } == .tooManyDevices)
            try await store.store.revokeDevice(aliceDevice, of: alice)
            _ = try await store.device(of: alice, 99)
            #expect(try await store.store.devices(of: alice).count == Limits.devicesPerAccount)
        }
    }

    @Test(arguments: Kind.all) func `only who has the right hash is admitted`(_ kind: Kind) async throws {
        try await withStore(kind) { store in
            let zoe = try await zoe(store)
            let device = StoreUnderTest.device(DeviceID(high: 4, low: 4))
            func admit(_ hash: PasswordHash, takesUp: Bool = false) async throws -> AccountRecord {
                try await store.store.admit(
                    device, takesUp ? .again(proven: nil) : .new, to: zoe, ifHashIs: hash.text
                ).account
            }
            #expect(await refusal { _ = try await admit(other) } == .loginRefused)
            #expect(await refusal { _ = try await admit(hash, takesUp: true) } == .noSuchDevice)
            #expect(try await admit(hash).id == zoe)
            #expect(try await store.store.devices(of: zoe).map(\.id) == [device.id])
            try await store.store.setFlags(.disabled, clearing: [], of: zoe)
            #expect(await refusal { _ = try await admit(hash) } == .accountDisabled)
            try await store.store.setFlags([], clearing: .disabled, of: zoe)
            try await store.store.revokeDevice(device.id, of: zoe)
            #expect(await refusal { _ = try await admit(hash, takesUp: true) } == .deviceRevoked)
        }
    }

    @Test(arguments: Kind.all) func `a login number is used once`(_ kind: Kind) async throws {
        try await withStore(kind) { store in
            func use(_ number: LoginNumber) async throws {
                let loggedIn = try await store.logIn(aliceDevice, of: alice, number: number)
                #expect(loggedIn.account.id == alice && loggedIn.device == aliceDevice && loggedIn.deviceName == "d")
            }
            try await use(5)
            try await use(4)
            #expect(await refusal { try await use(5) } == .storeCopied)
            // Another key begins anew.
            let fresh = StoreUnderTest.device(aliceDevice, key: 2)
            _ = try await store.store.admit(fresh, .again(proven: nil), to: alice, ifHashIs: "")
            try await use(5)
            try await store.store.revokeDevice(aliceDevice, of: alice)
            #expect(await refusal { try await use(6) } == .deviceRevoked)
        }
    }

    @Test(arguments: Kind.all) func `a login counts by its device's key, and by what became of its account`(
        _ kind: Kind
    ) async throws {
        try await withStore(kind) { store in
            func use(_ number: LoginNumber) async throws {
                _ = try await store.logIn(aliceDevice, of: alice, number: number, signedBy: 1)
            }
            for number in [7, 5, 6] as [LoginNumber] { try await use(number) }
            #expect(await refusal { try await use(5) } == .storeCopied)
            try await store.store.setFlags(.disabled, clearing: [], of: alice)
            #expect(await refusal { try await use(8) } == .accountDisabled)
            try await store.store.setFlags([], clearing: .disabled, of: alice)
            try await use(8)
            let fresh = StoreUnderTest.device(aliceDevice, key: 2)
            _ = try await store.store.admit(fresh, .again(proven: nil), to: alice, ifHashIs: "")
            #expect(await refusal { try await use(9) } == .badProof)
            try await store.store.deleteAccount(alice, erasing: false)
            #expect(await refusal { _ = try await store.logIn(aliceDevice, of: alice, number: 9) } == .deviceRevoked)
        }
    }

    @Test func `a key that is replaced while a login is checked by it counts no more`() async throws {
        try await withStore(Kind(engine: .sqlite)) { store in
            let (base, changed) = (store.base, DispatchSemaphore(value: 0))
            let wasChanged = Atomic(false)
            let refused = await refusal {
                _ = try await base.logIn(aliceDevice, of: alice, number: 1) { _ in
                    Task {
                        let fresh = StoreUnderTest.device(aliceDevice, key: 2)
                        _ = try? await base.admit(fresh, .again(proven: nil), to: alice, ifHashIs: "")
                        changed.signal()
                    }
                    // Where the check holds up who replaces it, the login comes first.
                    wasChanged.store(changed.wait(timeout: .now() + 0.2) == .success, ordering: .relaxed)
                    return true
                }
            }
            #expect(refused == (wasChanged.load(ordering: .relaxed) ? .badProof : nil))
            #expect(
                await eventually {
                    await refusal { _ = try await store.logIn(aliceDevice, of: alice, number: 2, signedBy: 1) }
                        == .badProof
                })
            let loggedIn = try await store.logIn(aliceDevice, of: alice, number: 3, signedBy: 2)
            #expect(loggedIn.generation == store.identity.generation)
            #expect(loggedIn.state == .active)
        }
    }

    @Test(arguments: Kind.all) func `a device is one account's`(_ kind: Kind) async throws {
        try await withStore(kind) { store in
            let rival = StoreUnderTest.device(aliceDevice, key: 9)
            let zoe = try StoreUnderTest.account(9, "zoe")
            #expect(
                await refusal { try await store.store.register(zoe, device: rival, invite: nil) } == .noSuchDevice)
            #expect(try await store.store.account(zoe.record.id) == nil)
            #expect(await refusal { try await store.store.addDevice(rival, to: bob) } == .noSuchDevice)
            for admission in [Admission.new, .again(proven: nil)] {
                #expect(
                    await refusal { _ = try await store.store.admit(rival, admission, to: bob, ifHashIs: "") }
                        == .noSuchDevice)
            }
            // Also one of which bob's chain knows, and one that was revoked.
            let head = ChainHead(count: 1, hash: [UInt8](repeating: 1, count: 32))
            _ = try await store.store.publish(
                ChainStep(
                    account: bob, before: .none, link: [1], hash: head.hash, signer: bobDevice, instance: 0,
                    effect: .create(bobDevice)))
            try await store.store.revokeDevice(aliceDevice, of: alice)
            let again = Admission.again(proven: head)
            #expect(
                await refusal { _ = try await store.store.admit(rival, again, to: bob, ifHashIs: "") }
                    == .noSuchDevice)
            let renewal = IdentityEntry.Renewal(instance: 1, bytes: [1], isOnce: false)
            let entry = IdentityEntry(account: bob, device: rival, head: head, renewal: renewal)
            #expect(await refusal { _ = try await store.store.enrol(entry) } == .noSuchDevice)
            #expect(await refusal { _ = try await store.logIn(aliceDevice, of: alice, signedBy: 9) } == .badProof)
            #expect(await refusal { _ = try await store.logIn(aliceDevice, of: alice) } == .deviceRevoked)
            #expect(try await store.store.devices(of: bob).map(\.id) == [bobDevice])
        }
    }

    @Test(arguments: Kind.all) func `nobody touches devices of others`(_ kind: Kind) async throws {
        try await withStore(kind) { store in
            #expect(await refusal { try await store.store.revokeDevice(aliceDevice, of: bob) } == .noSuchDevice)
            #expect(
                await refusal { try await store.store.renameDevice(aliceDevice, of: bob, to: "x") } == .noSuchDevice)
            #expect(await refusal { _ = try await store.logIn(aliceDevice, of: bob) } == .badProof)
            try await store.store.renameDevice(aliceDevice, of: alice, to: "y")
            #expect(try await store.store.devices(of: alice).map(\.name) == ["y"])
        }
    }

    @Test(arguments: Kind.all) func `a password takes the place of the one that was checked`(_ kind: Kind) async throws
    {
        try await withStore(kind) { store in
            let zoe = try await zoe(store)
            let (kept, gone) = (try await store.device(of: zoe, 1), try await store.device(of: zoe, 2))
            let revoked = try await store.store.setPassword(
                other, of: zoe, replacing: hash.text, revokingAllBut: kept)
            // Also where it is done again, so that the connections of all are closed.
            #expect(revoked == [gone])
            #expect(try await store.store.devices(of: zoe).map(\.id) == [kept])
            let third = try #require(Bcrypt.dummy(cost: 5))
            #expect(
                await refusal {
                    _ = try await store.store.setPassword(third, of: zoe, replacing: hash.text, revokingAllBut: nil)
                } == .loginRefused)
            #expect(try await store.store.setPassword(third, of: zoe, replacing: nil, revokingAllBut: nil) == [])
            #expect(try await store.store.account(zoe)?.passwordHash == third.text)
        }
    }

    @Test(arguments: Kind.all) func `who is deleted has no devices and is listed no more`(_ kind: Kind) async throws {
        try await withStore(kind) { store in
            try await store.store.deleteAccount(alice, erasing: false)
            #expect(try await store.store.devices(of: alice).isEmpty)
            #expect(try await store.store.profiles(after: nil, limit: 9).map(\.record.name.text) == ["bob", "carol"])
            #expect(try await store.store.profiles([alice, bob]).map(\.record.name.text) == ["alice", "bob"])
            #expect(try await store.store.counts() == StoreCounts(accounts: 2, devices: 2, groups: 0, rooms: 0))
            let name = try #require(UserName("alice"))
            guard case .noSuchUser = try await store.store.direct(bob, with: name) else {
                Issue.record("a deleted user is found")
                return
            }
        }
    }

    @Test(arguments: Kind.all) func `accounts and profiles are read in pages by name`(_ kind: Kind) async throws {
        try await withStore(kind) { store in
            let first = try await store.store.profiles(after: nil, limit: 2)
            let rest = try await store.store.profiles(after: first.last?.record.name, limit: 2)
            #expect((first + rest).map(\.record.name.text) == ["alice", "bob", "carol"])
            let accounts = try await store.store.accounts(after: "alice", limit: 1)
            #expect(accounts.map(\.account.record.name.text) == ["bob"] && accounts.first?.devices == 1)
        }
    }

    @Test(arguments: Kind.all) func `a direct conversation is found from both sides`(_ kind: Kind) async throws {
        try await withStore(kind) { store in
            let name = try #require(UserName("bob"))
            guard case .missing(let record) = try await store.store.direct(alice, with: name) else {
                Issue.record("a conversation that nobody made")
                return
            }
            #expect(record.id == bob)
            let dm = try await store.open(alice, bob)
            guard case .found(let found) = try await store.store.direct(alice, with: name) else {
                Issue.record("a conversation is not found")
                return
            }
            #expect(found.id == dm && found.members.map(\.id) == [alice, bob] && found.type == .direct)
            #expect(try await store.store.conversations([dm], of: bob).map(\.id) == [dm])
            #expect(try await store.store.conversations([dm], of: carol).isEmpty)
        }
    }

    @Test(arguments: Kind.all) func `what an account is a member of is read in pages`(_ kind: Kind) async throws {
        try await withStore(kind) { store in
            let dms = [try await store.open(alice, bob), try await store.open(carol, alice)]
            _ = try await store.commit([store.append("one", to: dms[0])])
            try await store.mark(alice, dms[0], read: 1)
            var all: [Membership] = []
            while true {
                let page = try await store.store.memberships(
                    of: alice, after: all.last?.conversation.id, limit: 2)
                #expect(page.count <= 2)
                all += page
                if page.count < 2 { break }
            }
            #expect(all.map(\.conversation.id) == (dms + [store.identity.everyone]).sorted())
            #expect(all.first { $0.conversation.id == dms[0] }?.read == 1)
            #expect(all.allSatisfy { !$0.conversation.isDirect || $0.start == 0 })
            #expect(try await store.store.memberships(of: bob, after: nil, limit: 10).count == 2)
        }
    }

    @Test(arguments: Kind.all) func `when somebody was there is noted`(_ kind: Kind) async throws {
        try await withStore(kind) { store in
            store.time = 7_000
            let marks = SoftMarks(seen: [
                SeenMark(account: alice, device: aliceDevice, online: true),
                SeenMark(account: bob, device: bobDevice, online: false),
            ])
            try await store.store.note(marks)
            #expect(try await store.store.profiles([alice, bob]).map(\.lastSeen) == [7_000, 0])
            #expect(try await store.store.devices(of: bob).map(\.lastSeen) == [7_000])
        }
    }

    @Test(arguments: Kind.quiet) func `what is old ends and its identifier a week later`(_ kind: Kind) async throws {
        try await withStore(kind) { store in
            let dm = try await store.open(alice, bob)
            let week = RetentionSweep.identifiersLonger
            _ = try await store.commit([store.append("old", to: dm, id: 5)], time: 1_100)
            _ = try await store.commit([store.append("new", to: dm)], time: 3_000)
            #expect(
                try await store.sweep(now: 3_000, retention: .milliseconds(1_000))
                    == UInt64(StoreQuota.bytes(ofPayload: 3)))
            #expect(try await store.page(dm).rows.first == .hole(.retention, first: 1, last: 1))
            #expect(try await store.store.usage() == [alice: UInt64(StoreQuota.bytes(ofPayload: 3))])
            #expect(try await store.commit([store.append("old", to: dm, id: 5)]).first?.stored?.duplicate == true)
            _ = try await store.sweep(now: 3_000 + week, retention: .milliseconds(1_000))
            #expect(try await store.commit([store.append("old", to: dm, id: 5)]).map(\.seq) == [3])
        }
    }
}
