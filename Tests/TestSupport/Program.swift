import Foundation

/// What a program left behind.
package struct Outcome: Sendable {
    /// The exit status as a shell sees it: 128 + N for signal N.
    package var status: Int32
    package var output: String
    package var errors: String
}

/// Runs programs with an environment of the test's own, never blocking a thread of the concurrency pool.
///
/// Foundation's `Process` learns of an end by a descriptor that programs started at the same time inherit: one that
/// waits for another then waits for ever. Here a thread waits for each.
package enum Program {
    /// What the system refused when a program was to be started.
    package struct NotStarted: Error {
        package var path: String
        package var errno: Int32
    }

    /// Runs a program to its end, or kills it and all it has started at the deadline (status 137).
    package static func run(
        _ executable: URL, _ arguments: [String], environment: [String: String] = [:], input: Data? = nil,
        in folder: URL? = nil, deadline: Duration = .patience
    ) async throws -> Outcome {
        // Files, not pipes: a grandchild that outlives its parent cannot hold a reader up.
        let scratch = try Scratch()
        let files = ["in", "out", "err"].map { scratch.url.appendingPathComponent($0).path }
        for (file, content) in zip(files, [input ?? Data(), Data(), Data()]) {
            try content.write(to: URL(fileURLWithPath: file))
        }
        let variables = ["PATH": "/usr/local/bin:/usr/bin:/bin", "LC_ALL": "C.UTF-8"].merging(environment) { $1 }
        // `posix_spawn` cannot change the folder in plain POSIX; env(1) can.
        let command = folder.map { ["/usr/bin/env", "-C", $0.path, executable.path] } ?? [executable.path]
        let process = try spawn(command + arguments, variables.map { "\($0)=\($1)" }, files)
        let killer = Task {
            try await Task.sleep(for: deadline)
            kill(-process, SIGKILL)
        }
        let status = await end(of: process)
        killer.cancel()
        return try withExtendedLifetime(scratch) {
            Outcome(
                status: status,
                output: String(decoding: try Data(contentsOf: URL(fileURLWithPath: files[1])), as: UTF8.self),
                errors: String(decoding: try Data(contentsOf: URL(fileURLWithPath: files[2])), as: UTF8.self))
        }
    }

    /// Starts a program in a process group of its own, with the three files as its standard descriptors.
    private static func spawn(_ command: [String], _ environment: [String], _ files: [String]) throws -> pid_t {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        for (descriptor, file) in files.enumerated() {
            let flags = descriptor == 0 ? O_RDONLY : O_WRONLY | O_APPEND
            posix_spawn_file_actions_addopen(&actions, Int32(descriptor), file, flags, 0)
        }
        // Sockets of other tests, which SwiftNIO lets programs inherit, would be held open by whatever runs longer than they:
        // a server could not listen on its port again.
        closeFrom(&actions, 3)

        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var signals = sigset_t()
        sigfillset(&signals)
        posix_spawnattr_setsigdefault(&attributes, &signals)
        sigemptyset(&signals)
        posix_spawnattr_setsigmask(&attributes, &signals)
        let flags = POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK
        posix_spawnattr_setflags(&attributes, Int16(flags))

        var process: pid_t = 0
        var argumentPointers = command.map { strdup($0) } + [nil]
        var environmentPointers = environment.map { strdup($0) } + [nil]
        defer { for pointer in argumentPointers + environmentPointers { free(pointer) } }
        let refused = posix_spawn(&process, command[0], &actions, &attributes, &argumentPointers, &environmentPointers)
        guard refused == 0 else { throw NotStarted(path: command[0], errno: refused) }
        return process
    }

    /// `posix_spawn_file_actions_addclosefrom_np`, which Swift's view of the C library leaves out.
    private static func closeFrom(_ actions: UnsafeMutablePointer<posix_spawn_file_actions_t>, _ first: Int32) {
        typealias Function = @convention(c) (UnsafeMutablePointer<posix_spawn_file_actions_t>, Int32) -> Int32
        guard let symbol = dlsym(nil, "posix_spawn_file_actions_addclosefrom_np") else { return }
        _ = unsafeBitCast(symbol, to: Function.self)(actions, first)
    }

    private static func end(of process: pid_t) async -> Int32 {
        await withCheckedContinuation { continuation in
            Thread.detachNewThread {
                var status: Int32 = 0
                while waitpid(process, &status, 0) == -1 && errno == EINTR {}
                let signal = status & 0x7f
                continuation.resume(returning: signal == 0 ? (status >> 8) & 0xff : 128 + signal)
            }
        }
    }
}
