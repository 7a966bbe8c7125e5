import ChatProtocol
import MLS

/// What this device has appended under an id, beside what the server says of it.
struct OwnAppend {
    private let kind: PayloadKind
    private let message: SealedMessage?
    /// The server has the bytes that were sent.
    let isSame: Bool
    /// It is a commit by which this device comes into a group of which it holds nothing yet.
    let begins: Bool

    /// Nil where nothing of this id is known.
    init?(_ appended: Appended, in store: ClientStore) throws {
        if let sealed = try store.sealedMessage(appended.id, in: appended.conversation) {
            kind = .message
            message = sealed
            isSame = sealed.digest == appended.digest && sealed.position == appended.position
            begins = false
        } else if let waiting = try store.waitingCommit(of: appended.conversation), waiting.id == appended.id {
            kind = .commit
            message = nil
            isSame = Primitives.sha256(waiting.handshake) == appended.digest
            begins = waiting.kind.isStaged
        } else {
            return nil
        }
    }

    /// As it will stand in the log.
    func entry(_ appended: Appended, of identity: Identity) -> ReceivedEntry {
        ReceivedEntry(
            Entry(
                conversation: appended.conversation, seq: appended.seq, id: appended.id, sender: identity.account,
                device: identity.device, payloadKind: kind.rawValue, time: appended.time, payload: appended.digest))
    }

    /// It is taken, and something before it was not processed yet: a message goes into the history, without its place.
    func take(_ appended: Appended, _ setting: OpeningSetting) throws -> Bool {
        guard let message, case .whole(_, let content) = message.kept else { return false }
        let place = entry(appended, of: setting.identity).place
        let isNew =
            try content.type == .text
            && setting.store.knownMessage(place.id, from: place.sender, in: place.conversation) == nil
        let hasNews = try isNew && setting.store.storeSent(place, content, now: setting.now)
        try setting.store.noteTaken(
            appended.id, in: appended.conversation, seq: appended.seq, time: appended.time)
        return hasNews
    }
}
