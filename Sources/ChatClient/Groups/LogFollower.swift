import ChatProtocol
import GroupRules
import MLS

/// Follows the handshakes of a group by the log, without its secrets: for who comes back and believes nobody about what happened meanwhile
/// (S3, I2). A value: items go in.
struct LogFollower: Sendable {
    private(set) var group: PublicGroup
    /// Of the epochs that it has come through.
    private(set) var transcripts: [Epoch: [UInt8]] = [:]
    /// The devices that have been there all the time since the last epoch that is known.
    private(set) var staying: Set<DeviceID> = []
    private let known: [Epoch: [UInt8]]
    private let judge: GroupJudge

    /// - Parameter known: epochs and their transcripts.
    init(_ group: PublicGroup, known: [Epoch: [UInt8]] = [:], judge: GroupJudge) {
        self.group = group
        self.known = known
        self.judge = judge
        noteDevices()
    }

    /// Takes the next item of the log. What concerns another group than this one, or what it was before, is passed over.
    ///
    /// - Throws: where the group cannot be followed any further.
    mutating func take(_ item: LogItem) throws(MLSError) {
        guard case .entry(let entry) = item, PayloadKind(rawValue: entry.payloadKind)?.isHandshake == true else {
            return
        }
        let message = try MLSMessage(decoding: entry.payload)
        guard message.groupId == group.groupId, message.epoch.map({ $0 >= group.epoch }) ?? false else {
            return
        }
        switch try group.open(message) {
        case .commit(let commit):
            try group.merge(try group.stage(commit, now: GroupJudge.now, judge: judge))
            transcripts[epoch] = group.context.confirmedTranscriptHash
            noteDevices()
        case .proposal(let proposal):
            let verdict = judge.judge(
                proposal: proposal.proposal, from: proposal.sender, waiting: group.pendingProposals.count)
            if verdict == .accept { try group.cache(proposal) }
        case .application, .ownCommit: break
        }
    }

    var epoch: Epoch { Epoch(group.epoch) }

    private mutating func noteDevices() {
        guard !known.isEmpty else { return }
        let present = Set(group.members.credentials.map(\.device))
        let isKnown = known[epoch] == group.context.confirmedTranscriptHash
        staying = isKnown ? present : staying.intersection(present)
    }
}

extension MLSMessage {
    /// The group that a handshake is for; nil of what is none.
    var groupId: [UInt8]? { if case .publicMessage(let message) = body { message.content.groupId } else { nil } }
}
