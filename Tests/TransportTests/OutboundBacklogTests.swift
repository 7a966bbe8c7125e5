import NIOCore
import Testing

@testable import Transport

@Suite struct OutboundBacklogTests {
    @Test func `records hold all bytes in order and as many as fit`() {
        var random = SystemRandomNumberGenerator()
        for _ in 0..<200 {
            var backlog = OutboundBacklog()
            var written: [UInt8] = []
            var records: [[UInt8]] = []
            for _ in 0..<Int.random(in: 1...40, using: &random) {
                let bytes = (0..<Int.random(in: 0...150)).map { _ in UInt8.random(in: 0...255, using: &random) }
                written += bytes
                backlog.append(ByteBuffer(bytes: bytes))
            }
            #expect(backlog.bytes == written.count)
            while !backlog.isEmpty { records.append(backlog.takeRecord(of: 100)) }
            #expect(records.flatMap { $0 } == written)
            #expect(records.dropLast().allSatisfy { $0.count == 100 })
        }
    }

    @Test func `a buffer that fills a record alone is not copied`() {
        var backlog = OutboundBacklog()
        let buffer = ByteBuffer(bytes: [UInt8](repeating: 7, count: 64))
        let address = buffer.withUnsafeReadableBytes { $0.baseAddress }
        backlog.append(buffer)
        let staging = UnsafeMutableRawBufferPointer.allocate(byteCount: 100, alignment: 1)
        defer { staging.deallocate() }
        #expect(backlog.takeRecord(staging: staging) { $0.baseAddress } == address)
    }

    @Test func `a backlog that never drains forgets what passed through it`() {
        var backlog = OutboundBacklog()
        for number in 0..<10_000 {
            backlog.append(ByteBuffer(bytes: [UInt8(truncatingIfNeeded: number), 0]))
            backlog.append(ByteBuffer(bytes: [1]))
            _ = backlog.takeRecord(of: 3)
            backlog.append(ByteBuffer(bytes: [2]))
            _ = backlog.takeRecord(of: 1)
        }
        backlog.append(ByteBuffer(bytes: [9]))
        #expect(backlog.bytes == 1)
        for _ in 0..<5000 {
            backlog.append(ByteBuffer(bytes: [9]))
            _ = backlog.takeRecord(of: 1)
        }
        #expect(backlog.most < 8)
    }
}

extension OutboundBacklog {
    fileprivate mutating func takeRecord(of count: Int) -> [UInt8] {
        let staging = UnsafeMutableRawBufferPointer.allocate(byteCount: count, alignment: 1)
        defer { staging.deallocate() }
        return takeRecord(staging: staging) { Array($0) }
    }
}
