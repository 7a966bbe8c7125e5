import ChatProtocol
import Testing

@testable import ChatServer

func moment(_ time: Duration) -> Ticks { Ticks(time) }

@Suite struct RateLimitTests {
    private let second = Duration.seconds(1)

    @Test func `a burst passes and then one each interval`() {
        let limit = RateLimit(burst: 3, interval: second)
        var meter = RateMeter()
        let start = Duration.seconds(50)
        let first = (0..<5).map { _ in meter.take(of: limit, at: moment(start)) }
        #expect(first == [.zero, .zero, .zero, second, second])
        #expect(meter.take(of: limit, at: moment(start + second - .microseconds(1))) == .microseconds(1))
        #expect(meter.take(of: limit, at: moment(start + second)) == .zero)
        #expect(meter.take(of: limit, at: moment(start + second)) == second)
        #expect(!meter.isFull(at: moment(start + .seconds(3))))
        #expect(meter.isFull(at: moment(start + .seconds(4))))
    }

    @Test func `what is given back can be taken again`() {
        let limit = RateLimit(burst: 1, interval: second)
        var meter = RateMeter()
        #expect(meter.take(of: limit, at: moment(.zero)) == .zero)
        meter.refund(of: limit)
        #expect(meter.take(of: limit, at: moment(.zero)) == .zero)
        #expect(meter.take(of: limit, at: moment(.zero)) == second)
    }

    @Test func `over its rate an account is slowed down and then refused`() {
        var limits = ServerLimits()
        limits.messagesPerSecond = 100
        limits.messagesBurst = 2_000
        limits.messageDebt = second
        let quota = MessageQuota.Limits(limits, everyoneIsLimited: false)
        var account = MessageQuota()
        let verdicts = (0..<2_101).map { _ in account.append(toEveryone: false, limits: quota, at: moment(second)) }
        #expect(verdicts[..<2_000].allSatisfy { $0 == .take(pause: .zero) })
        #expect(verdicts[2_000] == .take(pause: .milliseconds(10)))
        #expect(verdicts[2_099] == .take(pause: second))
        #expect(verdicts[2_100] == .refuse(retryAfter: .milliseconds(10)))
        #expect(verdicts[2_100].failure == Failure(.rateLimited, retryAfter: .milliseconds(10)))
        // Refused ones add nothing to the debt.
        #expect(
            account.append(toEveryone: false, limits: quota, at: moment(second + .milliseconds(10)))
                == .take(pause: second))
        #expect(account.isFull(at: moment(.seconds(40))))
    }

    @Test func `everyone is written to once in five seconds where that is limited`() {
        let limited = MessageQuota.Limits(ServerLimits(), everyoneIsLimited: true)
        let free = MessageQuota.Limits(ServerLimits(), everyoneIsLimited: false)
        var account = MessageQuota()
        #expect(account.append(toEveryone: true, limits: limited, at: moment(second)) == .take(pause: .zero))
        #expect(
            account.append(toEveryone: true, limits: limited, at: moment(.seconds(2)))
                == .refuse(retryAfter: .seconds(4))
        )
        #expect(account.append(toEveryone: false, limits: limited, at: moment(.seconds(2))) == .take(pause: .zero))
        #expect(account.append(toEveryone: true, limits: free, at: moment(.seconds(2))) == .take(pause: .zero))
        #expect(account.append(toEveryone: true, limits: limited, at: moment(.seconds(6))) == .take(pause: .zero))
    }

    @Test func `with limits off nothing is held back`() {
        let off = MessageQuota.Limits(ServerLimits.off, everyoneIsLimited: true)
        var account = MessageQuota()
        for _ in 0..<10_000 {
            #expect(account.append(toEveryone: true, limits: off, at: moment(.microseconds(5))) == .take(pause: .zero))
        }
    }

    @Test func `a table forgets who used least`() {
        let limit = RateLimit(burst: 10, interval: second)
        var table = RateTable<Int>(capacity: 100)
        for _ in 0..<10 { _ = table.take(-1, of: limit, at: moment(.zero)) }
        for stranger in 0..<10_000 {
            #expect(table.take(stranger, of: limit, at: moment(.zero)) == .zero)
            #expect(table.count <= 100)
        }
        #expect(table.take(-1, of: limit, at: moment(.zero)) > .zero)
    }
}

@Suite struct StoreQuotaTests {
    private let alice = AccountID(high: 0, low: 1)
    private let bob = AccountID(high: 0, low: 2)

    private func quota(account: UInt64 = 0, store: UInt64 = 0, reserve: UInt64 = 0) -> StoreQuota {
        var limits = ServerLimits()
        limits.accountStore = account
        limits.maxStore = store
        limits.storeReserve = reserve
        return StoreQuota(limits)
    }

    @Test func `an account has its share and no more`() {
        var quota = quota(account: 1_000)
        #expect(quota.verdict(adding: 1_000, for: alice) == .room)
        quota.added(600, for: alice)
        #expect(quota.verdict(adding: 401, for: alice) == .accountFull)
        #expect(quota.verdict(adding: 401, for: bob) == .room)
        quota.removed(1, for: alice)
        #expect(quota.verdict(adding: 401, for: alice) == .room)
        quota.removed(10_000, for: alice)
        #expect(quota.used(by: alice) == 0)
    }

    @Test func `the reserve is kept`() {
        var quota = quota(store: 1_000, reserve: 200)
        quota.storeSize = 700
        #expect(quota.verdict(adding: 100, for: alice) == .room)
        #expect(quota.verdict(adding: 101, for: alice) == .storeFull)
        var disk = self.quota(reserve: 200)
        disk.diskFree = 300
        #expect(disk.verdict(adding: 100, for: alice) == .room)
        #expect(disk.verdict(adding: 101, for: alice) == .storeFull)
        #expect(disk.verdict(adding: 101, for: alice).failure?.errorCode == .storeFull)
        // What was added since it was measured has gone from the disk.
        disk.added(60, for: alice)
        #expect(disk.verdict(adding: 41, for: alice) == .storeFull)
        disk.added(1_000, for: alice)
        #expect(disk.verdict(adding: 0, for: alice) == .storeFull)
    }
}
