import CLISupport
import ChatClient
import ChatProtocol

/// How what a command printed becomes a reply.
enum ReplyText {
    /// Bytes of a reply: sixteen of the largest messages. Who has more to say sends where it can be read.
    static let limit = 16 * Limits.text
    /// A part ends with a line where one ends within so many bytes of the part's limit.
    static let lineEndRange = 4 << 10

    /// The messages that make the reply, in their order: joined they are what was printed, less one final newline.
    /// None where nothing was printed.
    ///
    /// - Throws: 65: `message_too_long`, `nul_byte`, `not_utf8`.
    static func parts(_ output: [UInt8]) throws(Problem) -> [String] {
        let text = output.last == 0x0a ? output.dropLast() : output[...]
        guard text.count <= limit else { throw tooLong }
        guard !text.contains(0) else { throw Problem(.nulByte, "holds a NUL byte; only text can be sent") }
        guard String(validating: text, as: UTF8.self) != nil else {
            throw Problem(.notUTF8, "is not UTF-8; only text can be sent")
        }
        var parts: [String] = []
        var rest = text
        while !rest.isEmpty {
            let end = cut(rest)
            parts.append(String(decoding: rest[..<end], as: UTF8.self))
            rest = rest[end...]
        }
        return parts
    }

    static var tooLong: Problem {
        Problem(.messageTooLong, "has more than \(limit) bytes (1 MiB); a reply is not cut")
    }

    /// Where the first part of a text ends: behind a line, or else between two characters.
    private static func cut(_ text: ArraySlice<UInt8>) -> Int {
        guard text.count > Limits.text else { return text.endIndex }
        let limit = text.startIndex + Limits.text
        if let newline = text[(limit - lineEndRange)..<limit].lastIndex(of: 0x0a) { return newline + 1 }
        // In UTF-8 no more than three bytes continue a character.
        return (0..<4).map { limit - $0 }.first { text[$0] & 0xc0 != 0x80 } ?? limit
    }
}
