import CLISupport
import ChatProtocol
import Foundation
import Logging
import Synchronization
import TestSupport
import Testing

@testable import ChatClient

/// What befalls a process.
enum Fate: Equatable, Sendable, CustomStringConvertible {
    case none
    case loses(ProcessWire.Loss)
    /// It is killed before this statement of its store, counted from its begin.
    case killed(Int)

    var description: String {
        switch self {
        case .none: ""
        case .loses(.request(let number)): " [request \(number) lost]"
        case .loses(.answer(let number)): " [answer \(number) lost]"
        case .killed(let statement): " [killed before statement \(statement)]"
        }
    }
}

/// A device of somebody: a home, on which processes begin and end.
final class SimulatedDevice: Sendable {
    let account: UserName
    let number: Int
    let server: ServerAddress
    private let home: Mutex<Scratch>

    init(of account: UserName, number: Int, at server: ServerAddress) throws {
        self.account = account
        self.number = number
        self.server = server
        home = Mutex(try Scratch())
    }

    var name: String { "\(account)/\(number)" }

    var storeFile: String {
        get throws {
            let paths = Self.paths(home.withLock { $0 })
            return ProfileDirectory(paths: paths, profile: try #require(UserName("default"))).storeFile
        }
    }

    static func paths(_ home: Scratch) -> Paths {
        let path = home.url.path
        return Paths(configuration: path + "/config/chat", data: path + "/data/chat", state: path + "/state/chat")
    }

    func client(on line: @escaping LinkLine = { $0 }) throws -> Client {
        var log = Logger(label: name)
        log.logLevel = ProcessInfo.processInfo.environment["CHAT_SIM_LOG"] == nil ? .critical : .debug
        let settings = ClientSettings(
            paths: Self.paths(home.withLock { $0 }), profile: try #require(UserName("default")),
            requestedServer: server, trust: .acceptNew, connectTimeout: .patience)
        return Client(settings: settings, log: log, line: line)
    }

    /// What a killed process has left is what the next one begins with. The killed one may go on with what it had.
    func takeOver(_ image: StoreImage) throws {
        let former = home.withLock { $0 }
        let fresh = try Scratch()
        let files = FileManager.default
        for folder in ["config", "data", "state"] {
            let path = former.url.path + "/" + folder
            guard files.fileExists(atPath: path) else { continue }
            // The store is that of the image.
            try FileCopy.makeFolder(of: path, at: fresh.url.path + "/" + folder) { $0.contains("/store.sqlite") }
        }
        let store = ProfileDirectory(paths: Self.paths(fresh), profile: try #require(UserName("default"))).storeFile
        try image.put(at: store)
        home.withLock { $0 = fresh }
    }
}

/// One process of a device, from its begin to its end.
final class SimulatedProcess: Sendable {
    typealias Body = @Sendable (Client) async throws(Problem) -> String

    let device: SimulatedDevice
    let fate: Fate
    let wire: ProcessWire
    private let client: Client
    /// What the trace of its store refers to.
    private let image: StoreImage?
    private let outcome = Mutex<Result<String, Problem>?>(nil)
    private let task = Mutex<Task<Void, Never>?>(nil)

    private init(_ device: SimulatedDevice, _ fate: Fate, _ wire: ProcessWire, _ client: Client, _ image: StoreImage?) {
        self.device = device
        self.fate = fate
        self.wire = wire
        self.client = client
        self.image = image
    }

    static func start(
        on device: SimulatedDevice, _ fate: Fate, isHolding: Bool, life: ServerLife, _ body: @escaping Body
    ) async throws -> SimulatedProcess {
        var loss: ProcessWire.Loss?
        if case .loses(let what) = fate { loss = what }
        let wire = ProcessWire(losing: loss, isHolding: isHolding, life: life)
        let client = try device.client { wire.line($0) }
        var image: StoreImage?
        if case .killed(let statement) = fate { image = try await client.image(before: statement, wire) }
        let process = SimulatedProcess(device, fate, wire, client, image)
        let task = Task { await process.run(body) }
        process.task.withLock { $0 = task }
        return process
    }

    private func run(_ body: Body) async {
        let end: Result<String, Problem>
        do throws(Problem) { end = .success(try await body(client)) } catch { end = .failure(error) }
        if !wire.isCut { await client.settle() }
        await client.close()
        // What goes on of it must not find the image, which goes with this.
        if image != nil { await client.endImage() }
        outcome.withLock { $0 = end }
    }

    /// Killed, or at its end.
    var isOver: Bool { wire.isCut || outcome.withLock { $0 != nil } }
    /// Ends what remains of a process that was killed.
    func bury() async {
        let task = task.withLock { $0 }
        task?.cancel()
        await task?.value
    }

    /// How it ended; nil: it was killed, and the device goes on from what that has left.
    func end() throws -> Result<String, Problem>? {
        guard wire.isCut else { return outcome.withLock { $0 } }
        if let image { try device.takeOver(image) }
        return nil
    }
}

extension Client {
    fileprivate func endImage() {
        try? store { StoreImage.end(of: $0.database) }
    }

    fileprivate func image(before statement: Int, _ wire: ProcessWire) throws -> StoreImage {
        try store { try StoreImage(before: statement, of: $0.database) { wire.cut() } }
    }
}
