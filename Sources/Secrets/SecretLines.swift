import CLISupport
import ChatProtocol
import Glibc
import System

/// Passwords and invites that no person types: lines of a file or of standard input, without their line ends; never of the
/// arguments or the environment, where others could see them. A pipe is waited for in a lane.
package enum SecretLines {
    /// Bytes that a file with a secret may have.
    private static let fileLimit = 64 << 10

    /// The first line of a file.
    ///
    /// - Throws: 66 where it cannot be read.
    package static func first(of file: String) async throws(Problem) -> [UInt8] {
        withoutReturn(try await contents(of: file).prefix { $0 != 0x0a })
    }

    /// The first line of a file, without what a mail or an editor has put around it.
    package static func firstWord(of file: String) async throws(Problem) -> [UInt8] {
        trimmed(Array(trimmed(try await contents(of: file)).prefix { $0 != 0x0a }))
    }

    /// The first lines of standard input. What stands behind them is left there.
    ///
    /// - Throws: 64 where it has fewer; 74.
    package static func ofStandardInput(_ count: Int) async throws(Problem) -> [[UInt8]] {
        let lane = BlockingLane("input")
        var lines: [[UInt8]] = []
        do throws(SystemError) {
            while lines.count < count, let line = try await lane.run(nextLine) { lines.append(line) }
        } catch { throw Problem(.inputOutput, "cannot read standard input: \(error.text)") }
        guard lines.count == count else {
            throw Problem(.usage, "standard input has \(lines.count) of the \(count) lines that are needed")
        }
        return lines.enumerated().map { withoutReturn(($0 == 0 ? ByteOrderMark.dropped(from: $1) : $1)[...]) }
    }

    /// A word without the blanks and line ends around it.
    package static func trimmed(_ secret: [UInt8]) -> [UInt8] {
        let isBlank = { (byte: UInt8) in [0x20, 0x09, 0x0a, 0x0d].contains(byte) }
        guard let last = secret.lastIndex(where: { !isBlank($0) }) else { return [] }
        return Array(secret[...last].drop(while: isBlank))
    }

    /// What is said where there is neither a file nor somebody to ask.
    package static var nobodyToAsk: Problem {
        Problem(
            .inputNeeded, "a password is needed and nobody can be asked",
            hint: "use --password-stdin or --password-file")
    }

    private static func contents(of file: String) async throws(Problem) -> [UInt8] {
        do throws(SystemError) {
            return ByteOrderMark.dropped(from: try await SmallFile.awaited(file, limit: fileLimit))
        } catch  where error.isOfMissingFile {
            throw Problem(.missingFile, "\(file): no such file")
        } catch { throw Problem(.missingFile, "\(file): \(error.text)") }
    }

    /// Byte by byte: what stands behind the line is not ours. One that no secret can be is cut.
    private static func nextLine() throws(SystemError) -> [UInt8]? {
        var line: [UInt8] = []
        while line.count <= fileLimit {
            guard let byte = try Descriptor.read(STDIN_FILENO, limit: 1).get().first else {
                return line.isEmpty ? nil : line
            }
            if byte == 0x0a { break }
            line.append(byte)
        }
        return line
    }

    private static func withoutReturn(_ line: ArraySlice<UInt8>) -> [UInt8] {
        Array(line.last == 0x0d ? line.dropLast() : line)
    }
}
