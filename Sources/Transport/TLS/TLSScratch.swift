import NIOCore

/// Memory that the TLS connections of one event loop use in turn: none of them needs its own while idle, and nothing
/// is allocated a record.
///
/// Confined to its event loop.
final class TLSScratch {
    /// Plaintext bytes of the largest record (RFC 8446 §5.1).
    static let recordBytes = 1 << 14
    /// Room that the largest record needs on the wire, and an alert or key update before it.
    static let sealedRecordBytes = recordBytes + 1024
    /// Ciphertext gathered for one write to a socket: four full records.
    static let writeBytes = 4 * sealedRecordBytes

    let window: UnsafeMutablePointer<TLSWindow>
    /// Ciphertext on its way to a socket. Empty between two uses.
    var output: ByteBuffer
    /// Where a record is decrypted to.
    let opened: UnsafeMutableRawBufferPointer
    /// Where small frames are put together to a record.
    let staging: UnsafeMutableRawBufferPointer

    init() {
        window = .allocate(capacity: 1)
        window.initialize(to: TLSWindow())
        output = ByteBufferAllocator().buffer(capacity: 2 * Self.sealedRecordBytes)
        opened = .allocate(byteCount: Self.recordBytes, alignment: 16)
        staging = .allocate(byteCount: Self.recordBytes, alignment: 16)
    }

    deinit {
        window.deallocate()
        opened.deallocate()
        staging.deallocate()
    }

    /// Empties `output` after its bytes were given to a channel. Returns whether the storage came back, which means
    /// that the channel has handed all of it to the kernel; otherwise the channel keeps it and `output` gets another.
    func reclaimOutput() -> Bool {
        let before = output.withVeryUnsafeBytes { $0.baseAddress }
        output.clear()
        return output.withVeryUnsafeBytes { $0.baseAddress } == before
    }
}
