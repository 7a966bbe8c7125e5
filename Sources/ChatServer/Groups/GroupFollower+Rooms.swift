import ChatProtocol
import GroupRules

extension GroupFollower {
    /// Of a room: which accounts come and go with their devices, and what its policy says now.
    func tell(_ ruling: inout GroupRuling, since former: GroupFollower?) {
        guard case .room(let room) = policy.kind else { return }
        if former?.policy != policy { ruling.room = RoomTraits(room) }
        guard !ruling.members.isEmpty else { return }
        // Who had left may have a leaf still.
        let entering = ruling.members.compactMap { if case .enter(_, let account, _) = $0 { account } else { nil } }
        let (before, after) = (Set((former?.devices ?? []).map(\.account)), Set(devices.map(\.account)))
        ruling.members =
            Set(entering).sorted().map { .join($0) } + ruling.members.filter { !$0.isOfAccount }
            + before.subtracting(after).sorted().map { .leave($0) }
    }
}
