import ChatProtocol
import NIOCore
import TestSupport
import Testing

@testable import Transport

@Suite struct LoopbackTests {
    @Test(arguments: Carrier.allCases) func `frames arrive in order and whole in both directions`(_ carrier: Carrier)
        async throws
    {
        let server = try await TestServer.start()
        try await server.on { hub in
            hub.onFrame = { connection, frame in connection.write(ByteBuffer(bytes: frame.wireBytes)) }
        }
        let client = try await TestClient.connect(to: server.address, by: carrier)
        let frames = [0, 1, 4000, 16, 4091].enumerated().map { RawFrame.sample(UInt32($0), bytes: $1) }
        try await client.send(frames)
        #expect(try await eventually { try await client.on { $1.frames.count } == frames.count })
        #expect(try await client.on { $1.frames } == frames)
        try await server.stop()
    }

    @Test(arguments: Carrier.allCases) func `a frame of a mebibyte passes after the limit was raised`(
        _ carrier: Carrier
    ) async throws {
        let server = try await TestServer.start()
        try await server.on { hub in
            hub.onFrame = { connection, frame in
                connection.setFrameLimit(Limits.frame)
                connection.write(ByteBuffer(bytes: frame.wireBytes))
            }
        }
        let client = try await TestClient.connect(to: server.address, by: carrier)
        let frames = [RawFrame.sample(1, bytes: 10), .sample(2, bytes: Limits.frame - RawFrame.headBytes)]
        try await client.send(frames)
        #expect(try await eventually { try await client.on { $1.frames.count } == 2 })
        #expect(try await client.on { $1.frames } == frames)
        try await server.stop()
    }

    @Test(arguments: Carrier.allCases) func `both sides export the same channel binding and every connection another`(
        _ carrier: Carrier
    ) async throws {
        let server = try await TestServer.start()
        let first = try await TestClient.connect(to: server.address, by: carrier)
        let second = try await TestClient.connect(to: server.address, by: carrier)
        #expect(
            try await eventually { try await server.on { $0.recorders.filter { $0.heard == [.opened] }.count } == 2 })
        let ours = [
            try await first.on { connection, _ in connection.channelBinding },
            try await second.on { connection, _ in connection.channelBinding },
        ]
        let theirs = try await server.on { $0.recorders.map { $0.connection?.channelBinding ?? [] } }
        #expect(ours[0].count == 32)
        #expect(ours[0] != ours[1])
        #expect(Set(ours) == Set(theirs))
        try await server.stop()
    }

    @Test(arguments: Carrier.allCases) func `what was written before a flushing close arrives and then the end`(
        _ carrier: Carrier
    ) async throws {
        let server = try await TestServer.start()
        try await server.on { hub in
            hub.onFrame = { connection, frame in
                for number in 0..<200 {
                    connection.write(ByteBuffer(bytes: RawFrame.sample(UInt32(number), bytes: 9000).wireBytes))
                }
                connection.close(flushing: true)
                connection.write(ByteBuffer(bytes: frame.wireBytes))
            }
        }
        let client = try await TestClient.connect(to: server.address, by: carrier)
        try await client.send([.sample(0, bytes: 1), .sample(1, bytes: 1)])
        #expect(try await eventually { try await client.on { !$1.closes.isEmpty } })
        #expect(try await client.on { $1.frames.map(\.correlation) } == Array(0..<200))
        #expect(try await client.on { $1.closes } == [.closedByPeer])
        #expect(try await eventually { try await server.on { $0.recorders[0].closes } == [.closedHere] })
        try await server.stop()
    }

    @Test(arguments: Carrier.allCases) func `the end is reported once however often closed`(_ carrier: Carrier)
        async throws
    {
        let server = try await TestServer.start()
        let client = try await TestClient.connect(to: server.address, by: carrier)
        #expect(try await eventually { try await server.on { $0.recorders.first?.heard == [.opened] } })
        try await client.on { connection, _ in
            connection.close(flushing: false)
            connection.close(flushing: true)
            connection.close(flushing: false)
        }
        #expect(try await eventually { try await client.on { !$1.closes.isEmpty } })
        #expect(try await eventually { try await server.on { $0.recorders[0].closes } == [.closedByPeer] })
        #expect(try await client.on { $1.closes } == [.closedHere])
        try await server.stop()
    }

    @Test(arguments: Carrier.allCases) func `a paused connection gives no frame until resumed`(_ carrier: Carrier)
        async throws
    {
        let server = try await TestServer.start()
        try await server.on { hub in hub.onFrame = { connection, _ in connection.pauseReading() } }
        let client = try await TestClient.connect(to: server.address, by: carrier)
        // All in one record, and a limit that is raised before the second is looked at.
        try await client.send([.sample(0, bytes: 1), .sample(1, bytes: 9000), .sample(2, bytes: 1)])
        #expect(try await eventually { try await server.on { $0.recorders.first?.frames.count ?? 0 } == 1 })
        for expected in 2...3 {
            try await server.on { hub in
                hub.recorders[0].connection?.setFrameLimit(10_000)
                hub.recorders[0].connection?.resumeReading()
            }
            #expect(try await eventually { try await server.on { $0.recorders[0].frames.count } == expected })
        }
        #expect(try await server.on { $0.recorders[0].frames.map(\.correlation) } == [0, 1, 2])
        try await server.stop()
    }

    @Test(arguments: Carrier.allCases) func `a closed connection is freed`(_ carrier: Carrier) async throws {
        let server = try await TestServer.start()
        let client = try await TestClient.connect(to: server.address, by: carrier)
        try await client.send([.sample(1, bytes: 1)])
        #expect(try await eventually { try await server.on { $0.recorders.first?.frames.count ?? 0 } == 1 })
        let watched = try await server.on { Weak($0.recorders[0].connection) }
        #expect(try await server.on { _ in watched.object != nil })
        try await client.on { connection, _ in connection.close(flushing: false) }
        #expect(try await eventually { try await server.on { _ in watched.object == nil } })
        try await server.stop()
    }
}

/// A reference that does not keep alive. Looked at on one event loop only.
private final class Weak: @unchecked Sendable {
    weak var object: FrameConnection?
    init(_ object: FrameConnection?) { self.object = object }
}
