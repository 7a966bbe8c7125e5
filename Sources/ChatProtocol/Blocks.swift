import WireCodec

/// Changes whom this account blocks: whose direct messages and additions are refused (`blocked`). Answered with `Accounts`: all whom it
/// blocks then. Without a change it asks for them.
package struct ChangeBlocks: FrameBody {
    package static let kind = FrameKind.changeBlocks
    package var blocked: [AccountID]
    package var unblocked: [AccountID]

    package init(blocked: [AccountID] = [], unblocked: [AccountID] = []) {
        self.blocked = blocked
        self.unblocked = unblocked
    }

    package func encode(into writer: inout WireWriter) {
        writer.write(vectorOf: blocked)
        writer.write(vectorOf: unblocked)
    }

    package init(from reader: inout WireReader) throws(WireError) {
        blocked = try reader.readVector(count: Limits.blockedUsers, field: "blocked")
        unblocked = try reader.readVector(count: Limits.blockedUsers, field: "unblocked")
    }
}
