import Testing

@testable import ChatClient

@Suite struct CatchUpTests {
    private var catchUp = CatchUp(patience: .seconds(2))

    @Test mutating func `what is quickly there is not told`() {
        for tenth in 0..<20 { #expect(catchUp.took(64, now: .milliseconds(100 * tenth)) == nil) }
    }

    @Test mutating func `a person hears of all that came, each time after twice as long, up to half a minute`() {
        let told = (0...150).compactMap { second in
            catchUp.took(10, now: .seconds(1000 + second)).map { Told(second: second, entries: $0) }
        }
        #expect(told.map(\.second) == [2, 4, 8, 16, 32, 62, 92, 122])
        #expect(told.allSatisfy { $0.entries == 10 * ($0.second + 1) })
    }

    private struct Told {
        var second: Int
        var entries: Int
    }

    @Test mutating func `behind a long pause it begins anew`() {
        #expect(catchUp.took(1, now: .seconds(1)) == nil)
        #expect(catchUp.took(1, now: .seconds(10)) == 2)
        #expect(catchUp.took(1, now: .seconds(20)) == nil)
        #expect(catchUp.took(1, now: .seconds(23)) == 2)
    }

    @Test mutating func `who waits does so from the last part that came, and no shorter than from the start`() {
        #expect(catchUp.end(of: .seconds(30), since: .seconds(5)) == .seconds(35))
        _ = catchUp.took(1, now: .seconds(20))
        #expect(catchUp.end(of: .seconds(30), since: .seconds(5)) == .seconds(50))
        #expect(catchUp.end(of: .seconds(30), since: .seconds(25)) == .seconds(55))
    }
}
