import Synchronization
import System

/// How much is under way, and whether more may be read.
final class RPCAdmission: Sendable {
    private struct State {
        var requests = 0
        var bytes = 0

        var hasPlace: Bool { requests < RPCLimits.underWay && bytes < RPCLimits.underWayBytes }
    }

    private let state = Mutex(State())
    private let place = Gate(isOpen: true)
    private let idle = Gate(isOpen: true)

    func enter(requests: Int, bytes: Int) { count(requests, bytes) }

    func leave(requests: Int, bytes: Int) { count(-requests, -bytes) }

    private func count(_ requests: Int, _ bytes: Int) {
        state.withLock { state in
            state.requests += requests
            state.bytes += bytes
            place.set(isOpen: state.hasPlace)
            idle.set(isOpen: state.requests == 0)
        }
    }

    /// For the reader: returns when there is a place for more.
    func waitForPlace() async { await place.pass() }

    /// At the end of the input: returns when nothing is under way.
    func waitUntilIdle() async { await idle.pass() }
}
