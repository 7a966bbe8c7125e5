import Dispatch
import NIOCore
import System

/// A `PollLoop` as NIO's event loop: for futures, timers and what is confined. NIO's own channels do not live on it; `PlainSocket` does.
package final class PollEventLoop: EventLoop {
    let loop: PollLoop

    package init(_ loop: PollLoop) { self.loop = loop }

    package var inEventLoop: Bool { loop.isCurrent }

    package func execute(_ task: @escaping @Sendable () -> Void) { loop.perform(task) }

    package func scheduleTask<Value>(
        deadline: NIODeadline, _ task: @escaping @Sendable () throws -> Value
    ) -> Scheduled<Value> {
        let promise = makePromise(of: Value.self)
        let number = loop.at(deadline.uptimeNanoseconds) {
            do { promise.assumeIsolated().succeed(try task()) } catch { promise.fail(error) }
        }
        return Scheduled(promise: promise, cancellationTask: { [loop] in loop.cancel(number) })
    }

    package func scheduleTask<Value>(
        in delay: TimeAmount, _ task: @escaping @Sendable () throws -> Value
    ) -> Scheduled<Value> {
        scheduleTask(deadline: .now() + delay, task)
    }

    /// It ends with its process.
    package func shutdownGracefully(queue: DispatchQueue, _ callback: @escaping @Sendable ((any Error)?) -> Void) {
        queue.async { callback(EventLoopError.unsupportedOperation) }
    }
}
