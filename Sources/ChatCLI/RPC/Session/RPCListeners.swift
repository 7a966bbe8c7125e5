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
                let sink = RPCSink(
                    output: output, diagnostics: diagnostics, tellsMeta: tellsMeta, marks: marks
                ) { event in
                    await self.tell(event, of: number)
                }
                // The caller learns the number before the first event has it.
                reply.succeed(Self.result(number)) { Task { await self.run(number, sink) } }
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

    private func run(_ number: Int, _ sink: RPCSink) {
        guard let listener = running[number] else { return }
        Task { [client] in
            var follower = Follower(client: client, sink: sink)
            do throws(Problem) {
                _ = try await follower.run(listener)
                self.ended(number, nil)
            } catch { self.ended(number, error) }
        }
    }

    /// Nothing follows of one that was stopped.
    private func tell(_ event: ListenEvent, of number: Int) {
        guard running[number] != nil else { return }
        if let line = JSONLines.event(event) { output.put(RPCMessage.event(listener: number, line: line)) }
    }

    private func ended(_ number: Int, _ problem: Problem?) {
        guard running.removeValue(forKey: number) != nil, let problem else { return }
        output.put(RPCMessage.event(listener: number, end: problem))
    }
}
