import NIOCore
import Transport

/// What the hub needs of a connection: a socket with TLS, or an end in memory.
package protocol ClientLink: AnyObject {
    var remoteAddress: NetworkAddress { get }
    /// 32 bytes that only both ends know; empty where the connection is not open.
    var channelBinding: [UInt8] { get }
    /// False when much waits to be sent; asking then promises a call when it is true again.
    var isWritable: Bool { get }
    var pendingBytes: Int { get }
    /// Bytes that a frame which has not come whole will take.
    var announcedBytes: Int { get }

    /// Sends frames with everything else that is written in this tick.
    func write(_ bytes: ByteBuffer)
    func pauseReading()
    func resumeReading()
    func setFrameLimit(_ limit: Int)
    func close(flushing: Bool)
}

extension FrameConnection: ClientLink {}
