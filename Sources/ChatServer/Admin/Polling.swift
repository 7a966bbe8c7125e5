/// Asking again and again for what nobody tells of.
enum Polling {
    /// What `look` finds first; nil where the time is up, or the task is cancelled. It looks once at the least.
    static func first<Found, Failure: Error>(
        within time: Duration, every pause: Duration = .milliseconds(50), _ look: () async throws(Failure) -> Found?
    ) async throws(Failure) -> Found? {
        let end = ContinuousClock.now + time
        while true {
            if let found = try await look() { return found }
            guard ContinuousClock.now < end else { return nil }
            do { try await Task.sleep(for: pause) } catch { return nil }
        }
    }
}
