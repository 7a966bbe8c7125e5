import ChatProtocol

/// Why the store did not do what it was asked to.
package struct StoreFailure: Error, Equatable, Sendable, CustomStringConvertible {
    package enum Kind: Sendable, Equatable {
        /// It was looked at and is not to be: what a peer is told. Nothing has happened.
        case refused(Failure)
        /// The disk, or what the store may have of it, is full. Nothing has happened.
        case full
        /// Nothing has happened.
        case failed
        /// Nobody knows whether it has happened.
        case unknown
        /// The store is closed, or closing. Nothing has happened.
        case closed

        // Why a store could not be opened.
        case busy
        case readOnly
        case cannotOpen
        /// Written by a newer version of this program.
        case newer
        case damaged
    }

    package var kind: Kind
    /// For the log; never contains a value that came from outside.
    package var description: String

    package init(_ kind: Kind, _ description: String) {
        self.kind = kind
        self.description = description
    }

    package static func refused(_ failure: Failure) -> StoreFailure {
        StoreFailure(.refused(failure), failure.errorCode?.name ?? "refused")
    }

    package var isUnknown: Bool { kind == .unknown }

    package var refusal: Failure? {
        if case .refused(let failure) = kind { failure } else { nil }
    }

    /// What a peer is told. That nothing was kept is said only where it is certain.
    package var failure: Failure {
        switch kind {
        case .refused(let failure): failure
        case .full: Failure(.storeFull)
        case .closed: Failure(.shuttingDown)
        case .unknown: Failure(.busy, sentence: "the server does not know yet whether this was kept; send it again")
        default: Failure(.storeFailed)
        }
    }
}

/// How often and how long a change is tried again whose end is unknown. A plain value; times are durations since it was
/// first tried.
package struct SettlingCourse: Sendable {
    /// A client waits longer than this for an answer, and an engine that has lost its head has another one sooner.
    package static let limit = Duration.seconds(15)
    private static let longestPause = Duration.seconds(1)

    private let limit: Duration
    private var pause = Duration.milliseconds(50)

    package init(limit: Duration = Self.limit) { self.limit = limit }

    /// How long to wait before the next try; nil: it is given up.
    package mutating func next(at elapsed: Duration) -> Duration? {
        defer { pause = min(pause * 2, Self.longestPause) }
        return elapsed + pause <= limit ? pause : nil
    }
}

extension StoreFailure {
    /// Carries a change out, again as long as its end is unknown.
    package static func settling<Value>(
        within limit: Duration = SettlingCourse.limit, _ change: () async throws(StoreFailure) -> Value
    ) async throws(StoreFailure) -> Value {
        var course = SettlingCourse(limit: limit)
        let begin = ContinuousClock.now
        while true {
            do throws(StoreFailure) {
                return try await change()
            } catch {
                guard error.isUnknown, let pause = course.next(at: ContinuousClock.now - begin) else { throw error }
                try? await Task.sleep(for: pause)
            }
        }
    }
}
