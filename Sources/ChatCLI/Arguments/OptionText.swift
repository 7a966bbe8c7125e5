import ArgumentParser
import CLISupport
import ChatClient
import ChatProtocol
import GroupRules

/// How the values of options and arguments are read.
enum OptionText {
    static func duration(_ text: String) throws -> Duration {
        guard let value = DurationText.duration(text) else {
            throw ValidationError("expected \(DurationText.form)")
        }
        return value
    }

    /// For what must not wait for ever.
    static func limit(_ text: String) throws -> Duration {
        let value = try duration(text)
        guard value > .zero else { throw ValidationError("expected \(DurationText.form), above 0") }
        return value
    }

    static func time(_ text: String) throws -> TimeArgument {
        guard TimestampText.parse(text, now: 0) != nil else { throw ValidationError("expected \(TimestampText.form)") }
        return TimeArgument(text: text)
    }

    static func user(_ text: String) throws -> UserName {
        guard let name = UserName(typed: text) else {
            throw ValidationError("expected a user's name, \(UserName.rule)")
        }
        return name
    }

    /// `USER`, `@USER`, `#ROOM` or `*`.
    static func conversation(_ text: String) throws -> ConversationName {
        guard let name = ConversationName(text) ?? UserName(typed: text).map(ConversationName.user) else {
            throw ValidationError("expected a user's name, or # and a room's, or *")
        }
        return name
    }

    static func room(_ text: String) throws -> RoomName {
        guard let name = UserName(typed: text.hasPrefix("#") ? text.dropFirst() : text[...]) else {
            throw ValidationError("expected a room's name, \(UserName.rule)")
        }
        return RoomName(name)
    }

    static func adders(_ text: String) throws -> GroupPolicy.Adders {
        switch text {
        case "admins": return .admins
        case "members": return .members
        default: throw ValidationError("expected admins or members")
        }
    }

    static func name(_ text: String) throws -> UserName {
        guard let name = UserName(typed: text) else {
            throw ValidationError("expected a name, \(UserName.rule)")
        }
        return name
    }

    static func message(_ text: String) throws -> MessageID {
        guard let id = MessageID(uuid: text) else {
            throw ValidationError("expected a message's id, such as 01936f6e-0f3a-7c1e-8d2b-5a4f3c2b1a09")
        }
        return id
    }

    static func cursor(_ text: String) throws -> Cursor {
        guard let cursor = Cursor(text) else { throw ValidationError("expected the cursor of a line") }
        return cursor
    }

    static func fingerprint(_ text: String) throws -> AccountFingerprint {
        guard let fingerprint = AccountFingerprint(text.lowercased()) else {
            throw ValidationError("expected a user's fingerprint, acct1: and 52 letters and digits")
        }
        return fingerprint
    }

    static func server(_ text: String) throws -> ServerAddress {
        guard let address = ServerAddress(text) else { throw ValidationError("expected \(ServerAddress.form)") }
        return address
    }

    static func count(_ text: String) throws -> Int {
        guard let value = Int(text), (1...1_000_000_000).contains(value), text.utf8.first != 0x2b else {
            throw ValidationError("expected a whole number from 1")
        }
        return value
    }

    static func retries(_ text: String) throws -> Int {
        guard let value = Int(text), (0...1000).contains(value), text.utf8.first != 0x2b else {
            throw ValidationError("expected a whole number from 0 to 1000")
        }
        return value
    }

    static func tailLines(_ text: String) throws -> Int {
        guard let value = Int(text), (1...TailBuffer.maximumLines).contains(value), text.utf8.first != 0x2b else {
            throw ValidationError("expected a whole number from 1 to \(TailBuffer.maximumLines)")
        }
        return value
    }

    static func jobs(_ text: String) throws -> Int {
        guard let value = Int(text), ReplySchedule.jobsRange.contains(value), text.utf8.first != 0x2b else {
            throw ValidationError("expected a whole number from 1 to \(ReplySchedule.jobsRange.upperBound)")
        }
        return value
    }

    /// Devices beside the one that makes them.
    static func slots(_ text: String) throws -> Int {
        let others = 1...(Limits.devicesPerAccount - 1)
        guard let value = Int(text), others.contains(value), text.utf8.first != 0x2b else {
            throw ValidationError("expected a whole number from 1 to \(others.upperBound)")
        }
        return value
    }

    static func label(_ text: String) throws -> String {
        guard (1...RunReport.labelLimit).contains(text.utf8.count), !text.contains(where: \.isNewline) else {
            throw ValidationError("expected one line of 1 to \(RunReport.labelLimit) bytes")
        }
        return text
    }

    static func key(_ text: String) throws -> String {
        guard (1...Limits.idempotencyKey).contains(text.utf8.count) else {
            throw ValidationError("expected 1 to \(Limits.idempotencyKey) bytes")
        }
        return text
    }

    static func wait(_ text: String) throws -> WaitLevel {
        guard let level = WaitLevel(rawValue: text) else {
            throw ValidationError("expected accepted, delivered or read")
        }
        return level
    }
}

/// A moment as it was typed: "two hours ago" needs a clock, which parsing has not.
struct TimeArgument: Sendable {
    let text: String

    func timestamp(now: Timestamp) -> Timestamp { TimestampText.parse(text, now: now) ?? .zero }
}
