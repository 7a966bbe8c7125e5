import ChatProtocol

/// A conversation as this account sees it: with one user (`@bob`), a room (`#ops`), or the one of everybody (`*`).
package enum ConversationName: Hashable, Sendable {
    case user(UserName)
    case room(UserName)
    case everyone

    /// `@bob`, `#ops` or `*`: how lines name it, and what `init(_:)` reads.
    package var text: String {
        switch self {
        case .user(let name): "@" + name.text
        case .room(let name): "#" + name.text
        case .everyone: "*"
        }
    }

    /// Reads `@USER`, `#ROOM` or `*`, upper case folded; nil for anything else.
    package init?(_ text: some StringProtocol) {
        if text == "*" {
            self = .everyone
        } else if text.hasPrefix("@"), let name = UserName(typed: text.dropFirst()) {
            self = .user(name)
        } else if text.hasPrefix("#"), let name = UserName(typed: text.dropFirst()) {
            self = .room(name)
        } else {
            return nil
        }
    }

    /// Its name where it is a room.
    package var room: UserName? {
        if case .room(let name) = self { name } else { nil }
    }

    /// The other user; nil where there are several.
    package var user: UserName? {
        if case .user(let name) = self { name } else { nil }
    }
}

extension ConversationName: CustomStringConvertible {
    package var description: String { text }
}
