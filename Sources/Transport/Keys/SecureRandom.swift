import COpenSSL

/// Unpredictable bytes.
package enum SecureRandom {
    /// `count` bytes of the kernel's, or of OpenSSL's generator, which the kernel seeds.
    package static func bytes(_ count: Int) -> [UInt8] {
        guard count > 0 else { return [] }
        return [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
            let done = RAND_bytes_ex(OpenSSLLibrary.algorithms, buffer.baseAddress, count, 0)
            // Nothing that needs a secret can go on without one.
            precondition(done == 1, "the system gives no random bytes")
            initialized = count
        }
    }
}

/// Comparing secrets.
package enum ConstantTime {
    /// Whether both are the same bytes, in a time that depends on their lengths alone.
    package static func equal(_ left: [UInt8], _ right: [UInt8]) -> Bool {
        guard left.count == right.count else { return false }
        return CRYPTO_memcmp(left, right, left.count) == 0
    }
}
