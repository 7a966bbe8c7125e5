#if DEBUG
    import Synchronization
#endif

/// A primitive of the crypto library that costs something.
package enum Operation: Hashable, Sendable, CaseIterable {
    case sign, verify, hpkeSeal, hpkeOpen, keyPair, aeadSeal, aeadOpen, digest, mac, extract, expand
}

/// Counts primitives where somebody asks for it, in debug builds: how much work a message may cause is a law, and time
/// on a busy machine proves none. Release builds count nothing.
@inline(__always)
func count(_ operation: Operation) {
    #if DEBUG
        OperationCount.current?.add(operation)
    #endif
}

#if DEBUG
    package final class OperationCount: Sendable {
        @TaskLocal static var current: OperationCount?

        private let counts = Mutex<[Operation: Int]>([:])

        fileprivate func add(_ operation: Operation) {
            counts.withLock { $0[operation, default: 0] += 1 }
        }

        /// What `body` used, also when it throws.
        package static func of(_ body: () throws -> Void) -> (counts: [Operation: Int], error: (any Error)?) {
            let counter = OperationCount()
            var failure: (any Error)?
            $current.withValue(counter) {
                do { try body() } catch { failure = error }
            }
            return (counter.counts.withLock { $0 }, failure)
        }
    }
#endif
