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
        /// Until when somebody is waited for; nil: nobody was there, and who comes is asked.
        var until: NIODeadline? = .distantPast
        /// Until when one is waited for who wrote there, and did not stay.
        var passing: NIODeadline = .distantPast
    }

    private var waits: [ConversationID: Wait] = [:]
    /// In which of these groups a device is asked when it comes.
    private var expected: [DeviceID: Set<ConversationID>] = [:]

    package init() {}

    package var conversations: Set<ConversationID> { Set(waits.keys) }

    /// Whether somebody was asked, or is to be.
    package var isAsking: Bool { waits.values.contains { $0.until != nil } }

    /// Removes wait in a group of which these devices stay. Where none does there is nobody to ask.
    package mutating func began(_ conversation: ConversationID, candidates: [DeviceReader]) {
        ended(conversation)
        guard !candidates.isEmpty else { return }
        waits[conversation] = Wait(candidates: candidates)
    }

    /// They were committed, or there is no such group any more.
    package mutating func ended(_ conversation: ConversationID) {
        guard let wait = waits.removeValue(forKey: conversation), wait.until == nil else { return }
        expect(wait.candidates, in: conversation, false)
    }

    /// A device is there from now on.
    ///
    /// - Returns: whether there is somebody to ask because of that.
    package mutating func came(_ device: DeviceID) -> Bool {
        guard let conversations = expected[device] else { return false }
        for conversation in conversations {
            guard let wait = waits[conversation] else { continue }
            expect(wait.candidates, in: conversation, false)
            waits[conversation]?.until = .distantPast
        }
        return true
    }

    /// A device writes there, and does not stay.
    ///
    /// - Returns: whether it is asked, since nobody who stays could be.
    package mutating func passes(_ device: DeviceID, in conversation: ConversationID, at now: NIODeadline) -> Bool {
        guard let wait = waits[conversation], wait.until == nil, wait.passing <= now,
            wait.candidates.contains(where: { $0.device == device })
        else { return false }
        waits[conversation]?.passing = now + Self.patience
        return true
    }

    /// Whom to ask now; nil while somebody is waited for, or where nobody is there.
    package mutating func next(
        _ conversation: ConversationID, at now: NIODeadline, isThere: (DeviceReader) -> Bool
    ) -> DeviceReader? {
        guard var wait = waits[conversation], let until = wait.until, until <= now else { return nil }
        defer { waits[conversation] = wait }
        let there = wait.candidates.filter(isThere)
        guard !there.isEmpty else {
            wait.until = nil
            expect(wait.candidates, in: conversation, true)
            return nil
        }
        if there.allSatisfy({ wait.asked.contains($0.device) }) { wait.asked = [] }
        guard let reader = there.first(where: { !wait.asked.contains($0.device) }) else { return nil }
        wait.asked.insert(reader.device)
        wait.until = now + Self.patience
        return reader
    }

    private mutating func expect(_ readers: [DeviceReader], in conversation: ConversationID, _ isExpected: Bool) {
        for reader in readers {
            if isExpected {
                expected[reader.device, default: []].insert(conversation)
            } else {
                expected[reader.device]?.remove(conversation)
                if expected[reader.device]?.isEmpty == true { expected[reader.device] = nil }
            }
        }
    }
}
