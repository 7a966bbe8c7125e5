import CLISupport
import Glibc
import System
import Transport

/// The file of known servers: `HOST:PORT pin SHA256:…` or `HOST:PORT ca` a line, `#` comments.
struct KnownServers: Equatable, Sendable {
    static let maximumBytes = 1 << 20

    private enum Line: Equatable, Sendable {
        case server(KnownServer)
        case other(String)
    }

    private var lines: [Line] = []

    var servers: [KnownServer] {
        lines.compactMap { if case .server(let server) = $0 { server } else { nil } }
    }

    init() {}

    /// - Throws: `bad_configuration`, with file and line.
    init(parsing bytes: [UInt8], file: String) throws(Problem) {
        let text = String(decoding: ByteOrderMark.dropped(from: bytes), as: UTF8.self)
        var seen: Set<ServerAddress> = []
        var number = 0
        // By bytes: for Swift CR and LF are one character.
        for bytes in text.utf8.split(separator: 0x0a, omittingEmptySubsequences: false) {
            number += 1
            let line = Substring(bytes.last == 0x0d ? bytes.dropLast() : bytes)
            let words = line.split { $0 == " " || $0 == "\t" || $0 == "\r" }
            guard let first = words.first, !first.hasPrefix("#") else {
                lines.append(.other(String(line)))
                continue
            }
            guard let server = Self.server(words), seen.insert(server.address).inserted else {
                throw Problem(
                    .badConfiguration,
                    "\(file):\(number): expected HOST:PORT pin SHA256:… or HOST:PORT ca, each server once",
                    hint: "correct or remove the line")
            }
            lines.append(.server(server))
        }
        while lines.last == .other("") { lines.removeLast() }
    }

    private static func server(_ words: [Substring]) -> KnownServer? {
        guard words.count >= 2, let address = ServerAddress(words[0]) else { return nil }
        if words.count == 2, words[1] == "ca" { return KnownServer(address: address, standing: .authority) }
        guard words.count == 3, words[1] == "pin", let pin = PublicKeyPin(words[2]) else { return nil }
        return KnownServer(address: address, standing: .pin(pin))
    }

    var bytes: [UInt8] {
        var text = ""
        for line in lines {
            switch line {
            case .server(let server): text += "\(server.address) \(server.standing.text)\n"
            case .other(let words): text += words + "\n"
            }
        }
        return Array(text.utf8)
    }

    subscript(address: ServerAddress) -> ServerStanding? {
        get { servers.first { $0.address == address }?.standing }
        set {
            let index = lines.firstIndex {
                if case .server(let server) = $0 { server.address == address } else { false }
            }
            switch (index, newValue) {
            case (let index?, let standing?):
                lines[index] = .server(KnownServer(address: address, standing: standing))
            case (let index?, nil): lines.remove(at: index)
            case (nil, let standing?): lines.append(.server(KnownServer(address: address, standing: standing)))
            case (nil, nil): break
            }
        }
    }
}

/// The file of known servers on disk.
struct KnownServersFile: Sendable {
    let paths: Paths
    /// How long another process may have the file for itself.
    var lockPatience = Duration.seconds(10)
    private var path: String { paths.knownServersFile }

    /// What it says; nothing where there is none.
    func read() throws(Problem) -> KnownServers {
        try PrivateDirectory.refuseForeign(path)
        switch SmallFile.read(path, limit: KnownServers.maximumBytes) {
        case .success(let bytes): return try KnownServers(parsing: bytes, file: path)
        case .failure(let failure) where failure.isOfMissingFile: return KnownServers()
        case .failure(let failure):
            throw Problem(.badConfiguration, "\(path): \(failure.text)", hint: "make the file readable")
        }
    }

    /// Changes it, one process at a time; a reader sees the old or the new whole.
    func update(
        isolation: isolated (any Actor)? = #isolation, _ change: (inout KnownServers) -> Void
    ) async throws(Problem) {
        try PrivateDirectory.create(paths.configuration)
        // The directory itself is what is locked, so that no lock file is left behind.
        let directory = open(paths.configuration, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard directory >= 0 else { throw failure(errno) }
        defer { close(directory) }
        try await lock(directory)
        var servers = try read()
        let before = servers
        change(&servers)
        guard servers != before else { return }
        do throws(OutputFile.Failure) { try OutputFile.replace(path, with: servers.bytes) } catch {
            throw failure(error.number)
        }
    }

    /// Others hold it for a moment; who holds it for longer does not keep us for ever.
    private func lock(
        _ directory: Int32, isolation: isolated (any Actor)? = #isolation
    ) async throws(Problem) {
        let deadline = Monotonic.now + lockPatience
        while true {
            do throws(SystemError) { if try FileLock.take(directory) { return } } catch {
                throw failure(error.number)
            }
            guard Monotonic.now < deadline else {
                throw Problem(
                    .storeBusy, "\(paths.configuration) is locked by another process", hint: "try again", sent: .no)
            }
            try? await Task.sleep(for: .milliseconds(10))
        }
    }

    private func failure(_ number: Int32) -> Problem {
        Problem(
            .cannotCreate, "cannot write \(path): \(SystemError.text(number))",
            hint: "make \(paths.configuration) writable: servers that are trusted are kept there")
    }
}
