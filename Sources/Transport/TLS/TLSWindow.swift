import COpenSSL

/// The bytes that OpenSSL may read and the room it may write to during one call.
///
/// It replaces OpenSSL's memory BIOs: ciphertext goes from the socket's buffer to OpenSSL and from OpenSSL to the
/// socket's buffer without a copy in between, and a connection holds no such buffers while idle. Outside a call both
/// are empty, and OpenSSL is told to come again.
struct TLSWindow {
    var input: UnsafeRawBufferPointer = .init(start: nil, count: 0)
    var output: UnsafeMutableRawBufferPointer = .init(start: nil, count: 0)
    /// Bytes taken from `input`.
    var consumed = 0
    /// Bytes put into `output`.
    var produced = 0
}

/// The kind of BIO that reads from and writes to a `TLSWindow`.
///
/// Sendable without a lock: it never changes once made.
final class TLSWindowMethod: @unchecked Sendable {
    static let shared = TLSWindowMethod()
    let pointer: OpaquePointer?

    private init() {
        pointer = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "window")
        // The callbacks are free functions: closures could be taken to belong to an actor.
        BIO_meth_set_read(pointer, windowRead)
        BIO_meth_set_write(pointer, windowWrite)
        BIO_meth_set_ctrl(pointer, windowControl)
    }

    /// A BIO over `window`, which must outlive it.
    func makeBIO(over window: UnsafeMutablePointer<TLSWindow>) -> OpaquePointer? {
        guard let bio = BIO_new(pointer) else { return nil }
        BIO_set_data(bio, window)
        BIO_set_init(bio, 1)
        return bio
    }
}

/// What a call sets to say that it should be repeated (`BIO_clear_retry_flags`, a macro).
private let retryFlags = BIO_FLAGS_READ | BIO_FLAGS_WRITE | BIO_FLAGS_IO_SPECIAL | BIO_FLAGS_SHOULD_RETRY

private func window(of bio: OpaquePointer?) -> UnsafeMutablePointer<TLSWindow>? {
    BIO_get_data(bio)?.assumingMemoryBound(to: TLSWindow.self)
}

private func windowRead(_ bio: OpaquePointer?, _ target: UnsafeMutablePointer<CChar>?, _ wanted: Int32) -> Int32 {
    BIO_clear_flags(bio, retryFlags)
    guard let window = window(of: bio), let target, wanted > 0 else { return -1 }
    let count = min(Int(wanted), window.pointee.input.count - window.pointee.consumed)
    guard count > 0, let source = window.pointee.input.baseAddress else {
        BIO_set_flags(bio, BIO_FLAGS_READ | BIO_FLAGS_SHOULD_RETRY)
        return -1
    }
    UnsafeMutableRawPointer(target).copyMemory(from: source + window.pointee.consumed, byteCount: count)
    window.pointee.consumed += count
    return Int32(count)
}

private func windowWrite(_ bio: OpaquePointer?, _ source: UnsafePointer<CChar>?, _ offered: Int32) -> Int32 {
    BIO_clear_flags(bio, retryFlags)
    guard let window = window(of: bio), let source, offered > 0 else { return -1 }
    let count = min(Int(offered), window.pointee.output.count - window.pointee.produced)
    guard count > 0, let target = window.pointee.output.baseAddress else {
        BIO_set_flags(bio, BIO_FLAGS_WRITE | BIO_FLAGS_SHOULD_RETRY)
        return -1
    }
    (target + window.pointee.produced).copyMemory(from: UnsafeRawPointer(source), byteCount: count)
    window.pointee.produced += count
    return Int32(count)
}

private func windowControl(
    _ bio: OpaquePointer?, _ command: Int32, _ number: Int, _ pointer: UnsafeMutableRawPointer?
) -> Int {
    // Nothing is held back, so a flush has nothing to do; no other request applies.
    command == BIO_CTRL_FLUSH ? 1 : 0
}
