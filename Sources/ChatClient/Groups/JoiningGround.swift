import CLISupport
import ChatProtocol
import GroupRules
import MLS

/// Why the server's description of a group is believed by who joins it from outside.
enum JoiningGround: Sendable {
    /// Nothing of it was ever held: it is the server's word, and the gate looks at each leaf.
    case word
    /// The server was restored, and took back what this device had (S4): the policy is the last held one, and the epoch one that this
    /// device was in.
    case restored(policy: GroupPolicy, transcript: [UInt8])
    /// The group as it was followed from where this device was last (S3), or from its founding (I2, S4); behind a restore with the devices
    /// that have been there since an epoch that this device was in.
    case followed(PublicGroup, staying: Set<DeviceID> = [])

    /// The group from which to join, where the description is of it.
    ///
    /// - Throws: `history_forked` (79).
    func follower(
        _ info: GroupInfo, tree: [UInt8], judge: GroupJudge
    ) throws -> PublicGroup {
        switch self {
        case .followed(let group, _): return group
        case .word: return try Self.described(info, tree, judge)
        case .restored(let policy, let transcript):
            let group = try Self.described(info, tree, judge)
            let hash = group.context.confirmedTranscriptHash
            guard transcript == hash, try GroupPolicy(group.context) == policy else {
                throw Problem.historyForked("the server describes another epoch \(group.epoch) than there was")
            }
            return group
        }
    }

    /// S4: devices with a leaf there that a later state of the group, which this device was in, or a later incarnation, did not have any
    /// more. Who has come since is none of them.
    func broughtBack(_ group: PublicGroup, _ former: Joiner.Former?) -> Set<DeviceID> {
        guard let former else { return [] }
        let since: Set<DeviceID> =
            switch self {
            case .word: []
            case .restored: Set(group.members.credentials.map(\.device))
            case .followed(_, let staying): staying
            }
        return since.subtracting(former.group.members.credentials.map(\.device))
    }

    private static func described(_ info: GroupInfo, _ tree: [UInt8], _ judge: GroupJudge) throws -> PublicGroup {
        try PublicGroup(info, tree: try ExportedRatchetTree(decoding: tree), now: GroupJudge.now, judge: judge)
    }
}

extension Problem {
    /// What the server or a member says of a group's past is not what this device knows of it.
    static func historyForked(_ text: String) -> Problem {
        Problem(.historyForked, "the conversation has two histories: \(text)", advice: .seeEvidence, sent: .no)
    }
}
