import ChatProtocol
import Testing

@testable import ChatClient

/// Which key packages are made when, with a clock that is moved by hand.
@Suite struct KeyPackageStockTests {
    private static let start: Timestamp = 1_000_000_000_000

    private func standing(_ left: UInt8, _ hasLastResort: Bool = true) -> KeyPackageStanding {
        KeyPackageStanding(left: left, hasLastResort: hasLastResort)
    }

    @Test func `fewer than ten are refilled to twenty`() {
        let stock = KeyPackageStock(lastResort: Self.start)
        for left in 10...20 as ClosedRange<UInt8> { #expect(stock.step(standing(left), now: Self.start) == .nothing) }
        #expect(stock.step(standing(9), now: Self.start) == .make(count: 11, lastResort: false))
        #expect(stock.step(standing(0), now: Self.start) == .make(count: 20, lastResort: false))
        #expect(KeyPackageStock().step(standing(0, false), now: Self.start) == .make(count: 20, lastResort: true))
    }

    @Test func `the last resort is replaced after thirty days, and where this life of the store was given none`() {
        let stock = KeyPackageStock(lastResort: Self.start)
        let end = Self.start + KeyPackageStock.lastResortLives
        #expect(stock.step(standing(20), now: end - .milliseconds(1)) == .nothing)
        #expect(stock.step(standing(20), now: end) == .make(count: 0, lastResort: true))
        #expect(stock.step(standing(20, false), now: Self.start) == .make(count: 0, lastResort: true))
        #expect(KeyPackageStock().step(standing(20), now: end) == .make(count: 0, lastResort: true))
        // A clock that was set back.
        #expect(stock.step(standing(20), now: Self.start - .seconds(1)) == .make(count: 0, lastResort: true))
    }

    @Test func `what no server has answered goes out again before anything is made`() {
        let stock = KeyPackageStock(lastResort: nil, made: Self.start, hasWaiting: true)
        for left in [0, 20] as [UInt8] { #expect(stock.step(standing(left), now: Self.start) == .sendAgain) }
    }

    @Test func `who comes right behind another process makes none again`() {
        let stock = KeyPackageStock(lastResort: Self.start, made: Self.start)
        #expect(stock.step(standing(0), now: Self.start) == .nothing)
        let later = Self.start + KeyPackageStock.pause
        #expect(stock.step(standing(0), now: later) == .make(count: 20, lastResort: false))
        #expect(stock.step(standing(0), now: Self.start - .seconds(1)) == .make(count: 20, lastResort: true))
    }

    @Test func `each lives as long as the server takes it`() {
        for (isLastResort, days) in [(false, Limits.keyPackageDays), (true, Limits.lastResortDays)] {
            let lives = KeyPackageStock.lifetime(isLastResort: isLastResort, now: Self.start)
            #expect(lives.to - lives.from == UInt64(days) * 86_400)
            #expect(lives.from < Self.start.milliseconds / 1_000)
        }
    }
}
