import ChatClient
import ChatProtocol

extension ListenStart {
    /// The starts that a caller has named; only one of them can be the start.
    static func given(new: Bool, since: TimeArgument?, cursor: Cursor?, now: Timestamp) -> [ListenStart] {
        [new ? .new : nil, since.map { .since($0.timestamp(now: now)) }, cursor.map { .cursor($0) }].compactMap { $0 }
    }
}
