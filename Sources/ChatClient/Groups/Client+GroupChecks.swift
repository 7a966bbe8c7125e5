import CLISupport
import ChatProtocol
import GroupRules

/// What a doctor says of a device's groups.
extension Client {
    /// What the server has left of the packages by which others add this device.
    static func packagesCheck(_ standing: KeyPackageStanding) -> DoctorCheck {
        let name = "packages"
        guard standing.hasLastResort || standing.left > 0 else {
            return DoctorCheck(
                name: name, status: .warning,
                text: "the server has no key packages of this device: others can write to it once it has left some, "
                    + "which each command does that connects")
        }
        let reserve = standing.hasLastResort ? "and one for when these are used up" : "and none beyond these"
        return DoctorCheck(
            name: name, status: .ok, text: "\(standing.left) key packages for who writes first, \(reserve)")
    }

    /// How far this device has read the logs of its groups.
    func groupsCheck(on link: Link) async throws(Problem) -> DoctorCheck {
        var held = try store { try $0.groupPlaces() }
        let count = held.count
        var behind: [UInt64] = []
        for page in Array(held.keys).pages(of: Limits.page) {
            let found: Conversations = try await link.request(LookUpConversations(ids: page))
            behind += found.conversations.compactMap { conversation in
                held.removeValue(forKey: conversation.id).map { conversation.head.distance(behind: $0) }
            }
        }
        // How far rooms are, their logs say. One that is gone, or that this account is in no more, has none, or the rest that was for it,
        // and no group.
        var lost: [RoomName] = []
        for (conversation, seq) in held {
            do throws(Problem) {
                let page = try await link.readLog(of: conversation, after: seq)
                if page.standing.position.mark.isGroup {
                    behind.append(page.standing.head.distance(behind: seq))
                    continue
                }
            } catch { guard error.isOfPlace else { throw error } }
            guard let room = try store({ try $0.conversation(conversation)?.name.room }) else { continue }
            let name = RoomName(room)
            let record = try await roomBook.record(name, on: link)
            if record?.conversation != conversation || record?.access == .unfounded { lost.append(name) }
        }
        return Self.groupsCheck(held: count, behind: behind, lost: lost.sorted { $0.text < $1.text })
    }

    /// - Parameters:
    ///   - behind: how many entries of each of those that the server knows were not read.
    ///   - lost: rooms that are not there any more.
    static func groupsCheck(held: Int, behind: [UInt64], lost: [RoomName] = []) -> DoctorCheck {
        let name = "groups"
        guard held > 0 else { return DoctorCheck(name: name, status: .ok, text: "in none yet") }
        guard behind.count == held else {
            let missing = held - behind.count
            let rooms = lost.map { "#\($0)" }.joined(separator: ", ")
            return DoctorCheck(
                name: name, status: .warning,
                text: "in \(held), of which the server does not know \(missing)"
                    + (lost.isEmpty
                        ? "" : ", among them \(rooms): who made a room makes it anew (room create, room add)")
                    + (missing > lost.count ? ": who writes there begins \(lost.isEmpty ? "them" : "others") anew" : "")
            )
        }
        let late = behind.filter { $0 > 0 }
        let most = late.max() ?? 0
        guard most > 0 else { return DoctorCheck(name: name, status: .ok, text: "in \(held), all of them read") }
        return DoctorCheck(
            name: name, status: .ok, text: "in \(held), \(late.count) of them up to \(most) entries behind",
            see: .fetchHistory)
    }
}
