import ChatProtocol

/// Why bytes are no frame.
package enum FrameError: Error, Equatable, Sendable {
    /// The length announced is over the limit in force.
    case tooLarge(length: Int, limit: Int)
    /// The length announced has no room for kind and correlation.
    case tooShort(length: Int)
}

/// Cuts a stream of bytes into frames.
///
/// A plain value. An announced length is judged before a byte of the body is kept, and a body takes memory only as its
/// bytes arrive.
package struct FrameSplitter: Sendable {
    /// The largest `length` accepted: kind, correlation and body. It counts from the next frame on.
    package var limit: Int

    /// Bytes of a header that did not come whole.
    private var header: [UInt8] = []
    /// The frame whose body is coming in, and how many bytes of it are missing.
    private var partial: RawFrame?
    private var missing = 0

    private static let headerBytes = RawFrame.lengthBytes + RawFrame.headBytes

    package init(limit: Int) {
        self.limit = limit
    }

    /// Whether a frame has begun and is not complete.
    package var isMidFrame: Bool { partial != nil || !header.isEmpty }

    /// Bytes that the frame which has begun will have when it has come whole.
    var announcedBytes: Int { partial.map { $0.body.count + missing } ?? header.count }

    /// Bytes of memory that the frame which has begun takes.
    var reservedBytes: Int { header.capacity + (partial?.body.capacity ?? 0) }

    /// Takes bytes from the front of `bytes` until a frame is complete; nil where they do not suffice, and then all
    /// are taken.
    package mutating func next(from bytes: inout UnsafeRawBufferPointer) throws(FrameError) -> RawFrame? {
        if partial == nil {
            guard try takeHeader(from: &bytes) else { return nil }
        }
        let count = min(missing, bytes.count)
        if count > 0 {
            partial?.body.append(contentsOf: bytes.prefix(count))
            missing -= count
            bytes = UnsafeRawBufferPointer(rebasing: bytes.dropFirst(count))
        }
        guard missing == 0 else { return nil }
        defer { partial = nil }
        return partial
    }

    /// Reads a header; false where `bytes` ends within it.
    private mutating func takeHeader(from bytes: inout UnsafeRawBufferPointer) throws(FrameError) -> Bool {
        if header.isEmpty && bytes.count >= Self.headerBytes {
            try begin(bytes)
            bytes = UnsafeRawBufferPointer(rebasing: bytes.dropFirst(Self.headerBytes))
            return true
        }
        let count = min(Self.headerBytes - header.count, bytes.count)
        header.append(contentsOf: bytes.prefix(count))
        bytes = UnsafeRawBufferPointer(rebasing: bytes.dropFirst(count))
        if header.count >= RawFrame.lengthBytes { _ = try checkedLength(header) }
        guard header.count == Self.headerBytes else { return false }
        try begin(header)
        header = []
        return true
    }

    /// Starts the frame that this header announces.
    private mutating func begin(_ header: some RandomAccessCollection<UInt8>) throws(FrameError) {
        missing = try checkedLength(header) - RawFrame.headBytes
        let kind = header[header.index(header.startIndex, offsetBy: RawFrame.lengthBytes)]
        let correlation = Self.integer(header.dropFirst(RawFrame.lengthBytes + 1))
        partial = RawFrame(kind: kind, correlation: correlation, body: [])
    }

    private func checkedLength(_ header: some RandomAccessCollection<UInt8>) throws(FrameError) -> Int {
        let length = Int(Self.integer(header))
        guard length >= RawFrame.headBytes else { throw .tooShort(length: length) }
        guard length <= limit else { throw .tooLarge(length: length, limit: limit) }
        return length
    }

    /// The first four bytes, big-endian.
    private static func integer(_ bytes: some Collection<UInt8>) -> UInt32 {
        bytes.prefix(4).reduce(0) { $0 << 8 | UInt32($1) }
    }
}
