import CLISupport
import ChatProtocol

extension Client {
    /// Opens the store, takes the resume point, and begins to connect.
    ///
    /// - Throws: 75 `resume_point_in_use` naming the process that has it, 65 for another store's cursor, 77 not
    ///   logged in. What the connection meets is thrown by `MessageListener.next`.
    package func listen(_ options: ListenOptions) async throws(Problem) -> MessageListener {
        try requireStanding(try identity())
        let listener = try makeListener(options)
        var wanted: Subscribe.Options = []
        if options.presence { wanted.insert(.presence) }
        if options.receipts { wanted.insert(.receipts) }
        if !options.follow { wanted.insert(.unseen) }
        let live = await startLive(options: wanted, requiresFirstConnection: options.requiresFirstConnection)
        await live.addListener(listener.key) { [weak listener] in listener?.report($0) }
        await live.start()
        return listener
    }

    private func makeListener(_ options: ListenOptions) throws(Problem) -> MessageListener {
        let directory = settings.profileDirectory
        // Taken before its place is read: whoever had it may have moved it until then.
        // Of a process that died while it caught up.
        settleReplay()
        let lock = try options.resume.map { name throws(Problem) in try ResumeLock(name, in: directory) }
        return try store { store in
            guard let reader = try store.itemReader() else { throw notLoggedIn }
            var stored = try options.resume.flatMap { try store.resumePosition($0) }
            let plan: ListenPlan
            if let stored {
                plan = ListenPlan(resuming: stored)
            } else {
                let start = options.start ?? (options.resume == nil ? .unshown : .new)
                try checkCursor(start, store: reader.store)
                let end = try store.lastPosition()
                var since: Int64 = end
                if case .since(let moment) = start { since = try store.position(before: moment) }
                plan = ListenPlan(start: start, end: end) { _ in since }
            }
            // A name that begins with the login begins to be then.
            if let name = options.resume, stored == nil, plan.isContinuous {
                let first = ResumePosition(position: plan.position, since: plan.since(after: plan.position))
                try store.write { try store.setResumePosition(name, first, now: WallClock.now) }
                stored = first
            }
            return try MessageListener(
                client: self, options: options, directory: directory, plan: plan, reader: reader, lock: lock,
                stored: stored, log: log)
        }
    }

    func checkCursor(_ start: ListenStart, store: String) throws(Problem) {
        guard case .cursor(let cursor) = start, cursor.store != store else { return }
        throw Problem(
            .invalidData, "the cursor \(cursor.text) belongs to another store than that of profile \(settings.profile)",
            hint: "take a cursor from this profile's lines")
    }
}
