import Dispatch

/// Where calls block that have no other form: a thread carries them out one after the other, in the order in which they
/// were given, and holds up no executor meanwhile.
///
/// A lane has a thread only while it has a call, and one lane does not wait for another. Nothing takes a thread out of
/// the kernel: who must be able to end a call has it wait for a descriptor, too.
package struct BlockingLane: Sendable {
    private let queue: DispatchQueue

    /// - Parameter name: seen in a debugger.
    package init(_ name: String) { queue = DispatchQueue(label: name) }

    /// Has it carried out; what comes of it.
    @discardableResult
    package func begin<Value: Sendable>(_ call: @escaping @Sendable () -> Value) -> Later<Value> {
        let result = Later<Value>()
        queue.async { result.set(call()) }
        return result
    }

    /// Has it carried out, and waits for it.
    package func run<Value: Sendable, Failure: Error>(
        _ call: @escaping @Sendable () throws(Failure) -> Value
    ) async throws(Failure) -> Value {
        try await begin { Result { () throws(Failure) in try call() } }.value.get()
    }

    /// Blocks until all that was given is carried out: for who is in a lane of his own.
    package func join() { queue.sync {} }
}
