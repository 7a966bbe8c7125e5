import CLISupport
import ChatProtocol
import GroupRules
import MLS
import RulesSupport
import TestSupport
import Testing

@testable import ChatClient

/// What must be so when everybody has read everything.
extension Simulation {
    /// What a device has of a conversation.
    private struct View {
        var standing: GroupStanding
        var context: [UInt8]
        var epoch: UInt64
        /// A commit of a former epoch; one of this epoch, or of a next incarnation, is sent by whoever writes next.
        var late: WaitingCommit?
    }

    func check() async throws {
        let logs = try await logs()
        for (conversation, course) in logs.courses {
            for message in course.messages { try checkSealed(message, in: conversation) }
        }
        var texts: [String: Set<SequenceNumber>] = [:]
        let names = try await roomNames()
        for person in people.values {
            for device in person.devices {
                for (conversation, course) in logs.courses {
                    let isAnother = try await hasAnother(device, names[conversation], than: conversation)
                    try await checkRead(device, conversation, course, isAnotherRoom: isAnother, &texts)
                    let isStaying =
                        device.isActive && course.staying.contains(device.id)
                        && restoredHeads[conversation].map { $0 < course.lastWritten } ?? true
                    let next = course.head.advanced(by: 1)
                    if isStaying, !isAnother, !mayHaveLeft(device, conversation, at: next, since: course.members) {
                        try await checkAgreement(device, conversation, course)
                    }
                }
                if device.isActive { try await checkPeace(device) }
            }
        }
        for message in messages {
            let found = texts[message.body]?.count ?? 0
            switch message.state {
            // Who has read it before the restore does not read it again.
            case .accepted where isRestored && found > 0: break
            case .accepted where found != 1: throw fail("\(message.body) was accepted, and is in \(found) places")
            case .refused where found != 0 && !isRestored:
                throw fail("\(message.body) was not sent, and is in \(found) places")
            case .open where found > 1 && !isRestored: throw fail("\(message.body) is in \(found) places")
            default: break
            }
        }
    }

    /// R1, R3: nothing was sealed for who had been revoked before.
    private func checkSealed(_ message: ServerLogs.Message, in conversation: ConversationID) throws {
        guard !message.isOpen else { return }
        for device in people.values.flatMap(\.devices) where message.members[device.id] != nil {
            guard device.isAbsent(conversation, at: message.seq) else { continue }
            throw fail(
                "message \(message.seq) of \(conversation) is for \(device.place.name), which was cut off before")
        }
    }

    /// What rooms are called by those who use them.
    private func roomNames() async throws -> [ConversationID: RoomName] {
        var names: [ConversationID: RoomName] = [:]
        for device in people.values.flatMap(\.devices) {
            let pins = try await device.place.client().withStore { store in
                try store.database.all("SELECT conversation, name FROM room_pins") { row in
                    (try row.identifier(0) as ConversationID, RoomName(try row.userName(1)))
                }
            }
            for (conversation, name) in pins { names[conversation] = name }
        }
        return names
    }

    /// K5: a restore has lost the room that a device calls so: another one is none for it until somebody has the name forgotten.
    private func hasAnother(
        _ device: Device, _ name: RoomName?, than conversation: ConversationID
    ) async throws -> Bool {
        guard isRestored, let name else { return false }
        let pinned = try await device.place.client().withStore { try $0.pinnedRoom(name) }
        return pinned.map { $0 != conversation } ?? false
    }

    /// Every message is opened, once, by each device that was a member of its epoch, and by nobody else.
    private func checkRead(
        _ device: Device, _ conversation: ConversationID, _ course: ServerLogs.Course, isAnotherRoom: Bool,
        _ texts: inout [String: Set<SequenceNumber>]
    ) async throws {
        let (rows, isNotes) = try await device.place.client().withStore { store in
            let rows = try store.database.all(
                """
                SELECT e.seq, e.body, e.id FROM entries e JOIN conversations c ON c.number = e.conversation
                WHERE c.id = ? AND e.body IS NOT NULL
                """, conversation
            ) { row -> (seq: SequenceNumber, body: String, id: MessageID) in
                (row.sequenceNumber(0), row.text(1), try row.identifier(2))
            }
            return (rows, try store.identity()?.notes == conversation)
        }
        let read = Dictionary(rows.map { ($0.seq, $0.body) }) { one, _ in one }
        let ids = Set(rows.map(\.id))
        let known = Set(messages.map(\.body))
        guard Set(read.values).count == read.count else {
            throw fail("\(device.place.name) has something twice: \(read.sorted { $0.key < $1.key })")
        }
        for (seq, body) in read {
            guard known.contains(body) else { throw fail("\(device.place.name) reads '\(body)' as \(seq)") }
            texts[body, default: []].insert(seq)
        }
        for message in course.messages {
            let since = message.members[device.id]
            if let body = read[message.seq], since == nil {
                throw fail("\(device.place.name) reads \(message.seq) of \(conversation), '\(body)', and was no member")
            }
            // M2: what was read before the restore is no second message when its sender, who had no answer, writes it again.
            let wasReadBefore = isRestored && ids.contains(message.id)
            // Whom a device knows, which it tells others of its account, is shown to nobody.
            let isExcused =
                isNotes || mayHaveLeft(device, conversation, at: message.seq, since: message.members)
                || wasReadBefore || isAnotherRoom
                || (isRestored || mayHaveOutlivedItsKeys) && since != course.members[device.id]
                || device.isAbsent(conversation, at: message.seq)
                || device.overtaken[conversation].map { message.seq <= $0 } == true
                || expired[conversation]?.contains(message.seq) == true
            if device.isActive, since != nil, read[message.seq] == nil, !isExcused {
                let name = name(of: message.sender)
                let held = try await told(conversation, of: device)
                throw fail(
                    "\(device.place.name) does not read \(message.seq) of \(name), and was a member\n\(told(course))\n\(held)"
                )
            }
        }
    }

