/// Tries `condition` again until it holds or `deadline` has passed, and returns the last answer.
///
/// Tests wait for conditions, never for a time; on a slow machine only the deadline is reached later.
package func eventually(
    within deadline: Duration = .seconds(60), every pause: Duration = .milliseconds(10),
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
