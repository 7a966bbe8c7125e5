import CLISupport
import ChatProtocol
import GroupRules
import MLS

/// A room that nobody is left in, made anew by a former admin.
extension Joiner {
    /// From where its next incarnation goes on. What this device holds of it must lead there (I2).
    func previous(
        for policy: GroupPolicy, _ info: GroupInfo, _ former: Former?
    ) async throws(Problem) -> GroupPolicy.Previous {
        let previous = info.groupContext.asPrevious(of: policy.group)
        try former?.check(policy.next(after: previous), kept: [:])
        return previous
    }

    /// Founds it with the devices of this account, as the room that it was.
    func foundAnew(_ conversation: ConversationID, _ name: RoomName) async throws(Problem) -> GroupCourse.Event {
        let info = try await description(of: conversation).info
        let policy: GroupPolicy
        do throws(RuleViolation) { policy = try GroupPolicy(info.groupContext) } catch {
            throw Problem(.protocolFault, "the server describes a group that breaks a rule: \(error)")
        }
        try GroupTarget.room(name).check(policy, in: conversation, place.party)
        guard policy.hasAdmin(place.party) else {
            throw Problem(
                .forbidden, "everybody has left #\(name), and only an admin that it had makes it anew",
                advice: policy.isOpen ? .openRoomToFormer(name.text) : nil, conversation: "#\(name)", sent: .no)
        }
        let next = policy.next(after: info.groupContext.asPrevious(of: policy.group))
        return try await found(next, conversation, adding: try await ownPackages(in: conversation))
    }
}

extension GroupPolicy {
    /// Of the incarnation that goes on from this one.
    fileprivate func next(after previous: Previous) -> GroupPolicy {
        GroupPolicy(
            server: server,
            group: GroupName(conversation: group.conversation, incarnation: group.incarnation + 1), kind: kind,
            previous: previous)
    }
}
