import Foundation
import NIOCore
import TestSupport
import Testing

@testable import Transport

/// Answers every line with itself twice and closes at `bye`.
private final class Echo: ControlListenerDelegate {
    var users: [UInt32] = []
    var closed = 0

    func controlConnection(_ connection: ControlConnection, didReceive line: [UInt8]) {
        users.append(connection.user)
        connection.reply(line)
        connection.reply(line)
        if line == Array("bye".utf8) { connection.close() }
    }
    func controlConnectionDidClose(_ connection: ControlConnection) { closed += 1 }
}

@Suite struct ControlTests {
    @Test func `lines go both ways and the kernel says who asks`() async throws {
        try await withListener { path, echo, loop in
            let client = try ControlClient(path: path, timeout: 20)
            let long = [UInt8](repeating: 65, count: ControlConnection.lineLimit)
            try client.send(Array("status".utf8))
            #expect(try client.nextLine() == Array("status".utf8))
            #expect(try client.nextLine() == Array("status".utf8))
            try client.send(long)
            #expect(try client.nextLine() == long)
            #expect(try client.nextLine() == long)
            try client.send(Array("bye".utf8))
            #expect(try client.nextLine() == Array("bye".utf8))
            #expect(try client.nextLine() == Array("bye".utf8))
            #expect(try client.nextLine() == nil)
            #expect(try await loop.submit { echo.value.users }.get() == [geteuid(), geteuid(), geteuid()])
            #expect(try await eventually { try await loop.submit { echo.value.closed }.get() == 1 })
        }
    }

    @Test func `the socket is its owners alone`() async throws {
        try await withListener { path, _, _ in
            var status = stat()
            #expect(lstat(path, &status) == 0)
            #expect(status.st_mode & 0o777 == 0o600)
        }
    }

    @Test func `a path too long for an address still works`() async throws {
        let deep = [String](repeating: String(repeating: "d", count: 60), count: 3).joined(separator: "/")
        try await withListener(under: deep) { path, _, _ in
            #expect(path.utf8.count > 180)
            let client = try ControlClient(path: path, timeout: 20)
            try client.send(Array("x".utf8))
            #expect(try client.nextLine() == Array("x".utf8))
        }
    }

    @Test func `a socket left behind is replaced and a file is not`() async throws {
        let directory = try Scratch()
        let path = directory.path + "/control"
        let left = try UnixSocket.bind(path)
        close(left)
        #expect(throws: ControlError.notRunning(path: path)) { try ControlClient(path: path, timeout: 1) }
        close(try UnixSocket.bind(path))
        unlink(path)
        close(open(path, O_CREAT | O_WRONLY, 0o600))
        #expect(throws: UnixSocket.Failure(errno: EADDRINUSE)) { try UnixSocket.bind(path) }
    }

    @Test func `a line over the limit closes the connection`() async throws {
        try await withListener { path, echo, loop in
            let descriptor = try UnixSocket.connect(path)
            defer { close(descriptor) }
            let chunk = [UInt8](repeating: 65, count: 64 << 10)
            // Writes until the server has closed: at most what a line may have and what the sockets hold.
            var sent = 0
            while send(descriptor, chunk, chunk.count, Int32(MSG_NOSIGNAL)) > 0 { sent += chunk.count }
            #expect(sent < 4 * ControlConnection.lineLimit)
            #expect(try await eventually { try await loop.submit { echo.value.closed }.get() == 1 })
        }
    }

    @Test func `a server that does not run is said to be`() throws {
        #expect(throws: ControlError.notRunning(path: "/nonexistent/control")) {
            try ControlClient(path: "/nonexistent/control", timeout: 1)
        }
    }

    @Test(arguments: ["path", "abstract"]) func `the service manager hears the state`(kind: String) throws {
        let directory = try Scratch()
        let name =
            kind == "path" ? directory.path + "/notify" : "@chat-test-\(getpid())-\(UInt32.random(in: 0...(.max)))"
        var address = UnixSocket.address(name)
        if kind == "abstract" { address.sun_path.0 = 0 }
        let length = socklen_t(2 + name.utf8.count)
        let receiver = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue), 0)
        defer { close(receiver) }
        let bound = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(receiver, $0, length) }
        }
        #expect(bound == 0)
        #expect(ServiceManager.notify("READY=1", socketPath: name))
        var buffer = [UInt8](repeating: 0, count: 64)
        let count = recv(receiver, &buffer, buffer.count, Int32(MSG_DONTWAIT))
        #expect(buffer.prefix(max(count, 0)) == Array("READY=1".utf8)[...])
    }

    @Test(arguments: [nil, "", "relative", "/nonexistent/notify"]) func `without a service manager nothing is sent`(
        path: String?
    ) {
        #expect(!ServiceManager.notify("READY=1", socketPath: path))
    }

    private func withListener(
        under subdirectory: String = "",
        _ body: (String, NIOLoopBound<Echo>, any EventLoop) async throws -> Void
    ) async throws {
        let directory = try Scratch()
        let folder = directory.url.appending(path: subdirectory)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let path = folder.appending(path: "control").path
        let loop = TestServer.group.next()
        let echo = try await loop.submit { NIOLoopBound(Echo(), eventLoop: loop) }.get()
        let listener = try await loop.flatSubmit {
            ControlListener.bind(path, on: loop, delegate: echo.value)
        }.get()
        try await body(path, echo, loop)
        try await listener.close().get()
        #expect(access(path, F_OK) != 0)
    }
}
