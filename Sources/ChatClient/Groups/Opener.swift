import ChatProtocol
import GroupRules
import MLS

/// Takes in the logs of conversations that have a group (E2): strictly in order, a part in one transaction, with everything that an
/// entry changes: ratchet, text, place in the log, answers.
///
/// A value, which keeps the groups that it has loaded; each call is one transaction of the store that it is given.
struct Opener: Sendable {
    /// Entries, and time, of one transaction: other processes of the profile wait for it.
    static let batch = 64
    static let patience = Duration.milliseconds(8)
    /// Groups that are kept loaded.
    private static let heldGroups = 16

    let judge: GroupJudge
    private var held: [ConversationID: HeldGroup] = [:]

    init(judge: GroupJudge) { self.judge = judge }

    /// How often rows were read to load the group of a conversation.
    func loads(of conversation: ConversationID) -> Int { held[conversation]?.loads ?? 0 }

    /// Takes in as many of the items, all of one conversation, as the bounds allow: at least one.
    ///
    /// - Parameters:
    ///   - isReplay: the device catches up.
    ///   - isDelivered: a subscription brings them, so that this device knows everything up to now.
    ///   - passesRepeats: nothing is doubted of what lies behind.
    ///   - clock: of the time that the transaction may take.
    mutating func open(
        _ items: some Sequence<LogItem>, of conversation: ConversationID, in store: ClientStore, as identity: Identity,
        isReplay: Bool = false, isDelivered: Bool = false, passesRepeats: Bool = false, now: Timestamp,
        clock: () -> Duration
    ) throws -> OpenedPart {
        let setting = OpeningSetting(
            store: store, identity: identity, judge: judge, conversation: conversation, isReplay: isReplay,
            passesRepeats: passesRepeats, now: now)
        let before = held[conversation] ?? HeldGroup()
        let takeIn = {
            if isDelivered { try store.noteSynced(now) }
            return try Self.run(items, setting, before, clock)
        }
        // What is delivered can wait for room on the disk; what is read was asked for by whoever wants to write.
        let course =
            isDelivered ? try store.writeSynced(takeIn) : try store.writeWithReserve(isSynced: true, takeIn)
        keep(course.held, of: conversation)
        return course.part
    }

    /// The server's answer to what this device has appended. An acknowledgement right behind what was processed is its place in the log
    /// (E3).
    ///
    /// - Returns: nil where nothing of this id was appended.
    mutating func acknowledged(
        _ appended: Appended, in store: ClientStore, as identity: Identity, now: Timestamp
    ) throws -> AppendEnd? {
        try acknowledged([appended], in: store, as: identity, now: now)[0]
    }

    /// As of one, in one transaction: messages that follow one another in a log share its sync.
    mutating func acknowledged(
        _ answers: [Appended], in store: ClientStore, as identity: Identity, now: Timestamp
    ) throws -> [AppendEnd?] {
        let (held, judge) = (held, judge)
        // What becomes of a message, the log tells again; what a commit changes, nothing does.
        let commits = try Set(answers.map(\.conversation)).compactMap { try store.waitingCommit(of: $0)?.id }
        let isSynced = answers.contains { commits.contains($0.id) }
        let (courses, ends) = try store.writeWithReserve(isSynced: isSynced) {
            // Where it is tried once more, it begins once more.
            var courses: [ConversationID: OpeningCourse] = [:]
            let before = try store.lastPosition()
            let ends = try answers.map { appended -> AppendEnd? in
                let conversation = appended.conversation
                let setting = OpeningSetting(
                    store: store, identity: identity, judge: judge, conversation: conversation, isReplay: false,
                    now: now)
                var course = try courses[conversation] ?? OpeningCourse(setting, held[conversation] ?? HeldGroup())
                defer { courses[conversation] = course }
                return try Self.take(appended, setting, &course)
            }
            for conversation in courses.keys { try courses[conversation]?.finish() }
            let hasNews = try store.lastPosition() != before || courses.values.contains(where: \.hasMemberNews)
            for conversation in courses.keys { courses[conversation]?.part.hasNews = hasNews }
            return (courses, ends)
        }
        for (conversation, course) in courses { keep(course.held, of: conversation) }
        return zip(answers, ends).map { answer, end in
            guard case .placed? = end, let course = courses[answer.conversation] else { return end }
            return .placed(course.part)
        }
    }

    private static func take(
        _ appended: Appended, _ setting: OpeningSetting, _ course: inout OpeningCourse
    ) throws -> AppendEnd? {
        guard let own = try OwnAppend(appended, in: setting.store) else { return nil }
        guard own.isSame else { return .another }
        let isNext = course.standing.map { $0.seq.next == appended.seq } ?? own.begins
        guard isNext, course.part.stop == nil else { return .taken(hasNews: try own.take(appended, setting)) }
        var next = course
        try setting.store.database.savepoint { try next.take(.hashed(own.entry(appended, of: setting.identity))) }
        course = next
        return .placed(course.part)
    }

    /// Runs `body`, one synced transaction, with the group of a conversation as it is kept loaded.
    mutating func change<Value>(
        _ conversation: ConversationID, in store: ClientStore, _ body: (inout HeldGroup) throws -> Value
    ) throws -> Value {
        let before = held[conversation] ?? HeldGroup()
        let (changed, value) = try store.writeWithReserve(isSynced: true) {
            var changed = before
            let value = try body(&changed)
            return (changed, value)
        }
        keep(changed, of: conversation)
        return value
    }

    /// Only what was committed is kept.
    private mutating func keep(_ changed: HeldGroup, of conversation: ConversationID) {
        if held.count >= Self.heldGroups, held[conversation] == nil { held = [:] }
        held[conversation] = changed
    }

    private static func run(
        _ items: some Sequence<LogItem>, _ setting: OpeningSetting, _ held: HeldGroup, _ clock: () -> Duration
    ) throws -> OpeningCourse {
        let before = try setting.store.lastPosition()
        var course = try OpeningCourse(setting, held)
        let began = clock()
        for item in items.prefix(batch) {
            var next = course
            do {
                try setting.store.database.savepoint { try next.take(item) }
            } catch  where !course.part.items.isEmpty && !OpeningCourse.isOfDisk(error) {
                // One entry that cannot be stored does not take those before it along.
                course.part.stop = .failed(item.last, "\(error)")
                break
            }
            course = next
            if course.part.stop != nil || clock() - began >= patience { break }
        }
        try course.finish()
        course.part.hasNews = try setting.store.lastPosition() != before || course.hasMemberNews
        return course
    }
}
