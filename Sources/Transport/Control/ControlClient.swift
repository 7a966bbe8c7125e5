import Glibc
import System
import WireCodec

/// The other end of the control socket. It blocks: it is for a command that has nothing else to do.
package final class ControlClient {
    private let descriptor: Int32
    private var splitter = LineSplitter(limit: ControlConnection.lineLimit)
    private var lines: [[UInt8]] = []
    private var isAtEnd = false

    /// Connects to the server at `path`. `timeout` is the longest silence, in seconds, that `nextLine` and `send`
    /// wait through.
    package init(path: String, timeout: Int) throws(ControlError) {
        do {
            descriptor = try UnixSocket.connect(path)
        } catch {
            if [ENOENT, ECONNREFUSED].contains(error.errno) { throw .notRunning(path: path) }
            throw .unavailable(path: path, reason: error.text)
        }
        var limit = timeval(tv_sec: timeout, tv_usec: 0)
        let size = socklen_t(MemoryLayout<timeval>.size)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, size)
        setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &limit, size)
    }

    deinit { Glibc.close(descriptor) }

    /// Sends a line; a newline is added.
    package func send(_ line: [UInt8]) throws(ControlError) {
        guard line.count <= ControlConnection.lineLimit else { throw .lineTooLong }
        var rest = (line + [UInt8(ascii: "\n")])[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes {
                Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else { throw Self.failure(errno) }
            rest = rest.dropFirst(count)
        }
    }

    /// The next line of the answer without its newline; nil at its end.
    package func nextLine() throws(ControlError) -> [UInt8]? {
        var chunk = [UInt8](repeating: 0, count: 16 << 10)
        while lines.isEmpty && !isAtEnd {
            let count = read(descriptor, &chunk, chunk.count)
            if count < 0 && errno == EINTR { continue }
            guard count >= 0 else { throw Self.failure(errno) }
            if count == 0 {
                // A line without its newline was cut off: its sender died.
                guard splitter.remainder.isEmpty else { throw .failed("the answer is incomplete") }
                isAtEnd = true
            }
            for line in splitter.take(chunk[..<count]) {
                guard case .bytes(let bytes) = line else { throw .lineTooLong }
                lines.append(bytes)
            }
            guard !splitter.isTooLong else { throw .lineTooLong }
        }
        return lines.isEmpty ? nil : lines.removeFirst()
    }

    private static func failure(_ number: Int32) -> ControlError {
        number == EAGAIN || number == EWOULDBLOCK ? .timedOut : .failed(SystemError.text(number))
    }
}
