import CLISupport
import ChatProtocol
import GroupRules

/// Rooms that depend on one person.
extension Client {
    /// What a doctor says of this account's rooms: one line for each that has one admin only, else one for all.
    func roomChecks() async throws(Problem) -> [DoctorCheck] {
        let rooms = try await rooms(all: false)
        let lone = rooms.compactMap { room -> DoctorCheck? in
            guard let admin = room.admins.first, room.admins.count == 1, room.members ?? 0 > 1 else { return nil }
            let problem = Problem(
                .oneAdmin, "\(admin) is the only admin of #\(room.name)", advice: .makeAdmin(room.name.text),
                conversation: "#\(room.name)")
            return DoctorCheck(name: "rooms", status: .warning, text: problem.text, problem: problem)
        }
        let restored = try restoredMembers().map { problem in
            DoctorCheck(name: "rooms", status: .failed, text: problem.text, problem: problem)
        }
        guard lone.isEmpty, restored.isEmpty else { return restored + lone }
        let changed = rooms.count { $0.isChanged }
        let text = rooms.isEmpty ? "in none" : "in \(rooms.count)" + (changed > 0 ? ", \(changed) of them changed" : "")
        return [DoctorCheck(name: "rooms", status: .ok, text: text)]
    }

    /// Who is in a room again since the server was restored: nothing is sent there before they are removed (S4).
    private func restoredMembers() throws(Problem) -> [Problem] {
        let gate = GroupGate(gate: gate)
        return try store { store in
            try store.groupPlaces().keys.sorted().compactMap { conversation in
                let name = try store.conversation(conversation)?.name
                let passage = try gate.look(atLeavesOf: conversation, called: name, in: store, now: WallClock.now)
                guard case .closed(let problem) = passage, problem.code == LocalCode.restoredMember.rawValue else {
                    return nil
                }
                return problem
            }
        }
    }

    /// Whether nobody else in a room may add, remove and change there.
    func isOnlyAdmin(of name: RoomName) async throws(Problem) -> Bool {
        let people = try await members(of: name)
        return people.count > 1 && people.contains { $0.isOwn && $0.isAdmin }
            && !people.contains { $0.isAdmin && !$0.isOwn }
    }
}
