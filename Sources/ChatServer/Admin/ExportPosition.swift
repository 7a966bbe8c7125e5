import CLISupport
import ChatProtocol

/// Where the export of an account goes on: who asks brings it with each step, so that the server keeps nothing between.
package enum ExportPosition: Equatable, Sendable {
    /// The conversations after this one are not told yet.
    case conversations(after: ConversationID?)
    /// Of this conversation the entries after this number.
    case entries(of: ConversationID, after: SequenceNumber)

    package var json: JSONObject {
        var object = JSONObject()
        switch self {
        case .conversations(let after): object["after"] = after.map { .string($0.hex) } ?? .null
        case .entries(let conversation, let seq):
            object["conversation"] = .string(conversation.hex)
            object["seq"] = .integer(Int64(clamping: seq.value))
        }
        return object
    }

    package init?(_ object: JSONObject) {
        if let hex = object["conversation"]?.string {
            guard let conversation = ConversationID(hex: hex),
                let seq = object["seq"]?.integer.flatMap({ UInt64(exactly: $0) })
            else { return nil }
            self = .entries(of: conversation, after: SequenceNumber(seq))
        } else if let hex = object["after"]?.string {
            guard let after = ConversationID(hex: hex) else { return nil }
            self = .conversations(after: after)
        } else if object["after"] == .null {
            self = .conversations(after: nil)
        } else {
            return nil
        }
    }

    /// The last row of each step, which is not printed: whether there is more, and where.
    package struct Answer: Sendable, Equatable {
        package var next: ExportPosition?

        package init(next: ExportPosition?) { self.next = next }

        package var json: JSONObject {
            var object = JSONObject(head: "next")
            object["next"] = next.map { .object($0.json) } ?? .null
            return object
        }

        package init?(_ object: JSONObject) {
            switch object["next"] {
            case .null: next = nil
            case .object(let position):
                guard let position = ExportPosition(position) else { return nil }
                next = position
            default: return nil
            }
        }
    }
}
