import CLISupport
import ChatProtocol

/// What may be a message's body.
package enum MessageText {
    /// How long it may be, for people.
    package static let limitInWords = "\(Limits.text >> 10) KiB"

    package static func check(_ text: String) throws(Problem) -> String { try check(Array(text.utf8)) }

    /// The text of `bytes`, which are taken as they are.
    ///
    /// - Throws: 65: `empty_message`, `message_too_long`, `nul_byte`, `not_utf8`.
    package static func check(_ bytes: [UInt8]) throws(Problem) -> String {
        guard !bytes.isEmpty else { throw Problem(.emptyMessage, "the message is empty; it was not sent", sent: .no) }
        guard bytes.count <= Limits.text else {
            throw Problem(
                .messageTooLong,
                "the message has \(bytes.count) bytes; the limit is \(Limits.text) (\(limitInWords))",
                hint: "send it in parts, or send where it can be read", sent: .no)
        }
        guard !bytes.contains(0) else {
            throw Problem(.nulByte, "the message holds a NUL byte; only text can be sent", sent: .no)
        }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw Problem(
                .notUTF8, "the message is not UTF-8; only text can be sent", hint: "convert it, with iconv for example",
                sent: .no)
        }
        return text
    }
}
