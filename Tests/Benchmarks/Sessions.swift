import ChatProtocol
import NIOCore
import Transport

/// What connections cost, and how quick one of them is.
extension Driver {
    struct RoundTrips {
        /// Seconds.
        var times: [Double]
        /// CPU microseconds of the server a message.
        var cpu: Double
    }

    /// Round trips of a dm and its answer, each stored and synced.
    func roundTrips(_ house: House, count: Int) async throws -> RoundTrips {
        let asker = try await subscribe(house, account: 1)
        let answerer = try await subscribe(house, account: 2)
        defer { for session in [asker, answerer] { session.close() } }
        guard let group = house.groups?.direct else { throw Child.Failed(description: "no dm") }
        let run = house.nextRun()
        let promise = eventLoop.makePromise(of: [Double].self)
        var (sent, times, started) = (0, [Double](), ContinuousClock.now)
        func send(_ session: ChatSession) {
            sent += 1
            session.send(Sample.append(sent, bodyBytes: 64, to: group, run: run))
        }
        // Everybody gets what he wrote himself too: the first entry of a round is the question, the second the answer.
        var (seenByAsker, seenByAnswerer) = (0, 0)
        asker.onEntries = { entries in
            seenByAsker += entries
            guard seenByAsker == 2 * (times.count + 1) else { return }
            times.append((ContinuousClock.now - started).inSeconds)
            guard times.count < count else { return promise.succeed(times) }
            started = .now
            send(asker)
        }
        answerer.onEntries = { entries in
            seenByAnswerer += entries
            if seenByAnswerer % 2 == 1 { send(answerer) }
        }
        for session in [asker, answerer] {
            session.onReply = { if $0.frameKind == .failure { promise.fail(Child.Failed(description: "refused")) } }
        }
        let cpu = try house.server.cpuSeconds()
        started = .now
        send(asker)
        let all = try await promise.futureResult.get()
        return RoundTrips(times: all, cpu: (try house.server.cpuSeconds() - cpu) * 1e6 / Double(2 * count))
    }

    /// KiB that a subscribed connection takes of the server's memory.
    func idle(_ house: House, connections: Int) async throws -> Double {
        // The first ones also make the server allocate what all share.
        var sessions: [ChatSession] = []
        for number in 0..<100 { sessions.append(try await subscribe(house, account: number)) }
        let before = try house.server.residentKiB()
        for number in 0..<connections { sessions.append(try await subscribe(house, account: number % 100)) }
        let after = try house.server.residentKiB()
        for session in sessions { session.close() }
        return (after - before) / Double(connections)
    }

    /// CPU milliseconds of the server for a connection that logs in by its device's key and goes.
    func login(_ house: House, count: Int) async throws -> Double {
        let cpu = try house.server.cpuSeconds()
        for number in 0..<count {
            let session = try await logIn(house, account: number % house.accounts.count)
            session.close()
        }
        return (try house.server.cpuSeconds() - cpu) * 1e3 / Double(count)
    }

    /// The same of one that goes as soon as TLS stands.
    func handshake(_ server: ServerProcess, count: Int) async throws -> Double {
        let cpu = try server.cpuSeconds()
        for _ in 0..<count {
            let session = ChatSession(loop.value)
            try await session.open(server).get()
            session.close()
        }
        return (try server.cpuSeconds() - cpu) * 1e3 / Double(count)
    }
}
