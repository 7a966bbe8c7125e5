extension Duration {
    /// How long tests wait for what has to come: a machine that is slow and busy does not fail them.
    package static let patience = Duration.seconds(180)
    /// After so long a test is taken to hang, and is ended.
    package static let endurance = Duration.seconds(1_200)
}

/// Tries `condition` again until it holds or `deadline` has passed, and returns the last answer.
///
/// Tests wait for conditions, never for a time; on a slow machine only the deadline is reached later.
package func eventually(
    within deadline: Duration = .patience, every pause: Duration = .milliseconds(10),
    _ condition: () async throws -> Bool
) async rethrows -> Bool {
    let clock = ContinuousClock()
    let end = clock.now + deadline
    while true {
        if try await condition() { return true }
        guard clock.now < end else { return false }
        try? await clock.sleep(for: pause)
    }
}

/// Gives `body` a time, and a longer one where it came to nothing in it: for what has to be over at its time, but not before it
/// has got somewhere.
package func withMoreTime<Value>(_ body: (Duration) async throws -> Value?) async rethrows -> Value? {
    for time in [.milliseconds(300), .seconds(2), .seconds(10), .seconds(60)] as [Duration] {
        if let value = try await body(time) { return value }
    }
    return nil
}
