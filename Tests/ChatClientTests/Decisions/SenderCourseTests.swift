import CLISupport
import Testing

@testable import ChatClient

@Suite struct SenderCourseTests {
    private static let away = Problem(.unreachable, "away")
    private static let portal = Problem(.protocolFault, "no TLS")
    private static let changed = Problem(.serverKeyChanged, "changed")

    /// Whether each of these, one after the other, is tried again.
    private func retried(_ course: inout SenderCourse, _ problems: [Problem]) -> [Bool] {
        problems.map { problem in
            _ = course.connects(isWanted: true, now: .seconds(1_000))
            return course.failed(problem, now: .zero, random: 0)
        }
    }

    @Test func `a first connection that fails is the end where one message is sent, and not where lines are`() {
        var one = SenderCourse(.firstConnection)
        #expect(retried(&one, [Self.away]) == [false])
        var lines = SenderCourse(.always)
        #expect(retried(&lines, [Self.away, Self.portal, Self.changed]) == [true, false, false])
    }

    @Test func `a first connection that is not let in within the time to connect is the end, and a later one is not`() {
        var first = SenderCourse(.firstConnection)
        first.connected()
        first.lapsed()
        #expect(retried(&first, [Self.away]) == [false])
        var later = SenderCourse(.firstConnection)
        later.connected()
        later.succeeded()
        later.lapsed()
        #expect(retried(&later, [Self.away]) == [true])
    }

    @Test func `after one success what is no chatd is an obstacle that passes, and a changed key is not`() {
        var course = SenderCourse(.always)
        course.connected()
        course.succeeded()
        #expect(retried(&course, [Self.away, Self.portal, Self.portal, Self.changed]) == [true, true, true, false])
    }

    @Test func `a fault of a server that has let us in is no obstacle`() {
        var course = SenderCourse(.always)
        course.connected()
        course.succeeded()
        #expect(retried(&course, [Self.portal]) == [false])
    }

    @Test func `what waits in the outbox has one connection`() {
        var course = SenderCourse(.oneConnection)
        course.connected()
        course.succeeded()
        #expect(retried(&course, [Self.away]) == [false])
    }

    @Test func `nothing is connected for before the pause is over, or while nothing waits`() {
        var course = SenderCourse(.always)
        let begins = [0, 0].map { course.connects(isWanted: true, now: .seconds($0)) }
        #expect(begins == [true, false])
        let isTriedAgain = course.failed(Self.away, now: .zero, random: 0)
        let pause = course.retryAt ?? .zero
        let later = [.zero, pause].map { course.connects(isWanted: true, now: $0) }
        #expect(isTriedAgain && pause > .zero && later == [false, true])
        _ = course.failed(Self.away, now: .zero, random: 0)
        let isIdle = !course.connects(isWanted: false, now: .zero)
        #expect(isIdle && course.retryAt == nil)
    }
}
