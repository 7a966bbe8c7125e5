/// What was started, in its order, and how each part is ended. A start that fails half-way ends what it had begun, and
/// the ordinary stop is the same list.
package struct StartedParts: Sendable {
    private var ends: [@Sendable () async -> Void] = []

    package init() {}

    /// Something was started; `end` ends it, when everything that was started after it has ended.
    package mutating func add(end: @escaping @Sendable () async -> Void) { ends.append(end) }

    /// Ends everything, the newest first.
    package func end() async {
        for end in ends.reversed() { await end() }
    }
}
