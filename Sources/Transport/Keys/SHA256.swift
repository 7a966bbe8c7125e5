import COpenSSL

/// SHA-256 (FIPS 180-4).
package enum SHA256 {
    /// Bytes of a digest.
    package static let digestBytes = 32

    /// The digest of `bytes`, 32 bytes.
    package static func hash(_ bytes: some Sequence<UInt8>) -> [UInt8] {
        let direct = bytes.withContiguousStorageIfAvailable { hash(UnsafeRawBufferPointer($0)) }
        return direct ?? Array(bytes).withUnsafeBytes { hash($0) }
    }

    /// The digest of `bytes`, 32 bytes.
    package static func hash(_ bytes: UnsafeRawBufferPointer) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: digestBytes) { digest, count in
            var length: UInt32 = 0
            let done = EVP_Digest(
                bytes.baseAddress ?? UnsafeRawPointer(digest.baseAddress), bytes.count, digest.baseAddress, &length,
                SHA256Algorithm.shared.pointer, nil)
            // The only failures left are a library without SHA-256 and no memory: going on with a wrong digest would
            // be worse than ending.
            precondition(done == 1 && length == UInt32(digestBytes), "OpenSSL offers no SHA-256")
            count = digestBytes
        }
    }
}

/// The algorithm, fetched once: a fetch for every digest costs more than digesting a short message.
///
/// Sendable without a lock: an `EVP_MD` never changes once fetched, and its reference count is atomic.
private final class SHA256Algorithm: @unchecked Sendable {
    static let shared = SHA256Algorithm()
    let pointer: OpaquePointer?

    private init() {
        pointer = EVP_MD_fetch(OpenSSLLibrary.algorithms, "SHA256", nil) ?? EVP_sha256()
    }
}
