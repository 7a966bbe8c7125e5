import CLISupport
import ChatProtocol
import SQLite

/// Tells what the store holds and will hold, in one order, at the reader's pace; between it, where they belong, what
/// the connection tells.
package actor MessageListener {
    /// Items read at once: enough to be quick, few enough to be small.
    private static let page = 64

    private let connections: Connections
    private let options: ListenOptions
    private let reader: ItemReader
    private let mailbox = Mailbox<LiveReport>()
    /// Nil once it was stopped.
    private var watch: StoreWatch?
    private var plan: ListenPlan
    private var settlement: ListenSettlement
    private var buffer: ArraySlice<StoredItem> = []
    private var reports = ReportQueue()
    /// The last change of members that was told.
    private var memberChange: Int
    private var ended: Problem?
    private var isCaughtUp = false
    /// When something came last (`Monotonic`).
    private var lastNews = Duration.zero

    init(
        connections: Connections, options: ListenOptions, directory: ProfileDirectory, plan: ListenPlan,
        reader: ItemReader, lock: LockFile?, stored: ResumePosition?
    ) throws {
        self.connections = connections
        self.options = options
        self.plan = plan
        self.reader = reader
        let resume = options.resume.flatMap { name in lock.map { ResumePointHolder(name, lock: $0, stored: stored) } }
        settlement = ListenSettlement(resume, store: reader.store, at: plan.position)
        watch = try StoreWatch(directory, gate: mailbox.gate, isLasting: options.follow)
        memberChange = try watch?.store.lastMemberChange() ?? 0
    }

    nonisolated var key: ObjectIdentifier { ObjectIdentifier(self) }
    nonisolated func report(_ report: LiveReport) { mailbox.post(report) }

    // MARK: Reading

    /// The next event. It waits for one; with a `deadline` no longer than that, and not in a task that is cancelled.
    /// At `ended` the connection stays until `stop`, for what is still to be marked as shown.
    ///
    /// - Throws: what ends it: 69 where the first connection failed, 77 a refused login, 78, 79, 74. Then it has ended.
    package func next(deadline: ContinuousClock.Instant? = nil) async throws(Problem) -> ListenOutcome {
        guard let watch else { return .ended }
        let moment = deadline.map { Monotonic.now + (ContinuousClock.now.duration(to: $0)) }
        lastNews = Monotonic.now
        do throws(Problem) {
            let found = try await watch.first(until: moment) { () throws(Problem) in try nextOutcome() }
            return found ?? .timedOut
        } catch {
            await stop()
            throw error
        }
    }

    /// Nil where there is nothing yet.
    private func nextOutcome() throws(Problem) -> ListenOutcome? {
        guard let watch else { return .ended }
        let news = mailbox.drain()
        if !news.isEmpty { lastNews = Monotonic.now }
        reports.add(news)
        if let event = try nextEvent(watch) { return .event(event) }
        if let ended { throw ended }
        if !options.follow {
            if isCaughtUp { return .ended }
            guard Monotonic.now - lastNews < options.patience else { throw Self.serverIsSilent }
        }
        // Nothing is left to be told.
        try settlement.settle(plan, in: watch.store)
        return nil
    }

    private static let serverIsSilent = Problem(
        .unreachable, "the server has not told everything that was missed, and says nothing any more",
        hint: "try again")

    /// What can be told now: a report once what stood before it in the store is told, else the next item.
    private func nextEvent(_ watch: StoreWatch) throws(Problem) -> ListenEvent? {
        while true {
            // Without an item left everything is told that stood before any report that was collected before.
            let isDue = reports.behind.map { plan.isContinuous && plan.position >= $0 } ?? false
            if !isDue, let event = try nextItem(watch) { return event }
            guard let report = reports.next() else { return nil }
            if let event = try handle(report, watch) { return event }
        }
    }

    private func nextItem(_ watch: StoreWatch) throws(Problem) -> ListenEvent? {
        while true {
            if let item = buffer.popFirst() {
                plan.read(upTo: item.cursor?.position ?? 0)
                guard let event = wanted(item) else { continue }
                settlement.told(plan.position)
                return event
            }
            guard try fill(watch) else { return nil }
        }
    }

    /// Reads a page; false where there is nothing new.
    private func fill(_ watch: StoreWatch) throws(Problem) -> Bool {
        do {
            switch plan.step {
            case .waitForLogin:
                return false
            case .notShown(let position, let last):
                buffer = try watch.store.itemsNotShown(
                    after: position, upTo: last, limit: Self.page, reader: reader)[...]
                guard buffer.isEmpty else { return true }
                plan.exhausted()
                watch.leftSome()
                return true
            case .all(let position):
                guard try watch.hasNews() else { return false }
                lastNews = Monotonic.now
                try readMembers(watch)
                buffer = try watch.store.items(after: position, limit: Self.page, reader: reader)[...]
                // A full page may have more behind it without another commit.
                if buffer.count == Self.page { watch.leftSome() }
                return !buffer.isEmpty
            }
        } catch { throw Problem(store: error) }
    }

    /// Who came and went is told behind what stands before it.
    private func readMembers(_ watch: StoreWatch) throws {
        let changes = try watch.store.memberChanges(after: memberChange, limit: Self.page, reader: reader)
        guard let last = changes.last else { return }
        memberChange = last.number
        reports.add(
            changes.compactMap { change in
                change.notice.map { LiveReport(event: .member($0), behind: change.behind) }
            })
        if changes.count == Self.page { watch.leftSome() }
    }

    private func wanted(_ item: StoredItem) -> ListenEvent? {
        switch item {
        case .message(let message):
            guard message.time >= plan.since(after: (message.cursor?.position ?? 0).previous),
                options.filter.matches(message)
            else { return nil }
            return .message(message)
        case .gap(let gap):
            return options.filter.matches(gap) ? .gap(gap) : nil
        }
    }

    private func handle(_ report: LiveReport, _ watch: StoreWatch) throws(Problem) -> ListenEvent? {
        switch report.event {
        case .login(let notice):
            if plan.step == .waitForLogin {
                plan.loggedIn(at: notice.time)
                try settlement.begin(with: plan, in: watch.store)
            }
            return .login(notice)
        case .live(let time):
            isCaughtUp = true
            plan.reachedLive(at: report.behind)
            return .live(time: time)
        case .presence(let change): return options.presence ? .presence(change) : nil
        case .receipt(let notice): return options.receipts ? .receipt(notice) : nil
        case .member(let notice): return options.filter.includes(notice.conversation) ? .member(notice) : nil
        case .deviceWaits(let notice): return .deviceWaits(notice)
        case .offline(let problem, let pause):
            // Without following there is one attempt.
            guard options.follow else {
                ended = problem
                return nil
            }
            return .offline(problem, retryIn: pause)
        case .ended(let problem):
            ended = problem
            return nil
        }
    }

    // MARK: The resume point

    /// The event was written, or its command has returned 0: moves the resume point behind it (and behind what the
    /// filter left out after it). Without a resume point this does nothing.
    package func done(_ event: ListenEvent) throws(Problem) {
        guard let watch, let position = event.cursor?.position else { return }
        try settlement.finish(upTo: position, plan, hasMoreRead: !buffer.isEmpty, in: watch.store)
    }

    /// Everything told up to the line of this cursor is done: moves the resume point behind it.
    ///
    /// - Throws: 65 where the cursor is of no line that was told, 64 without a resume point, 74.
    package func acknowledge(_ cursor: Cursor) throws(Problem) {
        try settlement.check(cursor)
        guard let watch else { throw Problem(.invalidData, "the listener has ended") }
        try settlement.finish(upTo: cursor.position, plan, hasMoreRead: !buffer.isEmpty, in: watch.store)
    }

    /// Ends it: gives the resume point free and goes offline. `next` gives `ended` from then on.
    package func stop() async {
        guard watch != nil else { return }
        watch = nil
        settlement.release()
        mailbox.gate.open()
        await connections.leaveLive(key)
    }
}
