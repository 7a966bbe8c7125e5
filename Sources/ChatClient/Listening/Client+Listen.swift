import CLISupport
import ChatProtocol

extension Client {
    /// Opens the store, takes the resume point, and begins to connect.
    ///
    /// - Throws: 75 `resume_point_in_use` naming the process that has it, 65 for another store's cursor, 77 not
    ///   logged in. What the connection meets is thrown by `MessageListener.next`.
    package func listen(_ options: ListenOptions) async throws(Problem) -> MessageListener {
        try profile.requireStanding(try identity())
        let listener = try makeListener(options)
        var wanted: Subscribe.Options = []
        if options.presence { wanted.insert(.presence) }
        if options.receipts { wanted.insert(.receipts) }
        if !options.follow { wanted.insert(.unseen) }
        await connections.joinLive(
            listener.key, options: wanted, requiresFirstConnection: options.requiresFirstConnection
        ) { [weak listener] in listener?.report($0) }
        return listener
    }

    private func makeListener(_ options: ListenOptions) throws(Problem) -> MessageListener {
        let directory = settings.profileDirectory
        // A process that died while it caught up may have left something without its place.
        settleReplay()
        // Taken before its place is read: whoever had it may have moved it until then.
        let lock = try options.resume.map { name throws(Problem) in try LockFile.resumePoint(name, in: directory) }
        return try store { store in
            guard let reader = try store.itemReader() else { throw profile.notLoggedIn }
            var stored = try options.resume.flatMap { try store.resumePosition($0) }
            let plan = try plan(options, stored: stored, store, reader)
            // One that begins with the login is set then.
            if let name = options.resume, plan.isContinuous {
                let first = plan.resumePosition(at: plan.position)
                if first != stored { try store.write { try store.setResumePosition(name, first, now: WallClock.now) } }
                stored = first
            }
            return try MessageListener(
                connections: connections, options: options, directory: directory, plan: plan, reader: reader,
                lock: lock, stored: stored)
        }
    }

    /// A start that is given counts, also where there is a resume point.
    private func plan(
        _ options: ListenOptions, stored: ResumePosition?, _ store: ClientStore, _ reader: ItemReader
    ) throws -> ListenPlan {
        if let stored, options.start == nil { return ListenPlan(resuming: stored) }
        let start = options.start ?? (options.resume == nil ? .unshown : .new)
        try checkCursor(start, store: reader.store)
        let end = try store.lastPosition()
        var since = end
        if case .since(let moment) = start { since = try store.position(before: moment) }
        return ListenPlan(start: start, end: end) { _ in since }
    }

    func checkCursor(_ start: ListenStart, store: String) throws(Problem) {
        guard case .cursor(let cursor) = start, cursor.store != store else { return }
        throw Problem(
            .invalidData, "the cursor \(cursor.text) belongs to another store than that of profile \(settings.profile)",
            hint: "take a cursor from this profile's lines")
    }
}
