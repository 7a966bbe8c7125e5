#if canImport(Testing)
    import Synchronization
    import Testing

    /// What ends what a test has started (a server, a client), whether the test comes to its last line or not.
    package final class Endings: Sendable {
        /// Of the test that runs.
        @TaskLocal package static var current: Endings?

        private typealias Body = @Sendable () async -> Void
        private let state = Mutex<(bodies: [Body], isOver: Bool)>(([], false))

        /// `body` is called once, after the test; at once where its time is over. Without `.endsWhatItStarts` the test fails here.
        package static func add(_ body: @escaping @Sendable () async -> Void) {
            guard let current else {
                Issue.record("a test that starts servers or clients belongs in a suite that is `.endsWhatItStarts`")
                return
            }
            let isOver = current.state.withLock { state in
                if !state.isOver { state.bodies.append(body) }
                return state.isOver
            }
            if isOver { Task { await body() } }
        }

        /// Ends all, the newest first.
        func end() async {
            while let body = state.withLock({ $0.bodies.popLast() }) { await body() }
        }

        /// Ends all, and what is started from now on.
        func endForGood() async {
            state.withLock { $0.isOver = true }
            await end()
        }
    }

    /// Gives each test of a suite a place among those that run a world, and its `Endings`. What a test has started is ended
    /// after it, and when its time is over: then nothing is left that it could wait for.
    package struct EndsWhatItStarts: SuiteTrait, TestTrait, TestScoping {
        let limit: Duration

        package var isRecursive: Bool { true }

        package func provideScope(
            for test: Test, testCase: Test.Case?, performing function: @Sendable () async throws -> Void
        ) async throws {
            try await Places.worlds.occupy { try await run(function) }
        }

        private func run(_ function: @Sendable () async throws -> Void) async throws {
            let endings = Endings()
            let watch = Task {
                try await Task.sleep(for: limit)
                Issue.record("the test is not over after \(limit): what it has started is ended")
                await endings.endForGood()
            }
            let result = await result(of: function, endings)
            watch.cancel()
            await endings.end()
            try result.get()
        }

        private func result(
            of function: @Sendable () async throws -> Void, _ endings: Endings
        ) async -> Result<Void, any Error> {
            do {
                return .success(try await Endings.$current.withValue(endings) { try await function() })
            } catch { return .failure(error) }
        }
    }

    extension Trait where Self == EndsWhatItStarts {
        /// What a test has started is ended after it, at the latest when it has taken too long.
        package static var endsWhatItStarts: Self { .endsWhatItStarts(within: .endurance) }

        package static func endsWhatItStarts(within limit: Duration) -> Self { Self(limit: limit) }
    }
#endif
