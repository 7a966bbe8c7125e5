import COpenSSL
import Synchronization

/// OpenSSL as this process uses it.
///
/// Left to itself it reads its configuration, names every cipher there is and loads the sentences of every error when it is first
/// used, which a short command would pay for with a tenth of its time.
package enum OpenSSLLibrary {
    private static let followsConfiguration = Atomic(false)

    /// For a server, before anything else of OpenSSL is used: the configuration of the machine counts, with all that it
    /// loads. A client's keys and protocol are fixed: it uses what OpenSSL itself has.
    package static func followConfiguration() { followsConfiguration.store(true, ordering: .releasing) }

    /// Prepares the library before its first use, without its own clean-up at the end of the process: that runs in
    /// `exit` while the event loop's thread may be within a call, which then meets locks that are gone. The kernel
    /// cleans up as well.
    static func prepare() { _ = selection }

    private static let isPrepared: Bool = {
        var options = OPENSSL_INIT_NO_ATEXIT
        if !isWhole {
            options |=
                OPENSSL_INIT_NO_LOAD_CONFIG | OPENSSL_INIT_NO_ADD_ALL_CIPHERS | OPENSSL_INIT_NO_ADD_ALL_DIGESTS
                | OPENSSL_INIT_NO_LOAD_CRYPTO_STRINGS
        }
        return OPENSSL_init_crypto(UInt64(options), nil) == 1
    }()

    private static let isWhole = followsConfiguration.load(ordering: .acquiring)

    /// Where the algorithms of keys, and of connections by a server's key, are looked for (an `OSSL_LIB_CTX *`); nil is in all that
    /// OpenSSL has.
    static var algorithms: OpaquePointer? { selection.context }

    private static let selection = Selection()

    /// Sendable without a lock: nothing changes it once made, and OpenSSL lets any thread use a library context.
    private struct Selection: @unchecked Sendable {
        let context: OpaquePointer?

        init() {
            context = isPrepared && !isWhole ? shim_selected_algorithms() : nil
        }
    }

    /// Has the digests of certificates found by their names, as verifying a chain does.
    static func prepareForChains() {
        prepare()
        for digest in [EVP_sha1(), EVP_sha224(), EVP_sha256(), EVP_sha384(), EVP_sha512()] { EVP_add_digest(digest) }
    }
}
