import COpenSSL

/// What OpenSSL's error queue of this thread says, taken off it.
struct OpenSSLError: Error, Equatable, Sendable {
    /// The reason's number within its library; 1000 + n for a TLS alert n that the peer sent.
    var reason: Int32
    /// The reason in OpenSSL's words.
    var text: String

    /// The alert that the peer sent (RFC 8446 §6), where that is the reason.
    var alert: UInt8? { reason > 1000 ? UInt8(exactly: reason - 1000) : nil }

    /// Empties the queue before a call by whose errors it is judged. It is empty, and to see that is a quarter of what emptying it costs.
    static func clear() { if ERR_peek_error() != 0 { ERR_clear_error() } }

    /// Takes the first error of the queue, the root of what followed, and empties it, so that none is taken for that
    /// of a later call.
    static func take() -> OpenSSLError {
        let code = ERR_get_error()
        ERR_clear_error()
        guard code != 0 else { return OpenSSLError(reason: 0, text: "no reason given") }
        if ERR_reason_error_string(code) == nil { shim_load_reasons() }
        let text = ERR_reason_error_string(code).map { String(cString: $0) } ?? "error \(code)"
        return OpenSSLError(reason: shim_ERR_GET_REASON(code), text: text)
    }
}

/// A failure inside OpenSSL that no input explains: memory, or an installation without the algorithm.
package struct CryptoFailure: Error, Equatable, Sendable, CustomStringConvertible {
    package var operation: String
    package var reason: String

    static func take(_ operation: String) -> CryptoFailure {
        CryptoFailure(operation: operation, reason: OpenSSLError.take().text)
    }

    package var description: String { "OpenSSL could not \(operation): \(reason)" }
}
