import CLISupport
import ChatProtocol
import GroupRules
import MLS

/// Rooms that this account has left by its own will, and in which a server that was restored has it again (S4): it leaves once more, before
/// it writes or reads anything there.
extension ProfileWorker {
    func leaveRoomsAgain(on link: Link, _ welcome: ChatProtocol.Welcome) async {
        do throws(Problem) {
            let rooms = try store { try $0.roomsLeft(before: welcome.generation) }
            guard !rooms.isEmpty else { return }
            let joiner = try await joiner(on: link, through: profile)
            for room in rooms { try await joiner.leaveAgain(room) }
        } catch { log.info("rooms that were left are not left again yet: \(error.text)") }
    }
}

extension Joiner {
    /// Unless a Welcome waits by which somebody has let it in since, or it came in since by another device.
    func leaveAgain(_ room: ConversationID) async throws(Problem) {
        if case .entered = try await readWelcome(room) { return }
        if try await hasComeInSince(room) {
            return try await store.withStore { store in try store.write { try store.forgetLeft(room) } }
        }
        let generation = place.generation
        do throws(Problem) {
            let _: Done = try await wire.ask(LeaveRoom(conversation: room, id: try leaving(room)))
        } catch { guard error.isOfPlace else { throw error } }
        try await store.withStore { store in
            try store.writeSynced { try store.noteLeft(room, in: generation) }
        }
    }

    /// By the will of whoever said so here, behind the restore: another device by which the account has left before does not leave again, for of
    /// the two the first in one life of the server's store counts.
    func joinAgain(_ room: ConversationID) async throws(Problem) {
        let _: Rooms = try await wire.ask(JoinRoom(conversation: room, id: try leaving(room)))
    }

    /// Whether other devices of this account are in a room, and this one, which was in it, is not: what the restore has brought back is of a
    /// time behind the leaving, and whoever left would take out those who came in again.
    private func hasComeInSince(_ room: ConversationID) async throws(Problem) -> Bool {
        guard try await store.withStore({ try $0.lastBuried(of: room) }) != nil else { return false }
        let own = place.own
        do throws(Problem) {
            let members = try await RoomBook(store: store).members(of: room, on: wire)
            let devices = members.first { $0.account.id == own.place.account }?.devices ?? []
            return !devices.isEmpty && !devices.contains(own.device)
        } catch {
            guard error.isOfPlace else { throw error }
            return false
        }
    }

    /// The same of all processes and devices: who has joined again meanwhile is not taken out by another one.
    private func leaving(_ room: ConversationID) throws(Problem) -> MessageID {
        let digest = Primitives.sha256(Array("chat leaves again".utf8) + room.bytes + place.generation.bytes)
        guard let id = MessageID.version8(digest: digest) else { throw Problem(.internalFault, "a digest is no id") }
        return id
    }

    /// - Throws: `not_a_member` (77) of a room that it has left, whatever a restored server says.
    func requireNotLeft(_ target: GroupTarget, _ conversation: ConversationID) async throws(Problem) {
        let generation = place.generation
        guard case .room(let name, _) = target,
            try await store.withStore({ try $0.hasLeft(conversation, before: generation) })
        else { return }
        throw Problem(
            .notAMember, "you have left #\(name)", advice: .joinRoom(name.text), conversation: "#\(name)", sent: .no)
    }
}
