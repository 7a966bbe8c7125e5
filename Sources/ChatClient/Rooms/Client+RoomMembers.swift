import CLISupport
import ChatProtocol
import GroupRules

/// Who is in a room.
extension Client {
    /// Its members in the order of their names, with the devices that are in its group: by the server's word and, where this device is in
    /// it, by the group itself, from which the server can hide nobody. Its log is read before, so that who was removed meanwhile is in
    /// neither.
    ///
    /// - Throws: `not_a_member` (77) where the room is closed to this account.
    package func members(of name: RoomName) async throws(Problem) -> [RoomPerson] {
        let (link, welcome) = try await loggedInLink()
        let record = try await roomBook.find(name, on: link)
        let told: [RoomMember]
        do throws(Problem) { told = try await roomBook.members(of: record.conversation, on: link) } catch {
            throw error.code == ErrorCode.notAMember.name ? .notAMember(record, own: welcome.account.id) : error
        }
        remember(told.map(\.account))
        try await readOn(record.conversation, on: link)
        return try store { store in
            try store.read {
                let group = try store.roomView(of: record.conversation, judge: try profile.groupJudge(store))
                return try RoomView.merge(told, group).map { try self.person($0, in: store) }
                    .sorted { $0.user < $1.user }
            }
        }
    }

    /// What cannot be read stands in nobody's way: the group is then taken as it is held.
    private func readOn(_ room: ConversationID, on link: Link) async throws(Problem) {
        do throws(Problem) { _ = try await LogReader(store: profile, wire: link, log: log).read(room) } catch {
            guard error.exit != .unreachable else { throw error }
            log.info("the log of a room is not read before its members are told: \(error.text)")
        }
    }

    private func person(_ member: RoomView.Member, in store: ClientStore) throws -> RoomPerson {
        let found = try gate.finding(gate.record(of: member.account, named: member.name, in: store))
        let chain = try store.chain(of: member.account)
        let pin = try store.keyRecord(of: member.account, named: member.name, compared: nil).person.pin
        return RoomPerson(
            user: member.name,
            displayName: try member.displayName ?? store.displayName(of: member.account) ?? member.name.text,
            isOwn: try store.identity()?.account == member.account, isAdmin: member.isAdmin, trust: found.trust,
            devices: member.devices.map { device in
                // A leaf proves itself by the chain; what the server alone says of a device is looked up there.
                let isKnown =
                    device.leaf.map { GateRules.look(at: $0, chain: chain, pin: pin) == .trusted }
                    ?? (chain?.devices[device.id]?.isActive == true)
                return RoomPerson.Device(id: device.id, isKnown: isKnown)
            })
    }
}
