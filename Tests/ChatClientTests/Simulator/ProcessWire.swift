import ChatProtocol
import NIOCore
import Synchronization
import Transport

@testable import ChatClient

/// What stands between one process and the server: requests are held until they are let go, one of them or its answer is lost, or nothing
/// goes through any more since the process was killed.
final class ProcessWire: Sendable {
    enum Loss: Equatable, Sendable {
        /// With the connection; counted from 1.
        case request(Int)
        case answer(Int)
    }

    private struct State {
        var loss: Loss?
        var isHolding: Bool
        var isCut = false
        var requests = 0
        /// Requests that the server has, without an answer.
        var underWay = 0
        var held: [NIOLoopBound<SimulatedConnection>] = []
        var connections: [NIOLoopBound<SimulatedConnection>] = []
    }

    enum Passing { case goes, losesAnswer, waits, isLost }

    private let state: Mutex<State>
    let life: ServerLife

    init(losing loss: Loss?, isHolding: Bool, life: ServerLife) {
        state = Mutex(State(loss: loss, isHolding: isHolding))
        self.life = life
        life.add(self)
    }

    /// How many requests there were.
    var requests: Int { state.withLock { $0.requests } }
    /// It goes on when it is let.
    var isWaiting: Bool { state.withLock { !$0.held.isEmpty && $0.underWay == 0 } }
    var hasHeld: Bool { state.withLock { !$0.held.isEmpty } }
    /// As when the process is killed.
    var isCut: Bool { state.withLock { $0.isCut } }

    func line(_ connection: FrameConnection) -> any LinkConnection { SimulatedConnection(connection, self) }

    func cut() {
        state.withLock { $0.isCut = true }
        closeAll()
    }

    /// As when the server is killed.
    func closeAll() {
        let connections = state.withLock { state in
            state.held = []
            return state.connections
        }
        ClientLoop.eventLoop.execute { for connection in connections { connection.value.close(flushing: false) } }
    }

    /// Lets the next request go.
    func letGo() {
        let next = state.withLock { state -> NIOLoopBound<SimulatedConnection>? in
            guard !state.held.isEmpty else { return nil }
            return state.held.removeFirst()
        }
        if let next { ClientLoop.eventLoop.execute { next.value.sendHeld() } }
    }

    /// Holds nothing from now on.
    func letAllGo() {
        let held = state.withLock { state in
            defer { state.held = [] }
            state.isHolding = false
            return state.held
        }
        ClientLoop.eventLoop.execute { for connection in held { connection.value.sendHeld() } }
    }

    // MARK: What a connection tells

    func opened(_ connection: SimulatedConnection) {
        let bound = NIOLoopBound(connection, eventLoop: connection.eventLoop)
        state.withLock { $0.connections.append(bound) }
    }

    func meets(_ kind: FrameKind, _ body: [UInt8], on connection: SimulatedConnection) -> Passing {
        if kind == .foundGroup { life.foundings.note(body) }
        let bound = NIOLoopBound(connection, eventLoop: connection.eventLoop)
        return state.withLock { state in
            state.requests += 1
            switch state.loss {
            case .request(state.requests):
                state.loss = nil
                return .isLost
            case .answer(state.requests):
                state.loss = nil
                return .losesAnswer
            default: break
            }
            guard state.isHolding else { return .goes }
            state.held.append(bound)
            return .waits
        }
    }

    func sent() { state.withLock { $0.underWay += 1 } }
    func answered() { state.withLock { $0.underWay -= 1 } }

    func closed(_ connection: SimulatedConnection, unanswered: Int) {
        state.withLock { state in
            state.underWay -= unanswered
            state.held.removeAll { $0.value === connection }
            state.connections.removeAll { $0.value === connection }
        }
    }
}

/// The foundings that anybody has sent, by which the simulator follows each incarnation from its beginning.
final class FoundingBook: Sendable {
    private let infos = Mutex<[MessageID: [UInt8]]>([:])

    func note(_ body: [UInt8]) {
        guard
            let request = try? RawFrame(kind: FrameKind.foundGroup.rawValue, correlation: 1, body: body).decode(
                FoundGroup.self)
        else { return }
        infos.withLock { $0[request.id] = request.founding }
    }

    func info(_ id: MessageID) -> [UInt8]? { infos.withLock { $0[id] } }
}
