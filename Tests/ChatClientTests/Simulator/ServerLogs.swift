import ChatProtocol
import GroupRules
import MLS
import SQLite
import StoredValues
import RulesSupport
import TestSupport

@testable import ChatClient
@testable import ChatServer

/// What the server keeps of conversations that have a group, and who was in each epoch, as anybody finds who follows the handshakes.
struct ServerLogs {
    struct Message {
        var seq: SequenceNumber
        var id: MessageID
        var sender: DeviceID
        /// The devices that have a leaf in its epoch, and since which commit.
        var members: [DeviceID: SequenceNumber]
        var isOpen: Bool
    }

    struct Course {
        var head: SequenceNumber
        /// The last commit or message.
        fileprivate(set) var lastWritten = SequenceNumber.beforeFirst
        var messages: [Message] = []
        /// The devices that have a leaf now, and since which commit.
        fileprivate(set) var members: [DeviceID: SequenceNumber] = [:]
        /// Its commits, for whoever reads what has failed.
        fileprivate(set) var commits: [(seq: SequenceNumber, device: DeviceID, text: String)] = []
        fileprivate var follower: LogFollower?

        var context: [UInt8]? { follower?.group.context.encoded }
        var epoch: UInt64? { follower?.group.epoch }
        /// Those that no waiting Remove takes away.
        var staying: Set<DeviceID> { follower?.group.staying ?? [] }
    }

    private(set) var courses: [ConversationID: Course] = [:]
    private(set) var rooms: [String: ConversationID] = [:]

    init(_ path: String, _ foundings: FoundingBook, _ judge: GroupJudge) throws {
        let database = try Database(path: path, options: DatabaseOptions(mode: .readOnly))
        let rows = try database.all(
            """
            SELECT c.id, c.head, e.key & 0x3fffffffff, e.id, e.sender, e.device, e.kind, e.time, e.payload
            FROM conversations c JOIN entries e ON e.key > c.number << 38 AND e.key < (c.number + 1) << 38
            WHERE c.epoch > 0 ORDER BY e.key
            """
        ) { row in
            (
                head: row.sequenceNumber(1),
                entry: Entry(
                    conversation: try row.identifier(0), seq: row.sequenceNumber(2), id: try row.identifier(3),
                    sender: try row.identifier(4), device: try row.identifier(5), payloadKind: UInt8(row.int(6)),
                    time: row.timestamp(7), payload: row.bytes(8))
            )
        }
        let named = try database.all("SELECT name, conversation FROM rooms") {
            ($0.text(0), try $0.identifier(1) as ConversationID)
        }
        rooms = Dictionary(named) { one, _ in one }
        for (head, entry) in rows {
            var course = courses[entry.conversation] ?? Course(head: head)
            try course.take(entry, foundings, judge)
            courses[entry.conversation] = course
        }
    }
}

extension ServerLogs.Course {
    fileprivate mutating func take(_ entry: Entry, _ foundings: FoundingBook, _ judge: GroupJudge) throws {
        if entry.payloadKind != PayloadKind.proposal.rawValue { lastWritten = entry.seq }
        switch PayloadKind(rawValue: entry.payloadKind) {
        case .commit:
            if let info = foundings.info(entry.id) {
                let group = try PublicGroup(try GroupInfo(decoding: info), now: GroupJudge.now, judge: judge)
                follower = LogFollower(group, judge: judge)
                members = [:]
            }
            try follow(entry)
            try enter(entry)
            let founds = foundings.info(entry.id) == nil ? "" : ", a founding"
            commits.append((entry.seq, entry.device, "to epoch \(epoch ?? 0) with \(members.count) leaves\(founds)"))
        case .proposal: try follow(entry)
        case .message:
            guard case .privateMessage(let message) = try MLSMessage(decoding: entry.payload).body, let follower else {
                throw TestFailure("entry \(entry.seq) is no message of a group")
            }
            // E1.
            guard message.groupId == follower.group.groupId, message.epoch == follower.group.epoch else {
                throw TestFailure("entry \(entry.seq) is of epoch \(message.epoch), in \(follower.group.epoch)")
            }
            messages.append(
                ServerLogs.Message(
                    seq: entry.seq, id: entry.id, sender: entry.device,
                    members: members, isOpen: try GroupPolicy(follower.group.context).isOpen))
        default: throw TestFailure("entry \(entry.seq) has kind \(entry.payloadKind)")
        }
    }

    private mutating func follow(_ entry: Entry) throws {
        let before = follower?.group.epoch
        try follower?.take(.entry(ReceivedEntry(entry)))
        guard entry.payloadKind == PayloadKind.proposal.rawValue || follower?.group.epoch != before else {
            throw TestFailure("commit \(entry.seq) is of another group")
        }
    }
}

extension ServerLogs.Course {
    /// Who comes from outside has another leaf, also where the device had one.
    private mutating func enter(_ commit: Entry) throws {
        let devices = follower?.group.devices ?? []
        members = members.filter { devices.contains($0.key) }
        guard case .publicMessage(let message) = try MLSMessage(decoding: commit.payload).body else { return }
        if message.content.sender == .newMemberCommit { members[commit.device] = nil }
        for device in devices where members[device] == nil { members[device] = commit.seq }
    }
}

extension PublicGroup {
    fileprivate var devices: Set<DeviceID> {
        Set(members.compactMap { try? DeviceCredential($0.leaf.credential).device })
    }

    fileprivate var staying: Set<DeviceID> {
        let leaving = Set(pendingProposals.compactMap { $0.proposal.removed })
        return Set(
            members.filter { !leaving.contains($0.index) }
                .compactMap { try? DeviceCredential($0.leaf.credential).device })
    }
}
