import Foundation

/// Commands from fork to exit.
struct OneShot {
    let chat: String
    let home: URL

    struct Result {
        /// Milliseconds of wall time, in ascending order.
        var wall: [Double]
        /// CPU milliseconds of one run, on average.
        var cpu: Double
    }

    /// A profile of its own on the server of `house`, with an account.
    init(chat: String, house: House) throws {
        self.chat = chat
        home = house.directory.appending(path: "home")
        try FileManager.default.createDirectory(
            at: home, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        let password = home.appending(path: "password")
        try "correct horse\n".write(to: password, atomically: true, encoding: .utf8)
        let status = try run([
            "register", "oneshot", "--server", house.server.address.description, "--trust",
            house.server.pin.description, "--password-file", password.path, "--no-input",
        ])
        guard status == 0 else { throw Child.Failed(description: "chat register failed: \(status ?? -1)") }
    }

    func measure(_ arguments: [String], count: Int) throws -> Result {
        var wall: [Double] = []
        let cpu = Self.childrenCPU()
        for _ in 0..<count {
            let start = ContinuousClock.now
            guard try run(arguments) == 0 else { throw Child.Failed(description: "chat \(arguments) failed") }
            wall.append((ContinuousClock.now - start).inSeconds * 1e3)
        }
        return Result(wall: wall.sorted(), cpu: (Self.childrenCPU() - cpu) * 1e3 / Double(count))
    }

    private func run(_ arguments: [String]) throws -> Int32? {
        let child = try Child(
            chat, arguments,
            environment: ["HOME=\(home.path)", "XDG_RUNTIME_DIR=\(home.path)", "PATH=/usr/bin:/bin", "TERM=dumb"])
        defer { close(child.output) }
        return child.wait()
    }

    /// CPU seconds of all children that have ended.
    private static func childrenCPU() -> Double {
        var usage = rusage()
        getrusage(__rusage_who_t(RUSAGE_CHILDREN.rawValue), &usage)
        return [usage.ru_utime, usage.ru_stime].reduce(0) { $0 + Double($1.tv_sec) + Double($1.tv_usec) / 1e6 }
    }
}
