import ChatProtocol
import NIOCore
import Transport
import WireCodec

/// Writes bodies as frames into buffers that can be shared by any number of connections.
package enum FrameEncoder {
    package static func buffer(_ body: some FrameBody, correlation: UInt32 = 0) -> ByteBuffer {
        var buffer = ByteBuffer()
        write(body, correlation: correlation, into: &buffer)
        return buffer
    }

    package static func write(_ body: some FrameBody, correlation: UInt32 = 0, into buffer: inout ByteBuffer) {
        buffer.writeFrame(kind: type(of: body).kind, correlation: correlation, body: body.wireBytes)
    }
}
