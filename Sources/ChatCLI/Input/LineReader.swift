import Glibc
import System

/// A line of an input, counted from 1.
struct InputLine: Equatable, Sendable {
    enum Content: Equatable, Sendable {
        /// Without its newline.
        case bytes([UInt8])
        /// More bytes than a line may have; they were skipped.
        case tooLong
    }
    var number: Int
    var content: Content

    /// As a line of text: one CR before the newline belongs to the line's end.
    var text: Content {
        guard case .bytes(let bytes) = content, bytes.last == 0x0d else { return content }
        return .bytes(bytes.dropLast())
    }
}

/// Cuts a stream of bytes into lines, in bounded memory: a plain value, so that tests cut where they like.
struct LineSplitter {
    /// Bytes that a line may have without its newline.
    let limit: Int
    private var pending: [UInt8] = []
    private var isSkipping = false
    private var number = 0

    init(limit: Int) { self.limit = limit }

    /// Takes the next bytes and gives the lines that they complete.
    mutating func take(_ bytes: [UInt8]) -> [InputLine] {
        var lines: [InputLine] = []
        var rest = bytes[...]
        while let end = rest.firstIndex(of: 0x0a) {
            append(rest[..<end])
            lines.append(finishLine())
            rest = rest[(end + 1)...]
        }
        append(rest)
        return lines
    }

    /// At the end of the input: a last line without its newline counts, too.
    mutating func finish() -> InputLine? {
        pending.isEmpty && !isSkipping ? nil : finishLine()
    }

    private mutating func append(_ bytes: ArraySlice<UInt8>) {
        guard !isSkipping else { return }
        if pending.count + bytes.count > limit {
            isSkipping = true
            pending = []
        } else {
            pending += bytes
        }
    }

    private mutating func finishLine() -> InputLine {
        defer {
            pending = []
            isSkipping = false
        }
        number += 1
        return InputLine(number: number, content: isSkipping ? .tooLong : .bytes(pending))
    }
}

/// Reads lines of a descriptor as they come, no more than is asked for, without holding up the caller's executor.
actor LineReader {
    private static let chunk = 64 << 10

    private let descriptor: Int32
    private var splitter: LineSplitter
    private var lines: [InputLine] = []
    private var next = 0
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
        return lines[next]
    }
}
