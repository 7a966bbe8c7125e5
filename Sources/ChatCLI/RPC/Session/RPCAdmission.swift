import Synchronization

/// How much is under way, and whether more may be read.
final class RPCAdmission: Sendable {
    private struct State {
        var requests = 0
        var bytes = 0
        var reader: CheckedContinuation<Void, Never>?
        var finisher: CheckedContinuation<Void, Never>?

        var hasPlace: Bool { requests < RPCLimits.underWay && bytes < RPCLimits.underWayBytes }
    }

    private let state = Mutex(State())

    func enter(requests: Int, bytes: Int) {
        state.withLock { state in
            state.requests += requests
            state.bytes += bytes
        }
    }

    func leave(requests: Int, bytes: Int) {
        let (reader, finisher) = state.withLock { state in
            state.requests -= requests
            state.bytes -= bytes
            return (
                state.hasPlace ? state.reader.take() : nil, state.requests == 0 ? state.finisher.take() : nil
            )
        }
        reader?.resume()
        finisher?.resume()
    }

    /// For the reader: returns when there is a place for more.
    func waitForPlace() async {
        await withCheckedContinuation { continuation in
            let hasPlace = state.withLock { state in
                if !state.hasPlace { state.reader = continuation }
                return state.hasPlace
            }
            if hasPlace { continuation.resume() }
        }
    }

    /// At the end of the input: returns when nothing is under way.
    func waitUntilIdle() async {
        await withCheckedContinuation { continuation in
            let isIdle = state.withLock { state in
                if state.requests > 0 { state.finisher = continuation }
                return state.requests == 0
            }
            if isIdle { continuation.resume() }
        }
    }
}
