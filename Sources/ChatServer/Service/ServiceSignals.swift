import Dispatch
import Glibc
import Synchronization

/// What the running service is told from outside.
enum ServiceEvent: Sendable {
    /// SIGTERM or SIGINT: finish what was taken, and end.
    case end
    /// SIGHUP: read configuration and certificate again.
    case reload
    /// A restored store lies ready.
    case restart
    /// The data are gone; what exactly.
    case dataLost(String)
    /// A day has passed since the last time.
    case dayPassed
}

/// Turns signals into events. After the first that ends the service the next one ends the process at once, as without us.
final class ServiceSignals {
    let events: AsyncStream<ServiceEvent>
    let continuation: AsyncStream<ServiceEvent>.Continuation
    private let sources: [any DispatchSourceSignal]

    init() {
        let (events, continuation) = AsyncStream.makeStream(
            of: ServiceEvent.self, bufferingPolicy: .bufferingOldest(64))
        self.events = events
        self.continuation = continuation
        signal(SIGPIPE, SIG_IGN)
        let hangUp = Self.source(SIGHUP) { continuation.yield(.reload) }
        let course = EndingCourse()
        let endings = [SIGTERM, SIGINT].map { number in
            // To the first process of a container the default does nothing: what its entry point has set does.
            let before = signal(number, SIG_IGN)
            let last = getpid() == 1 ? before : SIG_DFL
            return Self.source(number) {
                if course.isFirst() { continuation.yield(.end) } else { Self.raise(number, handledBy: last) }
            }
        }
        sources = [hangUp] + endings
    }

    deinit { for source in sources { source.cancel() } }

    private static func source(_ number: Int32, then body: @escaping @Sendable () -> Void) -> any DispatchSourceSignal {
        signal(number, SIG_IGN)
        let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
        source.setEventHandler(handler: body)
        source.resume()
        return source
    }

    /// Raises a signal on this thread, which has it blocked: the source would take one of the whole process.
    private static func raise(_ number: Int32, handledBy handler: sighandler_t?) {
        signal(number, handler)
        var signals = sigset_t()
        sigemptyset(&signals)
        sigaddset(&signals, number)
        pthread_sigmask(SIG_UNBLOCK, &signals, nil)
        Glibc.raise(number)
    }
}

/// Whether the service was told to end.
private final class EndingCourse: Sendable {
    private let wasTold = Mutex(false)

    func isFirst() -> Bool {
        wasTold.withLock { wasTold in
            defer { wasTold = true }
            return !wasTold
        }
    }
}
