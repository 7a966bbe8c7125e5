import DequeModule
import NIOCore

/// Encoded frames that wait to be encrypted, in order.
///
/// A plain value. It keeps references to the buffers given, so a frame for many connections is in memory once however
/// many of them are behind.
struct OutboundBacklog {
    private var buffers = Deque<ByteBuffer>()
    /// The most that waited at once since places were given back.
    private(set) var most = 0
    /// Bytes waiting.
    private(set) var bytes = 0

    /// Places kept when the backlog has drained; more are given back.
    private static let placesKept = 16

    var isEmpty: Bool { bytes == 0 }

    mutating func append(_ buffer: ByteBuffer) {
        guard buffer.readableBytes > 0 else { return }
        buffers.append(buffer)
        most = max(most, buffers.count)
        bytes += buffer.readableBytes
    }

    /// Takes what fits a record off the front and gives it to `seal` in one piece: from the buffer itself where the
    /// record holds nothing else, put together in `staging` otherwise. `staging` has a record's size.
    mutating func takeRecord<Result>(
        staging: UnsafeMutableRawBufferPointer, _ seal: (UnsafeRawBufferPointer) -> Result
    ) -> Result {
        let count = min(bytes, staging.count)
        bytes -= count
        defer { if isEmpty, most > Self.placesKept { removeAll() } }
        if let first = buffers.first, first.readableBytes >= count {
            let result = first.withUnsafeReadableBytes { seal(UnsafeRawBufferPointer(rebasing: $0[..<count])) }
            drop(count)
            return result
        }
        var filled = 0
        while filled < count {
            let taken = buffers[0].withUnsafeReadableBytes { source in
                let taken = min(source.count, count - filled)
                staging[filled..<filled + taken].copyBytes(from: source[..<taken])
                return taken
            }
            filled += taken
            drop(taken)
        }
        return seal(UnsafeRawBufferPointer(rebasing: staging[..<count]))
    }

    mutating func removeAll() {
        self = OutboundBacklog()
    }

    /// Takes bytes off the first buffer, and the buffer itself when they were all it had.
    private mutating func drop(_ count: Int) {
        if count < buffers[0].readableBytes {
            buffers[0].moveReaderIndex(forwardBy: count)
        } else {
            buffers.removeFirst()
        }
    }
}
