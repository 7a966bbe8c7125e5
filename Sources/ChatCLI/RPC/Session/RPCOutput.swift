import CLISupport
import ChatClient
import Synchronization
import System

/// What waits for standard output: answers and events, in the order in which they were put here. What comes while a
/// write goes on is the next write, so that many answers share one.
final class RPCOutput: Sendable {
    private struct State {
        var pending: [UInt8] = []
        /// Bytes that a write has taken.
        var inWrite = 0
        var isBroken = false

        var waiting: Int { pending.count + inWrite }
    }

    private let output: Output
    private let state = Mutex(State())
    private let room = Gate(isOpen: true)
    private let empty = Gate(isOpen: true)
    private let broken: @Sendable (Problem) -> Void

    /// - Parameter broken: called once, where the output cannot be written.
    init(_ output: Output, broken: @escaping @Sendable (Problem) -> Void) {
        self.output = output
        self.broken = broken
    }

    /// Adds a line. It is taken whatever waits already: who makes lines asks for room first.
    func put(_ object: JSONObject) { put(object.bytes) }

    /// - Parameter line: without its newline.
    func put(_ line: [UInt8]) {
        let starts = state.withLock { state in
            guard !state.isBroken else { return false }
            let isIdle = state.waiting == 0
            state.pending += line
            state.pending.append(0x0a)
            setGates(state)
            return isIdle
        }
        if starts { Task { await self.write() } }
    }

    /// Returns when less waits than may.
    func waitForRoom() async { await room.pass() }

    /// Returns when everything that was put here was handed to the kernel.
    func waitUntilWritten() async { await empty.pass() }

    /// Runs while there is something; one at a time.
    private func write() async {
        while let bytes = next() {
            do throws(Problem) {
                try await output.writeAside(bytes: bytes)
            } catch {
                state.withLock { state in
                    state.isBroken = true
                    state.pending = []
                }
                broken(error)
            }
            state.withLock { state in
                state.inWrite = 0
                setGates(state)
            }
        }
    }

    /// What is to be written now; nil where nothing waits.
    private func next() -> [UInt8]? {
        state.withLock { state in
            guard !state.pending.isEmpty else { return nil }
            let bytes = state.pending
            state.pending = []
            state.inWrite = bytes.count
            return bytes
        }
    }

    private func setGates(_ state: State) {
        room.set(isOpen: state.waiting < RPCLimits.waitingBytes)
        empty.set(isOpen: state.waiting == 0)
    }
}
