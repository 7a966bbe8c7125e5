import CLISupport
import ChatClient

/// The listeners of a session. Each tells its lines at the pace at which the output is read: what is not asked for
/// stays in the store.
actor RPCListeners {
    enum Order: Sendable {
        case start(ListenOptions, tellsMeta: Bool, marks: Bool)
        case acknowledge(Int, Cursor)
        case stop(Int)
    }

    private let client: Client
    private let output: RPCOutput
    private let diagnostics: Diagnostics
    private var running: [Int: MessageListener] = [:]
    private var lastNumber = 0
    /// Orders are carried out one after the other: what a caller writes behind a `listen.ack` comes behind it.
    private nonisolated let orders: AsyncStream<(Order, RPCReply)>.Continuation

    init(client: Client, output: RPCOutput, diagnostics: Diagnostics) {
        self.client = client
        self.output = output
        self.diagnostics = diagnostics
        let (stream, continuation) = AsyncStream.makeStream(of: (Order, RPCReply).self)
        orders = continuation
        Task { for await (order, reply) in stream { await self.carryOut(order, reply) } }
    }

    nonisolated func take(_ order: Order, reply: RPCReply) { orders.yield((order, reply)) }

    /// Ends all of them, at the end of the input.
    func stopAll() async {
        orders.finish()
        let all = running.values
        running = [:]
        for one in all { await one.stop() }
    }

    // MARK: Orders

    private func carryOut(_ order: Order, _ reply: RPCReply) async {
        do throws(RPCError) {
            switch order {
            case .start(let options, let tellsMeta, let marks):
                let number = try await start(options)
                let pump = RPCListenerPump(
                    number: number, client: client, output: output, diagnostics: diagnostics, tellsMeta: tellsMeta,
                    marks: marks)
                // The caller learns the number before the first event has it.
                reply.succeed(Self.result(number)) { Task { await self.run(pump) } }
            case .acknowledge(let number, let cursor):
                try await acknowledge(try find(number), number, cursor)
                var result = Self.result(number)
                result["cursor"] = .string(cursor.text)
                reply.succeed(result)
            case .stop(let number):
                let listener = try find(number)
                running[number] = nil
                await listener.stop()
                reply.succeed(Self.result(number))
            }
        } catch {
            reply.fail(error)
        }
    }

    private func start(_ options: ListenOptions) async throws(RPCError) -> Int {
        guard running.count < RPCLimits.listeners else {
            throw RPCError(
                Problem(.busy, "\(RPCLimits.listeners) listeners run already", hint: "stop one with listen.stop"))
        }
        let listener: MessageListener
        do throws(Problem) { listener = try await client.listen(options) } catch { throw RPCError(error) }
        lastNumber += 1
        running[lastNumber] = listener
        return lastNumber
    }

    private func acknowledge(_ listener: MessageListener, _ number: Int, _ cursor: Cursor) async throws(RPCError) {
        do throws(Problem) {
            try await listener.acknowledge(cursor)
        } catch {
            switch error.code {
            case LocalCode.usage.rawValue:
                throw .invalid("listener \(number) has no resume point to move; start it with \"resume\"")
            case LocalCode.invalidData.rawValue: throw .invalid(error.text)
            default: throw RPCError(error)
            }
        }
    }

    private func find(_ number: Int) throws(RPCError) -> MessageListener {
        guard let listener = running[number] else { throw .invalid("no listener \(number) runs") }
        return listener
    }

    private static func result(_ number: Int) -> JSONObject {
        var object = JSONObject()
        object["listener"] = .integer(Int64(number))
        return object
    }

    // MARK: Events

    private func run(_ pump: RPCListenerPump) {
        guard let listener = running[pump.number] else { return }
        Task {
            var copy = pump
            let problem = await copy.run(listener) { await self.tell($0, of: pump.number) }
            self.ended(pump.number, problem)
        }
    }

    /// False where the listener was stopped: nothing of it follows.
    private func tell(_ event: ListenEvent, of number: Int) -> Bool {
        guard running[number] != nil else { return false }
        if case .offline(let problem, let pause) = event {
            // All of them have one connection.
            if number == running.keys.min() { diagnostics.noteOffline(problem, retryIn: pause) }
        } else if let line = JSONLines.event(event) {
            output.put(RPCMessage.event(listener: number, line: line))
        }
        return true
    }

    private func ended(_ number: Int, _ problem: Problem?) {
        guard running.removeValue(forKey: number) != nil, let problem else { return }
        output.put(RPCMessage.event(listener: number, end: problem))
    }
}

/// Moves lines from a listener to the output.
struct RPCListenerPump: Sendable {
    let number: Int
    let client: Client
    let output: RPCOutput
    let diagnostics: Diagnostics
    let tellsMeta: Bool
    /// Whether what was told counts as shown.
    let marks: Bool

    /// Shown messages that are marked together at the most.
    private static let markBatch = 64
    private var shown: [ReceivedMessage] = []
    /// The last notice of a gap that is not marked.
    private var shownGap: GapNotice?

    init(
        number: Int, client: Client, output: RPCOutput, diagnostics: Diagnostics, tellsMeta: Bool, marks: Bool
    ) {
        self.number = number
        self.client = client
        self.output = output
        self.diagnostics = diagnostics
        self.tellsMeta = tellsMeta
        self.marks = marks
    }

    /// Runs until the listener has ended; what has ended it, where nobody asked for that.
    ///
    /// - Parameter tell: false: nothing more is wanted.
    mutating func run(_ listener: MessageListener, _ tell: @Sendable (ListenEvent) async -> Bool) async -> Problem? {
        do throws(Problem) {
            while true {
                await output.waitForRoom()
                guard case .event(let event) = try await next(listener) else { break }
                guard isWanted(event) else { continue }
                guard await tell(event) else { break }
                noteShown(event)
            }
            try await markShown()
            return nil
        } catch {
            try? await markShown()
            return error
        }
    }

    private mutating func noteShown(_ event: ListenEvent) {
        guard marks else { return }
        switch event {
        case .message(let message): shown.append(message)
        case .gap(let gap): shownGap = gap
        case .login, .live, .presence, .receipt, .offline: break
        }
    }

    private func isWanted(_ event: ListenEvent) -> Bool {
        switch event {
        case .message, .gap, .offline: true
        case .login, .live, .presence, .receipt: tellsMeta
        }
    }

    /// Marks are written when there is nothing else to do, or a batch of them is due.
    private mutating func next(_ listener: MessageListener) async throws(Problem) -> ListenOutcome {
        guard !shown.isEmpty || shownGap != nil else { return try await listener.next() }
        if shown.count < Self.markBatch {
            let outcome = try await listener.next(deadline: .now)
            guard case .timedOut = outcome else { return outcome }
        }
        try await markShown()
        return try await listener.next()
    }

    /// What has left this process was shown.
    private mutating func markShown() async throws(Problem) {
        guard !shown.isEmpty || shownGap != nil else { return }
        let (messages, gap) = (shown, shownGap)
        (shown, shownGap) = ([], nil)
        await output.waitUntilWritten()
        if !messages.isEmpty { try await client.markShown(messages) }
        if let gap { try await client.markShown(gap) }
    }
}
