import CLISupport
import ChatProtocol

/// The way to the server for what concerns groups: a connection that is logged in, or what stands for it in a test.
protocol GroupWire: Sendable {
    func ask<Body: FrameBody, Reply: FrameBody>(_ body: Body) async throws(Problem) -> Reply
}

extension Link: GroupWire {
    func ask<Body: FrameBody, Reply: FrameBody>(_ body: Body) async throws(Problem) -> Reply { try await request(body) }
}
