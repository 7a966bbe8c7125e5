@preconcurrency import Foundation
import System
import Transport

/// A process started by this one.
struct Child {
    let id: pid_t
    /// Its stdout.
    let output: Int32

    struct Failed: Error, CustomStringConvertible {
        var description: String
    }

    /// Starts `program` with its stdout in a pipe, and its stderr in the file `log` if one is named. Signals are not blocked in it, though they are in the threads here.
    init(_ program: String, _ arguments: [String], environment: [String]? = nil, log: String? = nil) throws {
        var ends: [Int32] = [0, 0]
        guard pipe(&ends) == 0 else { throw Failed(description: "no pipe") }
        defer { close(ends[1]) }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, ends[1], 1)
        if let log { posix_spawn_file_actions_addopen(&actions, 2, log, O_CREAT | O_WRONLY | O_APPEND, 0o600) }
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var none = sigset_t()
        var broken = sigset_t()
        sigemptyset(&none)
        sigemptyset(&broken)
        sigaddset(&broken, SIGPIPE)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setsigdefault(&attributes, &broken)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))
        var words = ([program] + arguments).map { strdup($0) } + [nil]
        defer { for word in words { free(word) } }
        var settings = environment.map { $0.map { strdup($0) } + [nil] } ?? []
        defer { for setting in settings { free(setting) } }
        var id: pid_t = 0
        let result = settings.withUnsafeMutableBufferPointer {
            posix_spawn(&id, program, &actions, &attributes, &words, environment == nil ? environ : $0.baseAddress)
        }
        guard result == 0 else {
            close(ends[0])
            throw Failed(description: "cannot start \(program): \(SystemError.text(result))")
        }
        self.id = id
        output = ends[0]
    }

    /// Waits for its end and returns its exit status, nil after a signal.
    @discardableResult
    func wait() -> Int32? {
        var status: Int32 = 0
        while waitpid(id, &status, 0) < 0 && errno == EINTR {}
        return status & 0x7f == 0 ? (status >> 8) & 0xff : nil
    }
}

/// A server in a process of its own, whose CPU time and memory can be read from outside.
final class ServerProcess {
    typealias Failed = Child.Failed

    private let child: Child
    /// Where it listens, from its line `listening HOST:PORT SHA256:…`.
    let address: NetworkAddress
    let pin: PublicKeyPin

    /// Starts `program` and waits for its line.
    init(_ program: String, _ arguments: [String], log: String? = nil) throws {
        child = try Child(program, arguments, log: log)
        var line: [UInt8] = []
        var byte: UInt8 = 0
        while read(child.output, &byte, 1) == 1 && byte != UInt8(ascii: "\n") { line.append(byte) }
        let words = String(decoding: line, as: UTF8.self).split(separator: " ")
        guard words.count == 3, words[0] == "listening", let colon = words[1].lastIndex(of: ":"),
            let port = Int(words[1][words[1].index(after: colon)...]), let pin = PublicKeyPin(words[2])
        else {
            kill(child.id, SIGTERM)
            throw Failed(description: "\(program) did not say where it listens")
        }
        address = NetworkAddress(host: String(words[1][..<colon]), port: port)
        self.pin = pin
    }

    /// CPU time of all its threads so far, seconds.
    func cpuSeconds() throws -> Double {
        var clock = clockid_t()
        var time = timespec()
        guard clock_getcpuclockid(child.id, &clock) == 0, clock_gettime(clock, &time) == 0 else {
            throw Failed(description: "the CPU time of the server cannot be read; has it ended?")
        }
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }

    /// Memory that it holds, KiB.
    func residentKiB() throws -> Double {
        let text = try String(contentsOfFile: "/proc/\(child.id)/smaps_rollup", encoding: .utf8)
        guard let line = text.split(separator: "\n").first(where: { $0.hasPrefix("Rss:") }),
            let number = line.split(separator: " ").dropFirst().first, let kibibytes = Double(number)
        else { throw Failed(description: "the memory of the server cannot be read") }
        return kibibytes
    }

    func stop() {
        kill(child.id, SIGTERM)
        child.wait()
        close(child.output)
    }
}
