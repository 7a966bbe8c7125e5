import Synchronization
import System
import Testing

@Suite struct WaitingTests {
    @Test func `a gate lets through all who waited, and who comes while it is open`() async {
        let gate = Gate()
        let passed = Shared(0)
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<20 {
                group.addTask {
                    await gate.pass()
                    passed.change { $0 += 1 }
                }
            }
            #expect(passed.value == 0)
            gate.open()
        }
        #expect(passed.value == 20)
        await gate.pass()
    }

    @Test func `who closes a gate behind himself misses nothing that was put before it was opened`() async {
        let gate = Gate()
        let put = Shared(0)
        let count = 10_000
        async let writing: Void = {
            for _ in 0..<count {
                put.change { $0 += 1 }
                gate.open()
            }
        }()
        var taken = 0
        while taken < count {
            await gate.passAndClose()
            taken = put.value
        }
        await writing
        #expect(taken == count)
    }

    @Test func `of a value that comes later the first counts, for all who ask before and after`() async {
        let later = Later<Int>()
        #expect(later.soFar == nil)
        async let early = [later.value, later.value]
        #expect(later.set(1))
        #expect(!later.set(2))
        #expect(await early == [1, 1])
        #expect(await later.value == 1)
        #expect(later.soFar == 1)
    }

    @Test func `a lane carries out one call after the other, and holds up nobody else`() async throws {
        struct Refusal: Error {}
        let lane = BlockingLane("test")
        let other = BlockingLane("other")
        let order = Shared<[Int]>([])
        let gate = Shared(false)
        // Blocks its thread until the other lane has gone on.
        lane.begin { while !gate.value {} }
        for number in 0..<10 { lane.begin { order.change { $0.append(number) } } }
        #expect(order.value == [])
        await other.run { gate.change { $0 = true } }
        #expect(await lane.run { 7 } == 7)
        #expect(order.value == Array(0..<10))
        await #expect(throws: Refusal.self) { try await lane.run { () throws(Refusal) in throw Refusal() } }
    }
}

final class Shared<Value: Sendable>: Sendable {
    private let state: Mutex<Value>

    init(_ value: Value) { state = Mutex(value) }

    var value: Value { state.withLock(\.self) }
    func change(_ body: (inout Value) -> Void) {
        state.withLock { value in
            var changed = value
            body(&changed)
            value = changed
        }
    }
}
