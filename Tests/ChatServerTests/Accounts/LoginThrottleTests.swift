import ChatProtocol
import Testing

@testable import ChatServer

@Suite struct LoginThrottleTests {
    private let second = Duration.seconds(1)
    private let limits = LoginThrottle.Limits(
        name: RateLimit(burst: 3, interval: .seconds(30)), prefix: RateLimit(burst: 5, interval: .seconds(3)))

    private func name(_ text: String) throws -> UserName { try #require(UserName(text)) }

    @Test func `failures of one name are counted per address`() throws {
        var throttle = LoginThrottle(limits: limits)
        let here = AddressPrefix("192.0.2.1")
        let there = AddressPrefix("192.0.2.2")
        let alice = try name("alice")
        for _ in 0..<3 { #expect(throttle.begin(alice, from: here, at: moment(second)) == .zero) }
        #expect(throttle.begin(alice, from: here, at: moment(second)) == .seconds(30))
        // Guessing does not lock the account out elsewhere, nor others here.
        #expect(throttle.begin(alice, from: there, at: moment(second)) == .zero)
        #expect(throttle.begin(try name("bob"), from: here, at: moment(second)) == .zero)
    }

    @Test func `successes cost nothing`() throws {
        var throttle = LoginThrottle(limits: limits)
        let here = AddressPrefix("192.0.2.1")
        let alice = try name("alice")
        for _ in 0..<1_000 {
            #expect(throttle.begin(alice, from: here, at: moment(second)) == .zero)
            throttle.forgive(alice, from: here, at: moment(second))
        }
    }

    @Test func `names tried in turn are counted together`() throws {
        var throttle = LoginThrottle(limits: limits)
        let here = AddressPrefix("2001:db8:1:2::1")
        for number in 0..<5 { #expect(throttle.begin(try name("u\(number)"), from: here, at: moment(second)) == .zero) }
        // Another address of the same /64 is the same party.
        #expect(
            throttle.begin(try name("u9"), from: AddressPrefix("2001:db8:1:2:ffff::9"), at: moment(second))
                == .seconds(3))
        #expect(throttle.begin(try name("u9"), from: AddressPrefix("2001:db8:1:3::1"), at: moment(second)) == .zero)
    }

    @Test func `a refused attempt takes nothing`() throws {
        var throttle = LoginThrottle(limits: limits)
        let here = AddressPrefix("192.0.2.1")
        let alice = try name("alice")
        for _ in 0..<3 { _ = throttle.begin(alice, from: here, at: moment(second)) }
        for _ in 0..<100 { #expect(throttle.begin(alice, from: here, at: moment(second)) > .zero) }
        #expect(throttle.begin(try name("bob"), from: here, at: moment(second)) == .zero)
        #expect(throttle.begin(alice, from: here, at: moment(.seconds(31))) == .zero)
    }

    @Test func `its memory is bounded`() throws {
        var throttle = LoginThrottle(limits: limits, capacity: 64)
        for number in 0..<5_000 {
            _ = throttle.begin(
                try name("u\(number)"), from: AddressPrefix("10.0.\(number / 256).\(number % 256)"),
                at: moment(.microseconds(1)))
        }
        let mirror = Mirror(reflecting: throttle)
        let tables = mirror.children.filter { $0.label?.hasPrefix("by") ?? false }
        #expect(tables.count == 2)
        #expect("\(throttle)".utf8.count < 64 * 2 * 200)
    }
}

@Suite struct LoginWindowTests {
    @Test func `a number is taken once`() {
        var window = LoginWindow()
        #expect(window.use(5) == true)
        #expect(window.use(5) == false)
        #expect(window.use(4) == true)
        #expect(window.use(6) == true)
        #expect(window.use(4) == false)
        #expect(window.use(0) == true)
        #expect(window.use(0) == false)
    }

    @Test func `what lies far behind is refused`() {
        var window = LoginWindow()
        #expect(window.use(2_000) == true)
        #expect(window.use(977) == true)
        #expect(window.use(976) == false)
        #expect(window.use(1) == false)
    }

    @Test func `any order within the window is taken`() {
        var window = LoginWindow()
        var order = (1...1_000).map { LoginNumber($0) }
        // A fixed permutation: 7 and 1,000 have no common factor.
        order = order.indices.map { order[($0 * 7) % 1_000] }
        let first = order.filter { window.use($0) }
        let second = order.filter { window.use($0) }
        #expect(first == order && second.isEmpty)
    }

    @Test func `the window moves on and forgets nothing within it`() {
        var window = LoginWindow()
        var used: Set<UInt64> = []
        var number: UInt64 = 1
        for step in 0..<3_000 {
            number += UInt64(step * 31 % 9)
            #expect(window.use(LoginNumber(number)) == used.insert(number).inserted)
        }
        for old in (number - 1_023)...number { #expect(window.use(LoginNumber(old)) == !used.contains(old)) }
    }

    @Test func `the largest number is no trap`() {
        var window = LoginWindow()
        #expect(window.use(1) == true)
        #expect(window.use(.max) == true)
        #expect(window.use(.max) == false)
        #expect(window.use(LoginNumber(.max - 1)) == true)
        #expect(window.use(1) == false)
    }

    @Test func `it is kept as 128 bytes`() {
        var window = LoginWindow()
        for number in [3, 700, 1_500] as [LoginNumber] { _ = window.use(number) }
        #expect(window.bitmap.count == 128)
        var again = LoginWindow(high: window.high, bitmap: window.bitmap)
        #expect(again == window)
        #expect(again.use(700) == false)
        // One that was cut short must not take old numbers for new ones.
        var damaged = LoginWindow(high: 1_500, bitmap: [1, 2])
        #expect(damaged.use(1_499) == false)
        #expect(damaged.use(1_501) == true)
    }
}

@Suite struct FailureDeadlineTests {
    @Test func `whatever it took the answer comes at a multiple`() {
        let start = moment(.microseconds(70))
        let deadline = FailureDeadline(interval: .microseconds(1_000))
        for (elapsed, delay) in [(0, 1_000), (1, 999), (999, 1), (1_000, 0), (1_001, 999), (2_500, 500)]
            as [(Int, Int)]
        {
            #expect(deadline.delay(start: start, now: start + .microseconds(elapsed)) == .microseconds(delay))
        }
        #expect(deadline.delay(start: start, now: moment(.microseconds(3))) == .milliseconds(1))
    }
}
