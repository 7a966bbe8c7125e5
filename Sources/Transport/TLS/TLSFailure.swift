/// Why TLS with a peer came to nothing.
package enum TLSFailure: Error, Equatable, Sendable, CustomStringConvertible {
    /// No protocol in common (RFC 7301): the peer does not speak `chat/1`.
    case noCommonProtocol
    /// The peer ended it with this alert (RFC 8446 §6).
    case alert(number: UInt8, text: String)
    /// The server speaks another protocol, in plain text: its first line, or how it begins.
    case plainText(String)
    /// What the peer sent was refused here.
    case refused(String)

    /// `no_application_protocol` (RFC 7301 §3.2).
    static let noApplicationProtocol: UInt8 = 120

    init(_ error: OpenSSLError, noProtocolReasons: Set<Int32>) {
        if let alert = error.alert {
            self = alert == Self.noApplicationProtocol ? .noCommonProtocol : .alert(number: alert, text: error.text)
        } else if noProtocolReasons.contains(error.reason) {
            self = .noCommonProtocol
        } else {
            self = .refused(error.text)
        }
    }

    /// Whether a first answer is a line of printable ASCII; a TLS record begins otherwise.
    ///
    /// - Returns: the line, or how it begins.
    static func plainLine(_ bytes: some Collection<UInt8>) -> String? {
        let line = bytes.prefix(64).prefix { $0 != 0x0d && $0 != 0x0a }
        guard line.count >= 4, line.allSatisfy({ (0x20..<0x7f).contains($0) }) else { return nil }
        return String(decoding: line, as: UTF8.self)
    }

    package var description: String {
        switch self {
        case .noCommonProtocol: "the peer does not offer the protocol chat/1"
        case .alert(_, let text): "the peer ended TLS: \(text)"
        case .plainText(let line): "it answers '\(line)', which is no TLS"
        case .refused(let text): "TLS refused: \(text)"
        }
    }
}
