import Synchronization
import TestSupport

@testable import ChatServer

/// The lives of the server, as those know it who are connected to it: of one that was killed nothing reaches them any more.
final class ServerLife: Sendable {
    private struct State {
        var number = 0
        var isOver = false
        var wires: [Weak] = []
    }

    private struct Weak: Sendable { weak var wire: ProcessWire? }

    let foundings = FoundingBook()
    private let state = Mutex(State())

    var number: Int { state.withLock(\.number) }
    /// It was killed, and does not live again yet.
    var isOver: Bool { state.withLock(\.isOver) }

    func isOver(_ number: Int) -> Bool { state.withLock { $0.isOver || $0.number != number } }

    func add(_ wire: ProcessWire) {
        state.withLock { state in
            state.wires.removeAll { $0.wire == nil }
            state.wires.append(Weak(wire: wire))
        }
    }

    /// Called where the server's store is written.
    func end() {
        let wires = state.withLock { state in
            state.isOver = true
            return state.wires.compactMap(\.wire)
        }
        for wire in wires { wire.closeAll() }
    }

    func begin() {
        state.withLock { state in
            state.number += 1
            state.isOver = false
        }
    }
}

/// The server is killed before a statement of its store, and lives again from what that has left.
extension Simulation {
    /// It will be killed before this statement, counted from now.
    func dooms(at statement: Int) async throws {
        let life = life
        doom = try await server.writing { database in
            try StoreImage(before: statement, of: database) { life.end() }
        }
        tell("the server will be killed before statement \(statement)")
    }

    /// Where it was killed it begins again.
    func reviveServer() async throws {
        guard let doom, doom.isTaken else { return }
        try await server.writing { StoreImage.end(of: $0) }
        await server.stop()
        try doom.put(at: server.storeFile)
        self.doom = nil
        try await server.startAgain()
        life.begin()
        serverKills += 1
        tell("the server was killed and begins again")
    }

    /// It was not killed: so much was not written.
    func sparesServer() async throws {
        guard doom != nil else { return }
        try await server.writing { StoreImage.end(of: $0) }
        // Until then it may have come so far by what it writes on its own.
        try await reviveServer()
        guard doom != nil else { return }
        doom = nil
        tell("the server lives on")
    }
}
