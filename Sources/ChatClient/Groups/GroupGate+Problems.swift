import CLISupport
import ChatProtocol
import GroupRules

/// What the gate says of a group that may not be encrypted to.
extension Problem {
    static func openUnverified(_ name: ConversationName?) -> Problem {
        Problem(
            .unverified,
            "only verified users are written to, and anybody may join \(name?.text ?? "this conversation")",
            advice: .allowUnverified, sent: .no)
    }

    /// G1: the server gives somebody a device that nothing says they have.
    static func ghostDevice(_ user: UserName, _ text: String, _ name: ConversationName?) -> Problem {
        var problem = Problem(
            .ghostDevice,
            "there is a device of \(user) in the conversation's group that \(user) is not known to have: \(text)",
            advice: .seeEvidence, sent: .no)
        problem.user = user.text
        problem.conversation = name?.text
        return problem
    }

    /// S4.
    static func restoredMember(
        _ user: UserName, _ device: DeviceID, _ name: ConversationName?, isAdmin: Bool, isOwn: Bool
    ) -> Problem {
        let room = isOwn ? nil : name?.room
        let advice: Advice? =
            if let room {
                .removeFromRoom(room.text, user: user.text, isAdmin: isAdmin)
            } else { isOwn ? .seeDevices : nil }
        var problem = Problem(
            .restoredMember,
            "the server was restored, and device \(device) of \(user) is in the conversation again, which had been removed"
                + (room == nil ? ": \(user) has to revoke it once more" : ""),
            advice: advice, sent: .no)
        problem.user = user.text
        problem.conversation = name?.text
        return problem
    }

    /// M3.
    static func historyDiffers(
        _ user: UserName, _ seq: SequenceNumber, _ name: ConversationName?
    ) -> Problem {
        var problem = Problem(
            .historyForked,
            "\(user) has read another conversation than this device, by message \(seq): the server shows each another one",
            advice: .acceptFork(user.text), sent: .no)
        problem.user = user.text
        problem.conversation = name?.text
        return problem
    }

    static func chainForked(_ user: UserName, _ text: String) -> Problem {
        var problem = Problem(
            .chainForked, "what the server says of \(user)'s key contradicts what it said before: \(text)",
            advice: .seeEvidence, sent: .no)
        problem.user = user.text
        return problem
    }
}
