import CLISupport
import Synchronization

/// The answers to an array of requests: one array, once all are there. A plain value.
struct RPCBatch {
    /// Requests that are not over.
    private var open: Int
    private var answers: [UInt8] = []

    /// - Parameter count: how many requests and notifications.
    init(count: Int) { open = count }

    /// One of them is over.
    ///
    /// - Parameter id: nil: a notification, which has no answer.
    mutating func take(_ result: Result<JSONValue, RPCError>, id: JSONValue?) {
        open -= 1
        guard let id else { return }
        var answer = RPCMessage.answer(result, id: id).bytes
        if answers.count + answer.count > RPCLimits.answer {
            answer = RPCMessage.error(.tooLarge("the answers to this array have"), id: id).bytes
        }
        answers.append(answers.isEmpty ? UInt8(ascii: "[") : UInt8(ascii: ","))
        answers += answer
    }

    /// The line, once all are over; empty where nobody wants one.
    var line: [UInt8]? {
        guard open == 0 else { return nil }
        return answers.isEmpty ? [] : answers + [UInt8(ascii: "]")]
    }
}

/// A batch that is under way.
final class RPCBatchAnswer: Sendable {
    private struct State {
        var batch: RPCBatch
        var later: [@Sendable () -> Void] = []
    }

    private let state: Mutex<State>
    private let finish: @Sendable ([UInt8]) -> Void

    /// - Parameter finish: gets the line once; empty where nobody wants one.
    init(count: Int, finish: @escaping @Sendable ([UInt8]) -> Void) {
        state = Mutex(State(batch: RPCBatch(count: count)))
        self.finish = finish
    }

    func take(_ result: Result<JSONValue, RPCError>, id: JSONValue?, then: (@Sendable () -> Void)?) {
        let (line, later) = state.withLock { state in
            state.batch.take(result, id: id)
            if let then { state.later.append(then) }
            return (state.batch.line, state.later)
        }
        guard let line else { return }
        finish(line)
        for action in later { action() }
    }
}
