import ChatProtocol
import NIOCore

extension ByteBuffer {
    /// Writes a frame as it travels: the same bytes as `RawFrame.wireBytes`, without an array between.
    package mutating func writeFrame(kind: FrameKind, correlation: UInt32, body: [UInt8]) {
        reserveCapacity(minimumWritableBytes: RawFrame.lengthBytes + RawFrame.headBytes + body.count)
        writeInteger(UInt32(RawFrame.headBytes + body.count))
        writeInteger(kind.rawValue)
        writeInteger(correlation)
        writeBytes(body)
    }
}
