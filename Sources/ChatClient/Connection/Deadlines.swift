import NIOCore
import System

extension Gate {
    /// For one who waits alone: goes through, or waits no longer than until `moment` (`Monotonic`), and closes it.
    func passAndClose(until moment: Duration?) async {
        let timer = moment.map { moment in ClientLoop.at(moment) { self.open() } }
        await passAndClose()
        timer?.cancel()
    }
}

extension Monotonic {
    /// Returns when the moment has come, or the task is cancelled.
    static func pass(_ moment: Duration) async {
        let gate = Gate()
        await withTaskCancellationHandler {
            await gate.passAndClose(until: moment)
        } onCancel: {
            gate.open()
        }
    }
}

extension Later {
    /// Waits until `moment` (`Monotonic`) at the longest; where nothing has come by then it is nil for good.
    func value<Wrapped>(until moment: Duration?) async -> Wrapped? where Value == Wrapped? {
        let timer = moment.map { moment in ClientLoop.at(moment) { self.set(nil) } }
        defer { timer?.cancel() }
        return await value
    }
}
