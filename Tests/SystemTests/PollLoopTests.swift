import Foundation
import Glibc
import System
import Testing

@Suite struct PollLoopTests {
    /// Runs a loop here until something sets the flag that it is given.
    private func run(_ loop: PollLoop, _ body: (@escaping @Sendable () -> Void) -> Void) {
        let isDone = Shared(false)
        body { isDone.change { $0 = true } }
        loop.run { !isDone.value }
    }

    @Test func `what is handed over is done in its order, and what that hands over behind it`() {
        let loop = PollLoop()
        let done = Shared<[Int]>([])
        run(loop) { end in
            for number in 0..<100 {
                loop.perform {
                    done.change { $0.append(number) }
                    if number == 0 { loop.perform { done.change { $0.append(100) } } }
                }
            }
            loop.perform { loop.perform(end) }
        }
        #expect(done.value == Array(0...100))
    }

    @Test func `moments come in their order, those of one time as they were asked for, and cancelled ones do not`() {
        let loop = PollLoop()
        let done = Shared<[Int]>([])
        run(loop) { end in
            let now = PollLoop.now
            for (number, later) in [3_000_000, 1_000_000, 1_000_000, 2_000_000].enumerated() {
                _ = loop.at(now + UInt64(later)) { done.change { $0.append(number) } }
            }
            loop.cancel(loop.at(now + 500_000) { done.change { $0.append(9) } })
            _ = loop.at(now + 4_000_000, end)
        }
        #expect(done.value == [1, 2, 3, 0])
    }

    @Test func `whoever hands something over from another thread wakes it`() {
        let loop = PollLoop()
        let threads = Shared<[Bool]>([loop.isCurrent])
        run(loop) { end in
            loop.perform {
                threads.change { $0.append(loop.isCurrent) }
                Thread.detachNewThread {
                    threads.change { $0.append(loop.isCurrent) }
                    loop.perform(end)
                }
            }
        }
        #expect(threads.value == [false, true, false])
    }

    @Test func `a descriptor is told of while it is ready, also where there is always something else to do`() throws {
        let loop = PollLoop()
        let ends = try NewDescriptor.pipe()
        defer {
            close(ends.read)
            close(ends.write)
        }
        let read = Shared<[UInt8]>([])
        @Sendable func again() { if read.value.count < 3 { loop.perform(again) } }
        run(loop) { end in
            loop.perform {
                again()
                loop.watch(ends.read, for: POLLIN) {
                    read.change { $0 += (try? Descriptor.readAvailable(ends.read, limit: 1).get()) ?? [] }
                    guard read.value.count == 3 else { return }
                    loop.unwatch(ends.read)
                    // Before that it looks once more at what is ready.
                    _ = loop.at(PollLoop.now, end)
                }
                _ = Descriptor.write(Array("abcd".utf8), to: ends.write)
            }
        }
        #expect(read.value == Array("abc".utf8))
    }

    @Test func `what was ready in time comes before a moment that has passed meanwhile`() throws {
        let loop = PollLoop()
        let ends = try NewDescriptor.pipe()
        defer {
            close(ends.read)
            close(ends.write)
        }
        let done = Shared<[String]>([])
        run(loop) { end in
            loop.perform {
                loop.watch(ends.read, for: POLLIN) {
                    loop.unwatch(ends.read)
                    done.change { $0.append("ready") }
                }
                _ = Descriptor.write([1], to: ends.write)
                _ = loop.at(PollLoop.now) {
                    done.change { $0.append("late") }
                    end()
                }
            }
        }
        #expect(done.value == ["ready", "late"])
    }
}
