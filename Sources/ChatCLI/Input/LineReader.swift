import Glibc
import System
import WireCodec

/// A line of an input, counted from 1.
struct InputLine: Equatable, Sendable {
    var number: Int
    var content: LineSplitter.Line

    /// As a line of text: one CR before the newline belongs to the line's end.
    var text: LineSplitter.Line {
        guard case .bytes(let bytes) = content, bytes.last == 0x0d else { return content }
        return .bytes(bytes.dropLast())
    }
}

/// Reads lines of a descriptor as they come, no more than is asked for, without holding up the caller's executor.
actor LineReader {
    private static let chunk = 64 << 10

    private let descriptor: Int32
    private var splitter: LineSplitter
    private var lines: [LineSplitter.Line] = []
    private var next = 0
    private var number = 0
    private var isAtEnd = false
    private let lane = BlockingLane("input")

    init(descriptor: Int32 = STDIN_FILENO, limit: Int) {
        self.descriptor = descriptor
        splitter = LineSplitter(limit: limit)
    }

    /// The next line; nil at the end.
    func nextLine() async throws(SystemError) -> InputLine? {
        while next == lines.count {
            guard !isAtEnd else { return nil }
            let bytes = try await lane.run { [descriptor] () throws(SystemError) in
                try Descriptor.read(descriptor, limit: Self.chunk).get()
            }
            next = 0
            if bytes.isEmpty {
                isAtEnd = true
                lines = splitter.finish().map { [$0] } ?? []
            } else {
                lines = splitter.take(bytes)
            }
        }
        defer { next += 1 }
        number += 1
        return InputLine(number: number, content: lines[next])
    }
}
