import ChatProtocol
import GroupRules

/// The hash of a conversation's log (M3), as the server claims it to whoever has come in the middle of it: its members check it by what
/// others have seen.
package enum LogHashing {
    /// The hash behind an entry; nil where the conversation has no group, or what came before is not known.
    ///
    /// - Parameters:
    ///   - hash: the one before it.
    ///   - before: where the conversation stood.
    package static func next(
        _ hash: [UInt8]?, _ bundle: Bundle, _ stored: StoredAppend, before: GroupMark
    ) -> [UInt8]? {
        guard let entry = bundle.entry else { return hash }
        let logged = LoggedEntry(
            seq: stored.seq, kind: entry.payloadKind, device: bundle.device, id: bundle.id, payloadHash: stored.digest)
        let mark = stored.position.mark
        var log: LogChain
        if mark.isGroup, !before.isGroup || mark.incarnation > before.incarnation {
            // A founding begins it.
            log = LogChain(
                group: GroupName(conversation: bundle.conversation, incarnation: mark.incarnation),
                generation: stored.position.generation, after: stored.seq.previous)
        } else if let known = hash.flatMap({ LogHash($0) }) {
            log = LogChain(claimed: known, at: stored.seq.previous)
        } else {
            return nil
        }
        do { try log.take(logged) } catch { return nil }
        return log.hash.bytes
    }
}
