import ChatProtocol
import NIOCore
import Testing

@testable import Transport

@Suite struct FrameSplitterTests {
    private let frames = [0, 1, 5, 1000, 0, 300].enumerated().map { RawFrame.sample(UInt32($0), bytes: $1) }
    private var stream: [UInt8] { frames.flatMap(\.wireBytes) }

    @Test(arguments: [1, 2, 3, 7, 8, 9, 10, 64, 4096]) func `how bytes are cut changes nothing`(pieceBytes: Int) throws
    {
        var splitter = FrameSplitter(limit: 4096)
        var found: [RawFrame] = []
        for start in stride(from: 0, to: stream.count, by: pieceBytes) {
            found += try splitter.split(Array(stream[start..<min(start + pieceBytes, stream.count)]))
        }
        #expect(found == frames)
        #expect(!splitter.isMidFrame)
    }

    @Test func `a frame is length kind correlation body`() {
        let bytes: [UInt8] = [0, 0, 0, 6, FrameKind.ping.rawValue, 1, 2, 3, 4, 0xaa]
        let frame = RawFrame(kind: FrameKind.ping.rawValue, correlation: 0x0102_0304, body: [0xaa])
        #expect(frame.wireBytes == bytes)
        var buffer = ByteBuffer(bytes: [1])
        buffer.writeFrame(kind: .ping, correlation: 0x0102_0304, body: [0xaa])
        #expect(Array(buffer.readableBytesView) == [1] + bytes)
    }

    @Test func `every truncation gives the frames before it and says that one has begun`() throws {
        let ends = frames.reduce(into: [0]) { $0.append(($0.last ?? 0) + $1.wireBytes.count) }
        for length in 0...stream.count {
            var splitter = FrameSplitter(limit: 4096)
            let found = try splitter.split(Array(stream[..<length]))
            let whole = ends.lastIndex { $0 <= length } ?? 0
            #expect(found == Array(frames[..<whole]))
            #expect(splitter.isMidFrame == (ends[whole] != length))
        }
    }

    @Test func `a length over the limit is refused as soon as it is known`() throws {
        for length in [101, 4096, 1 << 31, 0xffff_ffff] {
            var splitter = FrameSplitter(limit: 100)
            let error = FrameError.tooLarge(length: length, limit: 100)
            #expect(throws: error) { try splitter.split(bigEndian(UInt32(length))) }
        }
        var splitter = FrameSplitter(limit: 100)
        #expect(try splitter.split(RawFrame.sample(1, bytes: 95).wireBytes).count == 1)
    }

    @Test(arguments: 0..<5) func `a length without room for a head is refused`(length: Int) throws {
        var splitter = FrameSplitter(limit: 100)
        let error = FrameError.tooShort(length: length)
        #expect(throws: error) { try splitter.split(bigEndian(UInt32(length)) + [UInt8](repeating: 0, count: 20)) }
    }

    @Test func `an announced body takes no memory before it comes`() throws {
        var splitter = FrameSplitter(limit: 1 << 20)
        #expect(try splitter.split(bigEndian(1 << 20) + [200, 0, 0, 0, 1, 42]).isEmpty)
        #expect(splitter.reservedBytes < 4096)
    }

    @Test func `a limit raised between frames counts from the next`() throws {
        var splitter = FrameSplitter(limit: 20)
        #expect(try splitter.split(RawFrame.sample(1, bytes: 15).wireBytes).count == 1)
        splitter.limit = 1000
        #expect(try splitter.split(RawFrame.sample(2, bytes: 995).wireBytes).count == 1)
    }

    @Test func `random bytes never do anything but fail or wait`() {
        var random = SystemRandomNumberGenerator()
        for _ in 0..<2000 {
            var splitter = FrameSplitter(limit: 4096)
            let bytes = (0..<Int.random(in: 0...300)).map { _ in UInt8.random(in: 0...255, using: &random) }
            guard let found = try? splitter.split(bytes) else { continue }
            #expect(found.allSatisfy { $0.body.count <= 4091 })
        }
    }

    private func bigEndian(_ number: UInt32) -> [UInt8] { withUnsafeBytes(of: number.bigEndian) { Array($0) } }
}

extension FrameSplitter {
    /// All frames that `bytes` completes.
    mutating func split(_ bytes: [UInt8]) throws(FrameError) -> [RawFrame] {
        var frames: [RawFrame] = []
        // The bytes have to outlive the loop, and a closure cannot throw a typed error through here.
        let copy = UnsafeMutableRawBufferPointer.allocate(byteCount: bytes.count, alignment: 1)
        defer { copy.deallocate() }
        copy.copyBytes(from: bytes)
        var rest = UnsafeRawBufferPointer(copy)
        while let frame = try next(from: &rest) { frames.append(frame) }
        return frames
    }
}
