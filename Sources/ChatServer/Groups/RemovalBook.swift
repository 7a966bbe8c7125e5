import ChatProtocol
import NIOCore

/// In which groups devices are to be removed, and who is asked to commit that: one device that is connected, and after some seconds
/// the next. A plain value; the time goes in.
///
/// Which devices these are is derived from the store each time, so that nothing is lost with this.
package struct RemovalBook {
    /// How long one device is waited for.
    package static let patience = TimeAmount.seconds(5)

    private struct Wait {
        var candidates: [DeviceReader]
        var asked: Set<DeviceID> = []
        var until = NIODeadline.distantPast
    }

    private var waits: [ConversationID: Wait] = [:]

    package init() {}

    package var conversations: Set<ConversationID> { Set(waits.keys) }

    /// Removes wait in a group that these devices are in.
    package mutating func began(_ conversation: ConversationID, candidates: [DeviceReader]) {
        waits[conversation] = Wait(candidates: candidates)
    }

    /// They were committed.
    package mutating func ended(_ conversation: ConversationID) { waits[conversation] = nil }

    /// Whom to ask now; nil while somebody is waited for, or where nobody is there.
    package mutating func next(
        _ conversation: ConversationID, at now: NIODeadline, isThere: (DeviceReader) -> Bool
    ) -> DeviceReader? {
        guard var wait = waits[conversation], wait.until <= now else { return nil }
        let there = wait.candidates.filter(isThere)
        if there.allSatisfy({ wait.asked.contains($0.device) }) { wait.asked = [] }
        guard let reader = there.first(where: { !wait.asked.contains($0.device) }) else { return nil }
        wait.asked.insert(reader.device)
        wait.until = now + Self.patience
        waits[conversation] = wait
        return reader
    }
}
