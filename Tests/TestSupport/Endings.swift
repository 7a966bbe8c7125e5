#if canImport(Testing)
    import Synchronization
    import Testing

    /// What ends what a test has started (a server, a client), whether the test comes to its last line or not.
    package final class Endings: Sendable {
        /// Of the test that runs.
        @TaskLocal package static var current: Endings?

        private let bodies = Mutex<[@Sendable () async -> Void]>([])

        /// `body` is called once, after the test. Without `.endsWhatItStarts` the test fails here.
        package static func add(_ body: @escaping @Sendable () async -> Void) {
            guard let current else {
                Issue.record("a test that starts servers or clients belongs in a suite that is `.endsWhatItStarts`")
                return
            }
            current.bodies.withLock { $0.append(body) }
        }

        /// Ends all, the newest first.
        func end() async {
            while let body = bodies.withLock({ $0.popLast() }) { await body() }
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
                await endings.end()
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
        /// What a test has started is ended after it, at the latest when five minutes are over.
        package static var endsWhatItStarts: Self { .endsWhatItStarts(within: .seconds(300)) }

        package static func endsWhatItStarts(within limit: Duration) -> Self { Self(limit: limit) }
    }
#endif
