import NIOCore

/// Encoded frames that wait to be encrypted, in order.
///
/// A plain value. It keeps references to the buffers given, so a frame for many connections is in memory once however
/// many of them are behind.
struct OutboundBacklog {
    /// A circular buffer of NIO's takes a third of what a small frame costs in all.
    private var buffers: [ByteBuffer] = []
    /// How many of them have passed, and are empty.
    private var passed = 0
    /// Bytes waiting.
    private(set) var bytes = 0

    /// Slots kept when the backlog has drained; more are given back.
    private static let slotsKept = 16

    var isEmpty: Bool { bytes == 0 }
    /// Buffers for which there is a place.
    var slots: Int { buffers.capacity }

    mutating func append(_ buffer: ByteBuffer) {
        guard buffer.readableBytes > 0 else { return }
        buffers.append(buffer)
        bytes += buffer.readableBytes
    }

    /// Takes what fits a record off the front and gives it to `seal` in one piece: from the buffer itself where the
    /// record holds nothing else, put together in `staging` otherwise. `staging` has a record's size.
    mutating func takeRecord<Result>(
        staging: UnsafeMutableRawBufferPointer, _ seal: (UnsafeRawBufferPointer) -> Result
    ) -> Result {
        let count = min(bytes, staging.count)
        bytes -= count
        if passed < buffers.count, buffers[passed].readableBytes >= count {
            let result = buffers[passed].withUnsafeReadableBytes {
                seal(UnsafeRawBufferPointer(rebasing: $0[..<count]))
            }
            pass(take(count, of: passed))
            return result
        }
        var (filled, next) = (0, passed)
        while filled < count {
            let taken = buffers[next].withUnsafeReadableBytes { source in
                let taken = min(source.count, count - filled)
                staging[filled..<filled + taken].copyBytes(from: source[..<taken])
                return taken
            }
            filled += taken
            next = take(taken, of: next)
        }
        pass(next)
        return seal(UnsafeRawBufferPointer(rebasing: staging[..<count]))
    }

    mutating func removeAll() {
        self = OutboundBacklog()
    }

    /// Takes bytes off a buffer. Returns the one that is next.
    private mutating func take(_ count: Int, of index: Int) -> Int {
        guard count < buffers[index].readableBytes else { return index + 1 }
        buffers[index].moveReaderIndex(forwardBy: count)
        return index
    }

    /// All before `next` have passed.
    private mutating func pass(_ next: Int) {
        if next == buffers.count {
            buffers.removeAll(keepingCapacity: slots <= Self.slotsKept)
            passed = 0
        } else if next > buffers.count / 2 {
            buffers.removeFirst(next)
            passed = 0
        } else {
            for index in passed..<next { buffers[index] = ByteBuffer() }
            passed = next
        }
    }
}
