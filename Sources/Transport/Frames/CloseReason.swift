import NIOCore
import System

/// Why a connection ended; the first reason counts.
package enum CloseReason: Error, Equatable, Sendable, CustomStringConvertible {
    /// `close` was called on this side.
    case closedHere
    /// The peer said goodbye properly (`close_notify`).
    case closedByPeer
    /// The peer's end of the socket went away without a goodbye: what it sent last may be missing.
    case truncated
    /// The socket failed; the kernel's words.
    case socket(String)
    case handshakeTimedOut
    case tls(TLSFailure)
    case frame(FrameError)
    /// A frame was begun and not completed in time.
    case frameTimedOut
    /// The peer took nothing of what waited for it in time.
    case stalled

    package var description: String {
        switch self {
        case .closedHere: "closed here"
        case .closedByPeer: "closed by the peer"
        case .truncated: "the connection was cut"
        case .socket(let text): text
        case .handshakeTimedOut: "the TLS handshake was not finished in time"
        case .tls(let failure): failure.description
        case .frame(.tooLarge(let length, let limit)): "a frame of \(length) bytes; at most \(limit) are accepted"
        case .frame(.tooShort(let length)): "a frame of \(length) bytes is too short to be one"
        case .frameTimedOut: "a frame was not completed in time"
        case .stalled: "the peer does not read"
        }
    }

    /// What a failure of the channel means.
    init(_ error: any Error) {
        if let failure = error as? IOError {
            self = .socket(SystemError.text(failure.errnoCode))
        } else {
            self = .socket(String(describing: error))
        }
    }
}
