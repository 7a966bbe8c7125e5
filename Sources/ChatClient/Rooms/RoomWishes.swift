import ChatProtocol
import GroupRules
import MLS

/// What is committed to rooms for somebody who asks for it.
extension CommitWish {
    /// So many Adds make one commit: its Welcome stays within what a frame carries.
    static let adds = 64

    /// Adds those that have no leaf yet.
    ///
    /// - Parameter former: leaves of who has left, that are there still: these go with it.
    static func adding(_ packages: [KeyPackage], replacing former: Set<HPKEPublicKey> = []) -> CommitWish {
        CommitWish { group, _ in
            let leaves = group.members.compactMap { member in
                (try? DeviceCredential(member.leaf.credential)).map { ($0, member) }
            }
            let present = Dictionary(leaves) { first, _ in first }
            // Others may have come by keys meanwhile that are those of a package.
            var keys = TakenKeys(of: group)
            let wished = keys.unused(packages).flatMap { package -> [Proposal] in
                guard let credential = try? DeviceCredential(package.leafNode.credential) else { return [] }
                guard let member = present[credential] else { return [.add(package)] }
                return former.contains(member.leaf.encryptionKey) ? [.remove(member.index), .add(package)] : []
            }
            return wished.isEmpty ? nil : wished
        }
    }

    /// Removes all leaves of these accounts, but for one's own leaf.
    static func removing(_ accounts: Set<AccountID>) -> CommitWish {
        CommitWish { group, _ in
            let leaves = group.members.filter { index, leaf in
                guard index != group.ownLeaf, let credential = try? DeviceCredential(leaf.credential) else {
                    return false
                }
                return accounts.contains(credential.party.account)
            }
            return leaves.isEmpty ? nil : leaves.map { .remove($0.index) }
        }
    }

    /// Changes what a room's policy says; nothing where it says so already.
    static func changing(
        groupKey: SignaturePublicKey, _ change: @escaping @Sendable (GroupPolicy.Room) -> GroupPolicy.Room
    ) -> CommitWish {
        CommitWish { group, _ in
            let policy = try GroupPolicy(group.context)
            guard case .room(let room) = policy.kind else { return nil }
            let next = change(room)
            guard next != room else { return nil }
            let changed = GroupPolicy(
                server: policy.server, group: policy.group, kind: .room(next), previous: policy.previous)
            return [.groupContextExtensions(try changed.extensions(groupKey: groupKey))]
        }
    }
}
