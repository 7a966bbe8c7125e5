import ChatProtocol
import Synchronization

/// What a connection delivered and nobody has taken yet.
///
/// The reader of the socket puts frames in and never waits; whoever stores them takes all that is there. What an honest
/// server sends unasked is bounded by what was not acknowledged, so that an overflow is the server's fault.
final class LinkInbox: Sendable {
    /// Far above what may be unacknowledged, with room for presence and receipts while a disk is slow.
    static let maximumBytes = 32 << 20

    private struct State {
        var frames: [RawFrame] = []
        var bytes = 0
        var isClosed = false
        var waiter: CheckedContinuation<Void, Never>?
    }

    private let state = Mutex(State())

    /// - Returns: false where it is full.
    func put(_ frame: RawFrame) -> Bool {
        let (waiter, fits) = state.withLock { state -> (CheckedContinuation<Void, Never>?, Bool) in
            state.bytes += frame.body.count + RawFrame.headBytes
            guard state.bytes <= Self.maximumBytes else { return (nil, false) }
            state.frames.append(frame)
            return (state.waiter.take(), true)
        }
        waiter?.resume()
        return fits
    }

    /// Nothing follows.
    func close() {
        state.withLock { state -> CheckedContinuation<Void, Never>? in
            state.isClosed = true
            return state.waiter.take()
        }?.resume()
    }

    /// All that is there, in order; waits for something. Nil once it is closed and empty. One reader at a time.
    func take() async -> [RawFrame]? {
        while true {
            let (frames, isClosed) = state.withLock { state -> ([RawFrame], Bool) in
                defer {
                    state.frames = []
                    state.bytes = 0
                }
                return (state.frames, state.isClosed)
            }
            if !frames.isEmpty { return frames }
            if isClosed { return nil }
            await withCheckedContinuation { continuation in
                let isReady = state.withLock { state in
                    guard state.frames.isEmpty, !state.isClosed else { return true }
                    state.waiter = continuation
                    return false
                }
                if isReady { continuation.resume() }
            }
        }
    }
}
