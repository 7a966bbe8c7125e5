import CLISupport
import ChatProtocol
import GroupRules

/// Rooms that this account is in, and this device is in no group of: as a device that was let in later, or that could not be added
/// when the account was. In the background of connections that stay.
extension Attendant {
    func enter(_ record: RoomRecord, on link: Link) async {
        await groupKeeper.keep(record.conversation) { () async throws(Problem) in
            let name = RoomName(record.name)
            try await self.profile.withStore { try $0.checkRoom(name, record.conversation) }
            let joiner = try await self.joiner(on: link, through: self.profile)
            let held = try await joiner.held(record.conversation)
            let refusal = held.mark == nil || held.isRemoved ? nil : ErrorCode.preconditionFailed
            _ = try await joiner.enter(record.conversation, as: .room(name), after: refusal)
        }
    }

    // MARK: By another device of this account

    /// This account has become a member of a room, or is none any more.
    func memberChanged(_ change: MemberChanged, on link: Link) async {
        guard (try? identity().account) == change.account else { return }
        do throws(Problem) {
            switch change.change {
            case .joined:
                let records = try await roomBook.records(.own, on: link)
                guard let record = records.first(where: { $0.conversation == change.conversation }) else { return }
                await enter(record, on: link)
            case .left: try await noteLeft(change.conversation, on: link)
            }
        } catch { log.info("conversation \(change.conversation) is not seen to: \(error.text)") }
    }

    /// Tells it where the log has no commit that says so: nothing more comes of it. What is held of the group stays, for the server alone
    /// has said this.
    private func noteLeft(_ room: ConversationID, on link: Link) async throws(Problem) {
        guard let name = try store({ try $0.conversation(room)?.name.room }) else { return }
        do throws(Problem) {
            switch try await LogReader(store: profile, wire: link, log: log).read(room) {
            case .removed, .notMember: return
            case .head, .superseded, .cannotFollow, .contradicted: break
            }
        } catch { log.debug("the log of #\(name) ends: \(error.text)") }
        let isGone = try await roomBook.record(RoomName(name), on: link)?.conversation != room
        try store { store in
            try store.write { try store.noteOwnLeft(room, isGone ? .server : .leave, now: WallClock.now) }
            store.wake()
        }
    }
}

extension ClientStore {
    /// Whether this device is in no group of a room, and on no way into it.
    func isMissing(_ room: RoomRecord) throws -> Bool {
        let held = try heldGroup(of: room.conversation)
        return (held.mark == nil || held.isRemoved) && held.waiting == nil
    }

    /// All devices of this account are gone from a group that is held. Within a transaction.
    func noteOwnLeft(_ room: ConversationID, _ how: MemberNotice.How, now: Timestamp) throws {
        guard let standing = try groupStanding(of: room), let identity = try identity() else { return }
        try noteMembers(
            MemberChange(
                how: how, by: how == .leave ? identity.name : nil,
                removed: try leaves(of: identity.account, in: standing).map { .init(leaf: $0, hasOthers: false) }),
            in: room, seq: standing.seq, time: now)
    }
}
