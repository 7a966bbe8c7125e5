import ChatProtocol
import Glibc
import TestSupport
import Testing

@testable import ChatServer

/// Time and work tell nothing of a name.
@Suite struct PasswordLoginTests {
    private func account(cost: Int?, _ origin: StoredAccount.HashOrigin = .imported) throws -> StoredAccount {
        let hash = try cost.map { try #require(Bcrypt.dummy(cost: $0)).text }
        return StoredAccount(
            record: AccountRecord(id: AccountID(high: 1, low: 1), name: try #require(UserName("bob")), displayName: ""),
            passwordHash: hash ?? "", hashOrigin: origin, created: 1)
    }

    @Test(arguments: [12, 13, 14]) func `a refusal is the same work whoever is named`(dearest: Int) throws {
        var named: [StoredAccount?] = try (4...dearest).map { try account(cost: $0) }
        named += [nil, try account(cost: 12, .own), try account(cost: nil)]
        for account in named {
            let login = PasswordLogin(account: account, password: [1], dummy: Bcrypt.dummy, dearest: dearest)
            let costs = try [#require(login.hash)] + login.padding
            #expect(costs.reduce(0) { $0 + 1 << $1.cost } == 1 << dearest)
        }
    }

    @Test func `the dummy has any cost`() throws {
        for cost in PasswordHash.importedCosts { #expect(Bcrypt.dummy(cost: cost)?.cost == cost) }
        #expect(Bcrypt.dummy(cost: PasswordHash.ownCost) == Bcrypt.dummy)
    }

    private func guess(
        _ scene: AccountScene, _ user: String, since start: ContinuousClock.Instant = .now
    ) async throws -> Duration {
        let request = LoginByPassword(
            name: try #require(UserName(user)), password: Array("wrong password".utf8), existing: nil,
            device: DeviceDescription(name: "d"))
        let origin = scene.origin()
        let code = await scene.refusal {
            let _: LoggedIn = try await scene.keeper.logIn(request, from: origin)
        }
        #expect(code == .loginRefused)
        return ContinuousClock.now - start
    }

    private func insert(_ account: StoredAccount, _ scene: AccountScene) async throws {
        try await scene.store.register(account, device: nil, invite: nil)
    }

    /// CPU time of one computation at our own cost, which a busy machine changes little.
    private func computation() throws -> Duration {
        func now() -> Duration {
            var time = timespec()
            clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
            return .seconds(time.tv_sec) + .nanoseconds(time.tv_nsec)
        }
        let start = now()
        #expect(!Bcrypt.verify([1], against: try #require(Bcrypt.dummy)))
        return now() - start
    }

    @Test func `a cheap imported hash is refused no sooner than an unknown name`() async throws {
        let scene = try await AccountScene { $0.failureDelay = .milliseconds(1) }
        try await insert(try account(cost: 4), scene)
        // Unpadded it would be a two hundredth.
        #expect(try await guess(scene, "bob") > computation() / 2)
        try await scene.end()
    }

    @Test func `an unknown name is refused no sooner than a dear imported hash`() async throws {
        let scene = try await AccountScene { $0.failureDelay = .milliseconds(1) }
        try await insert(try account(cost: 14), scene)
        // Four times the work.
        #expect(try await guess(scene, "nobody") > computation() * 2)
        let hash = try #require(Bcrypt.dummy)
        let account = AccountID(high: 1, low: 1)
        _ = try await scene.store.setPassword(hash, of: account, replacing: nil, revokingAllBut: nil)
        #expect(try await scene.keeper.dearestCost() == PasswordHash.ownCost)
        try await scene.end()
    }

    @Test func `the deadline counts from when the turn came`() async throws {
        let scene = try await AccountScene { limits in
            limits.failureDelay = .milliseconds(1_500)
            limits.passwordThreads = 1
        }
        let start = ContinuousClock.now
        let times = try await withThrowingTaskGroup(of: Duration.self) { group in
            for number in 0..<3 { group.addTask { try await guess(scene, "nobody\(number)", since: start) } }
            return try await group.reduce(into: []) { $0.append($1) }.sorted()
        }
        // From arrival all three would be answered at one time; the last one's turn comes when two were computed.
        #expect(times[0] >= .milliseconds(1_490))
        #expect(try times[2] >= .milliseconds(1_490) + computation(), "\(times)")
        try await scene.end()
    }
}
