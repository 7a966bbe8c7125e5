import CLISupport
import Synchronization
import System

/// Answers that may be of any size: a few are made at a time, and only while the output has room, so that a caller that
/// asks for a thousand and reads none costs no memory.
final class LargeAnswers: Sendable {
    private struct State {
        var free = RPCLimits.largeAnswers
        var waiting: [Later<Void>] = []
    }

    private let output: RPCOutput
    private let state = Mutex(State())

    init(output: RPCOutput) { self.output = output }

    /// Makes an answer in its turn, and gives it.
    func answer(_ reply: RPCReply, _ make: () async throws(RPCError) -> JSONValue) async {
        await enter()
        await output.waitForRoom()
        do throws(RPCError) {
            let value = try await make()
            guard value.bytes.count <= RPCLimits.answer else { throw .tooLarge("the answer has") }
            reply.succeed(value)
        } catch {
            reply.fail(error)
        }
        leave()
    }

    private func enter() async {
        let turn = Later<Void>()
        state.withLock { state in
            guard state.free > 0 else { return state.waiting.append(turn) }
            state.free -= 1
            turn.set()
        }
        await turn.value
    }

    private func leave() {
        state.withLock { state -> Later<Void>? in
            guard state.waiting.isEmpty else { return state.waiting.removeFirst() }
            state.free += 1
            return nil
        }?.set()
    }
}
