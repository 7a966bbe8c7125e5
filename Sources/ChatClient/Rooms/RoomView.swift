import ChatProtocol
import GroupRules
import MLS

/// Who is in a room, by its group.
struct RoomView {
    struct Member {
        struct Device {
            var id: DeviceID
            /// As it stands in the group; nil: the server says that it does.
            var leaf: ClaimedLeaf?
        }

        var account: AccountID
        var name: UserName
        /// Nil where the server does not say that they are there.
        var displayName: String?
        var isAdmin: Bool
        var devices: [Device]
    }

    let policy: GroupPolicy
    let leaves: [ClaimedLeaf]
    /// What is encrypted to each leaf by: another one where a device has come in again.
    let leafKeys: [DeviceCredential: HPKEPublicKey]
    fileprivate let group: Group
    /// Which keys nobody else may have.
    var keys: TakenKeys { TakenKeys(of: group) }

    /// Who is in it by the group or by the server's word, which may be further: what the group says of somebody goes before.
    static func merge(_ told: [RoomMember], _ view: RoomView?) -> [Member] {
        var leaves = Dictionary(grouping: view?.leaves ?? [], by: \.party.account)
        let listed = told.map { member in
            let known = leaves.removeValue(forKey: member.account.id) ?? []
            let inGroup = Set(known.map(\.credential.device))
            let others = member.devices.filter { !inGroup.contains($0) }.map { Member.Device(id: $0) }
            return Member(
                account: member.account.id, name: known.first?.name ?? member.account.name,
                displayName: member.account.displayName,
                isAdmin: view?.policy.hasAdmin(member.account.id) ?? member.isAdmin,
                devices: Member.devices(known) + others)
        }
        // Who is in the group, and the server does not say so, reads along all the same.
        let hidden = leaves.compactMap { account, leaves in
            leaves.first.map { first in
                Member(
                    account: account, name: first.name, isAdmin: view?.policy.hasAdmin(account) ?? false,
                    devices: Member.devices(leaves))
            }
        }
        return listed + hidden
    }
}

extension RoomView.Member {
    fileprivate static func devices(_ leaves: [ClaimedLeaf]) -> [Device] {
        leaves.map { Device(id: $0.credential.device, leaf: $0) }
    }
}

extension ClientStore {
    /// Nil where this device is in no group of it.
    func roomView(of conversation: ConversationID, judge: GroupJudge) throws -> RoomView? {
        let rows = groupRows
        guard let standing = try groupStanding(of: conversation),
            try StoredGroup.summary(of: standing.group.groupId, from: rows)?.status == .active
        else { return nil }
        let group = try rows.telling { try Group.load(standing.group.groupId, from: rows, judge: judge) }
        let members = try group.members.map { (leaf: try ClaimedLeaf($0.leaf), key: $0.leaf.encryptionKey) }
        return RoomView(
            policy: try GroupPolicy(group.context), leaves: members.map(\.leaf),
            leafKeys: Dictionary(members.map { ($0.leaf.credential, $0.key) }) { first, _ in first },
            group: group)
    }
}
