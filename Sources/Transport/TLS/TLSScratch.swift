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
    /// Where a record is decrypted to.
    let opened: UnsafeMutableRawBufferPointer
    /// Where small frames are put together to a record.
    let staging: UnsafeMutableRawBufferPointer
    /// Where ciphertext gathers on its way to a socket; there is room for another record behind `writeBytes`.
    private let sealed: UnsafeMutableRawBufferPointer
    /// Bytes gathered. None between two uses.
    private(set) var outputCount = 0

    init() {
        window = .allocate(capacity: 1)
        window.initialize(to: TLSWindow())
        opened = .allocate(byteCount: Self.recordBytes, alignment: 16)
        staging = .allocate(byteCount: Self.recordBytes, alignment: 16)
        sealed = .allocate(byteCount: Self.writeBytes + Self.sealedRecordBytes, alignment: 16)
    }

    deinit {
        window.deallocate()
        opened.deallocate()
        staging.deallocate()
        sealed.deallocate()
    }

    /// The ciphertext gathered. Valid until more is, or it is discarded.
    var output: UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: sealed[..<outputCount]) }

    func discardOutput() { outputCount = 0 }

    /// Lends OpenSSL `input`, and the room behind the output, for one call. Returns what it took of the input.
    @inline(__always)
    func lend(_ input: UnsafeRawBufferPointer, _ call: () -> Void) -> Int {
        window.pointee = TLSWindow(
            input: input, output: UnsafeMutableRawBufferPointer(rebasing: sealed[outputCount...]))
        call()
        let consumed = window.pointee.consumed
        outputCount += window.pointee.produced
        window.pointee = TLSWindow()
        return consumed
    }
}
