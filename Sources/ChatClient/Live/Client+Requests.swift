import CLISupport
import ChatProtocol

/// Requests of commands that ask once.
extension Client {
    /// Asks on a connection that is logged in.
    func ask<Body: FrameBody, Reply: FrameBody>(_ body: Body) async throws(Problem) -> Reply {
        try await whileBusy { () async throws(Problem) in try await self.connections.requestLink().request(body) }
    }

    /// A connection that is logged in, and what the server said.
    func loggedInLink(flushesOutbox: Bool = true) async throws(Problem) -> (Link, Welcome) {
        try await whileBusy { () async throws(Problem) in
            let link = try await self.connections.requestLink(flushesOutbox: flushesOutbox)
            return (link, try await link.welcome())
        }
    }

    /// Runs `body` again while the server says that it is busy.
    func whileBusy<Value>(
        _ body: () async throws(Problem) -> Value
    ) async throws(Problem) -> Value {
        var patience = BusyPatience(now: Monotonic.now)
        while true {
            do throws(Problem) { return try await body() } catch {
                guard error.code == ErrorCode.busy.name,
                    let pause = patience.next(now: Monotonic.now, random: .random(in: 0...(.max)))
                else { throw error }
                try? await Task.sleep(for: pause)
            }
        }
    }
}
