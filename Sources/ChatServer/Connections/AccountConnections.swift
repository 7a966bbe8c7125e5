import ChatProtocol

/// The connections of one account that have logged in, and what the server holds for them. Confined to the hub's event
/// loop; the sessions keep it as long as anything of theirs is held.
final class AccountConnections {
    private(set) var sessions: [Session] = []
    private var memory = ReplyMemory()
    private var halfRead = HalfReadFrames<ObjectIdentifier>()

    var hasRoom: Bool { !memory.isFull }
    var heldBytes: Int { memory.bytes }

    func add(_ session: Session) {
        sessions.append(session)
        session.account = self
        if memory.isFull { session.pause(.account) }
    }

    func remove(_ session: Session) {
        sessions.removeAll { $0 === session }
        halfRead.remove(ObjectIdentifier(session))
        letNextFramesCome()
    }

    /// A connection has a part of a frame of so many bytes; none: it has no part of one any more.
    func noteHalfRead(_ bytes: Int, of session: Session) {
        if halfRead.hold(bytes, for: ObjectIdentifier(session)) == .waits { session.pause(.frame) }
        letNextFramesCome()
    }

    private func letNextFramesCome() {
        while let key = halfRead.next() {
            sessions.first { ObjectIdentifier($0) == key }?.resume(.frame)
        }
    }

    /// So much is made for one of the connections, or waits for its peer.
    func hold(_ bytes: Int) {
        guard memory.hold(bytes) == .becameFull else { return }
        for session in sessions { session.pause(.account) }
    }

    func release(_ bytes: Int) {
        guard memory.release(bytes) == .hasRoomAgain else { return }
        for session in sessions {
            // What goes on may fill the room again; the others then wait for the next.
            guard hasRoom else { return }
            session.resume(.account)
            session.goOn()
        }
    }
}
