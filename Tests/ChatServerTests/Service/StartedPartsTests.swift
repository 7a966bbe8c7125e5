import CLISupport
import Glibc
import Logging
import Synchronization
import TestSupport
import Testing
import Transport

@testable import ChatServer

/// What was started ends, however far the start came.
@Suite struct StartedPartsTests {
    @Test func `what was started last ends first`() async {
        let told = Mutex<[Int]>([])
        var parts = StartedParts()
        for number in 1...3 { parts.add { told.withLock { $0.append(number) } } }
        await parts.end()
        #expect(told.withLock { $0 } == [3, 2, 1])
    }

    @Test func `a start that fails leaves nothing behind`() async throws {
        let scratch = try Scratch()
        let directory = DataDirectory(scratch.url.path + "/data")
        try directory.create()
        let port = try ReservedPort()
        // The control socket is the last step: what lies in its place cannot be removed.
        #expect(mkdir(directory.control, 0o700) == 0)
        await #expect(throws: (any Error).self) { try await start(directory, port) }
        #expect(filesOpen(below: directory.path) == 0)
        #expect(rmdir(directory.control) == 0)
        let service = try await start(directory, port)
        #expect(service.addresses.map(\.port) == [port.number])
        await service.end()
        #expect(filesOpen(below: directory.path) == 0)
    }

    private func start(_ directory: DataDirectory, _ port: ReservedPort) async throws -> RunningService {
        var log = Logger(label: "test")
        log.logLevel = .critical
        return try await RunningService.start(
            ServerConfiguration(file: Configuration(file: "chatd.conf")), in: directory,
            at: [NetworkAddress(host: "127.0.0.1", port: port.number)], log: log, restart: {})
    }

    /// How many files below `path` this process has open.
    private func filesOpen(below path: String) -> Int {
        let limit = Int32(clamping: sysconf(Int32(_SC_OPEN_MAX)))
        return (0..<min(limit, 4_096)).count { descriptor in
            var target = [UInt8](repeating: 0, count: Int(PATH_MAX))
            let length = readlink("/proc/self/fd/\(descriptor)", &target, target.count)
            return length > 0 && target.starts(with: Array((path + "/").utf8))
        }
    }
}
