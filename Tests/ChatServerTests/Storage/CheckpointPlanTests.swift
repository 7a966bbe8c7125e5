import Testing

@testable import ChatServer

/// When the write-ahead log is copied, and when its file is cut off.
@Suite struct CheckpointPlanTests {
    private func plan() -> CheckpointPlan {
        var plan = CheckpointPlan()
        plan.copyPages = 100
        plan.largestFile = 1_000
        plan.smallFile = 10
        return plan
    }

    @Test func `copying begins after so many pages and not while it goes on`() {
        var plan = plan()
        let first = [99, 100, 300].map { plan.logged(pages: $0) }
        #expect(first == [false, true, false])
        plan.ended(.copied(log: 310))
        let second = [409, 410].map { plan.logged(pages: $0) }
        #expect(second == [false, true])
        plan.ended(.copied(log: 410))
        // It was begun anew.
        let third = [3, 100].map { plan.logged(pages: $0) }
        #expect(third == [false, true])
    }

    @Test func `the file is cut off above its bound and sooner where room is short`() {
        var plan = plan()
        #expect(plan.cutsOff(log: 5, file: 1_001) && !plan.cutsOff(log: 5, file: 1_000))
        let looks = [plan.look(file: 11, isRoomShort: false), plan.look(file: 11, isRoomShort: true)]
        #expect(looks == [false, true])
        #expect(plan.cutsOff(log: 5, file: 11))
    }

    @Test func `a log that is to be emptied is cut off whatever its size, and tried again until it is`() {
        var plan = CheckpointPlan()
        let began = plan.empty()
        #expect(began && plan.cutsOff(log: 1, file: 1))
        plan.ended(.stuck(log: 1))
        let again = plan.look(file: 1, isRoomShort: false)
        // Said once more while one is under way, which may have begun too early.
        let third = plan.empty()
        #expect(again && !third && plan.cutsOff(log: 2, file: 1))
        plan.ended(.cutOff)
        let fourth = plan.look(file: 1, isRoomShort: false)
        plan.ended(.cutOff)
        let fifth = plan.look(file: 1, isRoomShort: false)
        #expect(fourth && !fifth && !plan.cutsOff(log: 2, file: 1))
    }

    @Test func `who stands in the way is waited for again when the log has doubled or at the next look`() {
        var plan = plan()
        #expect(plan.logged(pages: 200) == true)
        plan.ended(.stuck(log: 200))
        #expect(plan.logged(pages: 300) == true)
        #expect(!plan.cutsOff(log: 300, file: 2_000) && plan.cutsOff(log: 400, file: 2_000))
        plan.ended(.copied(log: 300))
        #expect(plan.look(file: 2_000, isRoomShort: false) == true)
        #expect(plan.cutsOff(log: 300, file: 2_000))
    }
}
