import COpenSSL

/// OpenSSL as this process uses it.
enum OpenSSLLibrary {
    /// Prepares the library before its first use, without its own clean-up at the end of the process: that runs in
    /// `exit` while the event loop's thread may be within a call, which then meets locks that are gone. The kernel
    /// cleans up as well.
    static func prepare() { _ = isPrepared }

    private static let isPrepared = OPENSSL_init_crypto(UInt64(OPENSSL_INIT_NO_ATEXIT), nil) == 1
}
