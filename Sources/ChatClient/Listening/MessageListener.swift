import CLISupport
import ChatProtocol
import Logging
import SQLite

/// Tells what the store holds and will hold, in one order, at the reader's pace; between it, where they belong, what
/// the connection tells.
package actor MessageListener {
    /// Items read at once: enough to be quick, few enough to be small.
    private static let page = 64
    /// How often the store is looked at where nobody touched the wake file.
    private static let poll = Duration.milliseconds(250)
    /// Reports of the connection that may wait for the reader; beyond it the oldest of presence and receipts go.
    private static let maximumReports = 4096

    private let client: Client
    private let options: ListenOptions
    private let reader: ItemReader
    private let mailbox = Mailbox<LiveReport>()
    private let resume: ResumePointHolder?
    private let log: Logger
    private var store: ClientStore?
    private var watcher: WakeWatcher?
    private var plan: ListenPlan
    private var version: Int64 = -1
    private var buffer: ArraySlice<StoredItem> = []
    private var reports: [LiveReport] = []
    private var ended: Problem?
    private var isStopped = false
    private var isCaughtUp = false
    /// The position told last, and the one done last.
    private var told: Int64 = 0
    private var done: Int64 = 0

    init(
        client: Client, options: ListenOptions, directory: ProfileDirectory, plan: ListenPlan, reader: ItemReader,
        lock: ResumeLock?, stored: ResumePosition?, log: Logger
    ) throws {
        self.client = client
        self.options = options
        self.plan = plan
        self.reader = reader
        self.log = log
        if let name = options.resume, let lock {
            resume = ResumePointHolder(name, lock: lock, stored: stored)
        } else {
            resume = nil
        }
        store = try ClientStore(directory, mode: .read)
        told = plan.position
        done = plan.position
        let signal = mailbox.signal
        watcher = WakeWatcher(directory.wakeFile) { signal.set() }
    }

    nonisolated var key: ObjectIdentifier { ObjectIdentifier(self) }
    nonisolated func report(_ report: LiveReport) { mailbox.post(report) }

    // MARK: Reading

    /// The next event. It waits for one; with a `deadline` no longer than that.
    ///
    /// - Throws: what ends it: 69 where the first connection failed, 77 a refused login, 78, 79, 74. Then it has ended.
    package func next(deadline: ContinuousClock.Instant? = nil) async throws(Problem) -> ListenOutcome {
        let moment = deadline.map { Monotonic.now + (ContinuousClock.now.duration(to: $0)) }
        while true {
            if isStopped { return .ended }
            collect()
            if let event = try nextReady() { return .event(event) }
            if let ended {
                await stop()
                throw ended
            }
            if isCaughtUp && !options.follow {
                await stop()
                return .ended
            }
            if let moment, Monotonic.now >= moment { return .timedOut }
            try settleIdle()
            let poll = Monotonic.now + Self.poll
            await mailbox.signal.wait(until: moment.map { min($0, poll) } ?? poll)
        }
    }

    /// What can be told now: a report once what stood before it in the store is told, else the next item.
    private func nextReady() throws(Problem) -> ListenEvent? {
        while true {
            // Without an item left everything is told that stood before any report that was collected before.
            let isDue = reports.first.map { plan.isContinuous && plan.position >= $0.behind } ?? false
            if !isDue, let event = try nextItem() { return event }
            guard !reports.isEmpty else { return nil }
            if let event = handle(reports.removeFirst()) { return event }
        }
    }

    private func nextItem() throws(Problem) -> ListenEvent? {
        while true {
            if let item = buffer.popFirst() {
                plan.read(upTo: item.cursor?.position ?? 0)
                guard let event = wanted(item) else { continue }
                told = plan.position
                return event
            }
            guard try fill() else { return nil }
        }
    }

    /// Reads a page; false where there is nothing new.
    private func fill() throws(Problem) -> Bool {
        guard let store else { return false }
        do {
            switch plan.step {
            case .waitForLogin:
                return false
            case .notShown(let position, let last):
                buffer = try store.itemsNotShown(after: position, upTo: last, limit: Self.page, reader: reader)[...]
                if buffer.isEmpty {
                    plan.exhausted()
                    version = -1
                    return true
                }
            case .all(let position):
                let current = try store.dataVersion()
                guard current != version else { return false }
                buffer = try store.items(after: position, limit: Self.page, reader: reader)[...]
                // A full page may have more behind it without another commit.
                version = buffer.count < Self.page ? current : -1
            }
            return !buffer.isEmpty
        } catch { throw Problem(store: error) }
    }

    private func wanted(_ item: StoredItem) -> ListenEvent? {
        switch item {
        case .message(let message):
            guard message.time >= plan.since(after: (message.cursor?.position ?? 0) - 1),
                options.filter.matches(message)
            else { return nil }
            return .message(message)
        case .gap(let gap):
            return options.filter.matches(gap) ? .gap(gap) : nil
        }
    }

    // MARK: Reports

    private func collect() {
        reports += mailbox.drain()
        guard reports.count > Self.maximumReports else { return }
        let excess = reports.count - Self.maximumReports
        var dropped = 0
        reports.removeAll { report in
            guard dropped < excess else { return false }
            switch report.event {
            case .presence, .receipt:
                dropped += 1
                return true
            default: return false
            }
        }
    }

    private func handle(_ report: LiveReport) -> ListenEvent? {
        switch report.event {
        case .login(let notice):
            if plan.step == .waitForLogin {
                plan.loggedIn(at: notice.time)
                told = plan.position
                done = plan.position
                beginResume()
            }
            return .login(notice)
        case .live(let time):
            isCaughtUp = true
            plan.reachedLive(at: report.behind)
            return .live(time: time)
        case .presence(let change): return options.presence ? .presence(change) : nil
        case .receipt(let notice): return options.receipts ? .receipt(notice) : nil
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
        guard let position = event.cursor?.position, plan.isContinuous || resume != nil else { return }
        try done(upTo: position)
    }

    private func done(upTo position: Int64) throws(Problem) {
        done = max(done, position)
        try moveResume(to: done == told && buffer.isEmpty && plan.isContinuous ? plan.position : done)
    }

    /// Everything told up to the line of this cursor is done: moves the resume point behind it.
    ///
    /// - Throws: 65 where the cursor is of no line that was told, 64 without a resume point, 74.
    package func acknowledge(_ cursor: Cursor) throws(Problem) {
        guard resume != nil else {
            throw Problem(.usage, "without a resume point there is nothing to acknowledge")
        }
        guard !isStopped else { throw Problem(.invalidData, "the listener has ended") }
        guard cursor.store == reader.store else {
            throw Problem(
                .invalidData, "the cursor \(cursor.text) belongs to another store than that of this profile",
                hint: "take a cursor from this listener's lines")
        }
        guard cursor.position <= told else {
            throw Problem(
                .invalidData, "no line with the cursor \(cursor.text) was told by this listener",
                hint: "take a cursor from this listener's lines")
        }
        try done(upTo: cursor.position)
    }

    /// Nothing is left to be told: what the filter left out is done, too.
    private func settleIdle() throws(Problem) {
        guard plan.isContinuous, done >= told else { return }
        told = plan.position
        done = plan.position
        try moveResume(to: done)
    }

    private func moveResume(to position: Int64) throws(Problem) {
        guard let resume, let store, plan.isContinuous else { return }
        let since = plan.since(after: position)
        guard position > resume.position || (position == resume.position && since != resume.since) else { return }
        do {
            try store.write { try resume.move(to: position, since: since, in: store) }
        } catch { throw Problem(store: error) }
    }

    /// A new name that starts with the login begins to be then.
    private func beginResume() {
        guard let resume, let store, !resume.isStored else { return }
        do {
            try store.write {
                try resume.move(to: plan.position, since: plan.since(after: plan.position), in: store)
            }
        } catch { ended = Problem(store: error) }
    }

    /// Ends it: gives the resume point free and goes offline. `next` gives `ended` from then on.
    package func stop() async {
        guard !isStopped else { return }
        isStopped = true
        watcher = nil
        store = nil
        resume?.release()
        mailbox.signal.set()
        await client.leaveLive(key)
    }
}
