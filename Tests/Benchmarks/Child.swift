@preconcurrency import Foundation
import System
import Transport

/// A process started by this one.
struct Child {
    let id: pid_t
    /// Its stdout, where it is not a file.
    private let pipe: Int32?

    struct Failed: Error, CustomStringConvertible {
        var description: String
    }

    /// How it ended.
    struct End {
        /// Its exit status, nil after a signal.
        var status: Int32?
        /// CPU seconds.
        var cpu: Double
    }

    /// Starts `program`. What is not given a file is as here: its stdout in a pipe. Signals are not blocked in it, though
    /// they are in the threads here.
    init(
        _ program: String, _ arguments: [String], environment: [String]? = nil, input: String? = nil,
        output: String? = nil, log: String? = nil
    ) throws {
        var ends: [Int32] = [-1, -1]
        guard output != nil || Foundation.pipe(&ends) == 0 else { throw Failed(description: "no pipe") }
        defer { close(ends[1]) }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        if let input { posix_spawn_file_actions_addopen(&actions, 0, input, O_RDONLY, 0) }
        if let output {
            posix_spawn_file_actions_addopen(&actions, 1, output, O_WRONLY, 0)
        } else {
            posix_spawn_file_actions_adddup2(&actions, ends[1], 1)
        }
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
        pipe = output == nil ? ends[0] : nil
    }

    /// A line that it prints, without its end.
    func readLine() -> String {
        var line: [UInt8] = []
        var byte: UInt8 = 0
        while let pipe, read(pipe, &byte, 1) == 1 && byte != UInt8(ascii: "\n") { line.append(byte) }
        return String(decoding: line, as: UTF8.self)
    }

    /// All that it prints.
    func readAll() -> String {
        var text: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 64 << 10)
        while let pipe, case let count = read(pipe, &buffer, buffer.count), count > 0 { text += buffer[..<count] }
        return String(decoding: text, as: UTF8.self)
    }

    /// Waits for its end.
    @discardableResult
    func end() -> End {
        var status: Int32 = 0
        var usage = rusage()
        while wait4(id, &status, 0, &usage) < 0 && errno == EINTR {}
        if let pipe { close(pipe) }
        let cpu = [usage.ru_utime, usage.ru_stime].reduce(0) { $0 + Double($1.tv_sec) + Double($1.tv_usec) / 1e6 }
        return End(status: status & 0x7f == 0 ? (status >> 8) & 0xff : nil, cpu: cpu)
    }
}
