import ChatProtocol
import WireCodec

/// How what an identity file says of users and rooms stands in it: words in a line each.
extension IdentityFile {
    /// A list of texts that need no escapes; nothing where it is empty.
    static func list(_ key: String, _ lines: [String]) -> String {
        guard !lines.isEmpty else { return "" }
        return "\(key) = [\n" + lines.map { "    \"\($0)\",\n" }.joined() + "]\n"
    }
}

extension IdentityFile.Pin {
    private static let verified = "verified"
    private static let hashBytes = 32

    var line: String {
        "\(name) \(account.hex) \(root) \(number) \(Hexadecimal.text(head))\(isVerified ? " \(Self.verified)" : "")"
    }

    /// Nil where it is none.
    init?(line: String) {
        let words = line.split(separator: " ", omittingEmptySubsequences: false)
        guard words.count == 5 || words.count == 6 && words[5] == Self.verified, let name = UserName(String(words[0])),
            let account = AccountID(hex: words[1]), let number = UInt32(words[3]),
            let head = Hexadecimal.bytes(words[4]), head.count == Self.hashBytes
        else { return nil }
        self.init(
            name: name, account: account, root: String(words[2]), number: number, head: head,
            isVerified: words.count == 6)
    }
}

extension IdentityFile.Room {
    var line: String { "\(name) \(conversation.hex)" }

    /// Nil where it is none.
    init?(line: String) {
        let words = line.split(separator: " ", omittingEmptySubsequences: false)
        guard words.count == 2, let name = UserName(String(words[0])), let conversation = ConversationID(hex: words[1])
        else { return nil }
        self.init(name: name, conversation: conversation)
    }
}
