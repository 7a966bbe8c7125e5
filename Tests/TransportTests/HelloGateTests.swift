import NIOCore
import TestSupport
import Testing

@testable import Transport

@Suite struct HelloGateTests {
    private func record(_ content: [UInt8], type: UInt8 = 22) -> [UInt8] {
        [type, 3, 1, UInt8(content.count >> 8), UInt8(content.count & 0xff)] + content
    }

    /// The beginning of a message of so many bytes.
    private func hello(_ length: Int) -> [UInt8] {
        [1, UInt8(length >> 16), UInt8(length >> 8 & 0xff), UInt8(length & 0xff)]
    }

    private func admits(_ bytes: [UInt8], limit: Int = 100) -> Bool {
        var whole = HelloGate(limit: limit)
        let verdict = whole.admits(bytes)
        // However the bytes come, the verdict is the same.
        var single = HelloGate(limit: limit)
        #expect(bytes.allSatisfy { single.admits([$0]) } == verdict)
        return verdict
    }

    @Test func `a message is judged by the length that it announces`() {
        #expect(admits([]))
        #expect(admits(record(hello(100) + [UInt8](repeating: 9, count: 100))))
        #expect(!admits(record(hello(101))))
        #expect(!admits(record(hello(131_000))))
        #expect(admits(record(hello(131_000)), limit: 131_000))
    }

    @Test func `cutting it into records hides nothing`() {
        #expect(!admits(hello(131_000).flatMap { record([$0]) }))
        // Behind an empty record, an alert, a change of cipher, a first hello that was answered by a retry.
        #expect(!admits(record([]) + record([1, 0], type: 21) + record([1], type: 20) + record(hello(131_000))))
        let first = hello(60) + [UInt8](repeating: 255, count: 60)
        #expect(admits(record(Array(first.prefix(9))) + record(Array(first.dropFirst(9))) + record(first)))
        #expect(!admits(record(Array(first.prefix(9))) + record(first.dropFirst(9) + hello(9_000))))
    }

    @Test func `what is encrypted is not judged`() {
        let encrypted = record(hello(3) + [1, 2, 3]) + record(hello(131_000), type: 23)
        #expect(admits(encrypted))
        // Early data that is passed over does not end the judging.
        #expect(!admits(encrypted + record(hello(131_000))))
    }

    @Test func `a stranger who announces a large hello is gone at once`() async throws {
        let server = try await TestServer.start()
        let peer = try RawPeer(server.address)
        peer.send(record(hello(131_000)))
        #expect(
            try await eventually {
                try await server.on { $0.recorders.first?.closes.count == 1 }
            })
        #expect(try await server.on { $0.recorders[0].closes } == [.tls(.refused("a hello that is too large"))])
        peer.close()
        // One of ours passes.
        let client = try await TestClient.connect(to: server.address)
        try await client.send([.sample(0, bytes: 1)])
        #expect(try await eventually { try await server.on { $0.recorders.last?.frames.count == 1 } })
        try await server.stop()
    }
}
