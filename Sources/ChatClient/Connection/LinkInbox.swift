import ChatProtocol
import Synchronization
import System

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
    }

    private let state = Mutex(State())
    private let news = Gate()

    /// - Returns: false where it is full.
    func put(_ frame: RawFrame) -> Bool {
        let fits = state.withLock { state in
            state.bytes += frame.body.count + RawFrame.headBytes
            guard state.bytes <= Self.maximumBytes else { return false }
            state.frames.append(frame)
            return true
        }
        if fits { news.open() }
        return fits
    }

    /// Nothing follows.
    func close() {
        state.withLock { $0.isClosed = true }
        news.open()
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
            await news.passAndClose()
        }
    }
}
