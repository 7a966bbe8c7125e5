import CLISupport
import ChatProtocol

/// Requests of commands that ask once.
extension Client {
    /// How long a server that is busy is asked again. It has kept nothing, so asking again does no harm; beyond this a
    /// person or a script decides.
    private static let patience = Duration.seconds(5)

    /// Asks on a connection that is logged in.
    func ask<Body: FrameBody, Reply: FrameBody>(_ body: Body) async throws(Problem) -> Reply {
        try await whileBusy { () async throws(Problem) in try await self.requestLink().request(body) }
    }

    /// A connection that is logged in, and what the server said.
    func loggedInLink(flushesOutbox: Bool = true) async throws(Problem) -> (Link, Welcome) {
        try await whileBusy { () async throws(Problem) in
            let link = try await self.requestLink(flushesOutbox: flushesOutbox)
            return (link, try await link.welcome())
        }
    }

    /// Runs `body` again while the server says that it is busy.
    func whileBusy<Value>(
        _ body: () async throws(Problem) -> Value
    ) async throws(Problem) -> Value {
        let end = Monotonic.now + Self.patience
        var backoff = Backoff()
        while true {
            do throws(Problem) { return try await body() } catch {
                let pause = backoff.next(random: .random(in: 0...(.max)))
                guard error.code == ErrorCode.busy.name, Monotonic.now + pause < end else { throw error }
                try? await Task.sleep(for: pause)
            }
        }
    }
}
