import NIOCore

/// What carries a connection's bytes to its peer: a channel of NIO's, or a socket without one. It tells the connection what comes
/// (`receive`, `readComplete`) and of the end (`finish`). On the event loop of the connection.
protocol ByteChannel: AnyObject {
    /// Sends from the front of `bytes` what the kernel takes at once, and returns how much. Nothing may wait in it.
    func send(_ bytes: UnsafeRawBufferPointer) -> Int
    /// Sends what `send` left, when that can be done, and calls `done`: then, or at the end.
    func sendLater(_ bytes: UnsafeRawBufferPointer, done: @escaping () -> Void)
    /// Goes on with reading that the connection did not let it do (`mayRead`).
    func read()
    /// Says that nothing more is sent; what the peer sends is still read.
    func closeOutput()
    func close()
}
