import ChatProtocol
import NIOCore

extension ByteBuffer {
    /// Writes a frame as it travels.
    package mutating func writeFrame(kind: FrameKind, correlation: UInt32, body: [UInt8]) {
        write(RawFrame(kind: kind.rawValue, correlation: correlation, body: body))
    }

    fileprivate mutating func write(_ frame: RawFrame) {
        reserveCapacity(minimumWritableBytes: RawFrame.lengthBytes + RawFrame.headBytes + frame.body.count)
        writeInteger(UInt32(RawFrame.headBytes + frame.body.count))
        writeInteger(frame.kind)
        writeInteger(frame.correlation)
        writeBytes(frame.body)
    }
}

extension RawFrame {
    /// The frame as it travels, its length in front.
    package var wireBytes: [UInt8] {
        var buffer = ByteBuffer()
        buffer.write(self)
        return Array(buffer.readableBytesView)
    }
}