    /// K4: the keys of a Welcome may have died before it was read; its device then comes in from outside.
    private var mayHaveOutlivedItsKeys: Bool { age >= Limits.keyPackageDays }

    private func name(of id: DeviceID) -> String {
        people.values.flatMap(\.devices).first { $0.id == id }?.place.name ?? "\(id)"
    }

    private func told(_ course: ServerLogs.Course) -> String {
        course.commits.map { "  \($0.seq) \(name(of: $0.device)): \($0.text)" }.joined(separator: "\n")
    }

    /// What a device has of a log.
    private func told(_ conversation: ConversationID, of device: Device) async throws -> String {
        try await device.place.client().withStore { store in
            let heads = try store.database.all(
                "SELECT head, received FROM conversations WHERE id = ?", conversation
            ) { "head \($0.sequenceNumber(0)), received \($0.sequenceNumber(1))" }
            let entries = try store.database.all(
                """
                SELECT e.seq, e.payload_kind, e.position FROM entries e JOIN conversations c ON c.number = e.conversation
                WHERE c.id = ? ORDER BY e.seq
                """, conversation
            ) { "\($0.sequenceNumber(0)) is of kind \($0.int(1))" }
            let gaps = try store.database.all(
                """
                SELECT g.position, g.reason, g.missed FROM gaps g JOIN conversations c ON c.number = g.conversation
                WHERE c.id = ? ORDER BY g.position
                """, conversation
            ) { "gap '\($0.text(1))' at \($0.int(0))" }
            let standing = try store.groupStanding(of: conversation)
            return "  \(device.place.name) has: "
                + (heads + entries + gaps + ["standing \(String(describing: standing))"])
                .joined(separator: "\n    ")
        }
    }

    /// Whether its account has left with the leaf that it has, which it keeps until somebody commits that, and before an entry: what
    /// was there already is read by who leaves.
    private func mayHaveLeft(
        _ device: Device, _ conversation: ConversationID, at seq: SequenceNumber,
        since: [DeviceID: SequenceNumber]
    ) -> Bool {
        leavings.contains { leaving in
            leaving.account == device.place.account && leaving.conversation == conversation
                && leaving.head < seq && since[device.id].map { $0 <= leaving.head } ?? false
        }
    }

    /// The members agree on the group and on the log.
    private func checkAgreement(
        _ device: Device, _ conversation: ConversationID, _ course: ServerLogs.Course
    ) async throws {
        let view = try await device.place.client().withStore { store -> View? in
            guard let standing = try store.groupStanding(of: conversation),
                try StoredGroup.summary(of: standing.group.groupId, from: store.groupRows) != nil
            else { return nil }
            let group = try Group.load(
                standing.group.groupId, from: store.groupRows,
                judge: GroupJudge(
                    server: try #require(try store.identity()).server, groupKey: try #require(try store.groupKey())))
            let waiting = try store.waitingCommit(of: conversation)
            return View(
                standing: standing, context: group.context.encoded, epoch: group.epoch,
                late: waiting.flatMap {
                    $0.position.mark < standing.position(epoch: Epoch(group.epoch)).mark ? $0 : nil
                })
        }
        guard let view else {
            throw fail("\(device.place.name) has a leaf in \(conversation), and no group\n\(told(course))")
        }
        guard view.context == course.context, view.standing.seq == course.head, view.late == nil else {
            let late = view.late.map { "a \($0.kind) of \($0.position) waits" } ?? "no commit waits"
            throw fail(
                """
                \(device.place.name) is at \(view.standing.seq) of \(conversation) in incarnation \
                \(view.standing.group.incarnation), in epoch \(view.epoch), \(late); the log is at \(course.head), in epoch \
                \(course.epoch.map(String.init) ?? "none"), \
                \(view.context == course.context ? "the same" : "another") state
                \(told(course))
                """)
        }
    }

    /// No honest server and no honest member has given cause for doubt, nor to come back over one's own leaf.
    private func checkPeace(_ device: Device) async throws {
        let (doubts, returns) = try await device.place.client().withStore { store in
            let doubts = try store.database.all(
                """
                SELECT 'doubts about the log' WHERE EXISTS(SELECT 1 FROM history_doubts)
                UNION ALL SELECT 'an alarm' WHERE EXISTS(SELECT 1 FROM key_alarms)
                """
            ) { $0.text(0) }
            let returns = try store.database.all("SELECT conversation FROM group_resyncs") { row -> ConversationID in
                try row.identifier(0)
            }
            return (doubts, returns)
        }
        guard doubts.isEmpty else { throw fail("\(device.place.name) has \(doubts)") }
        for conversation in returns where !mayHaveComeBack(device, conversation) {
            let held = try await told(conversation, of: device)
            throw fail("\(device.place.name) has come back to \(conversation) over its own leaf\n\(held)")
        }
    }

    /// Who was further than a restore, outlived the keys of a Welcome, or was to be removed and let in again, has good reason to: also where
    /// another device of its account has left the room, and come in again.
    private func mayHaveComeBack(_ device: Device, _ conversation: ConversationID) -> Bool {
        isRestored || mayHaveOutlivedItsKeys || !device.absences.isEmpty
            || leavings.contains { $0.account == device.place.account && $0.conversation == conversation }
    }
}
