import Dispatch
import Glibc

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

/// Turns signals into events. After the first that ends the service the next one kills, as without us.
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
        sources = [SIGTERM, SIGINT, SIGHUP].map { number in
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
            source.setEventHandler {
                if number == SIGHUP {
                    continuation.yield(.reload)
                } else {
                    signal(number, SIG_DFL)
                    continuation.yield(.end)
                }
            }
            source.resume()
            return source
        }
    }

    deinit { for source in sources { source.cancel() } }
}
