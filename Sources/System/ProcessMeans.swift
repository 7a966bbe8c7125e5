import Glibc

/// Whether this process can have what a command needs that works in several threads. Without it none of that is told by the
/// libraries below: one waits for a thread for ever, deaf to signals, and another ends the process for want of a descriptor.
package enum ProcessMeans {
    package enum Shortage: Equatable, Sendable {
        case threads(SystemError)
        /// - Parameter limit: how many this process may have.
        case descriptors(limit: UInt64, needed: UInt64)
    }

    /// Beside the main one; five is the most that was seen of a command.
    private static let threads = 6
    /// Beside those that the caller gave; fewer end the process when it connects.
    private static let descriptors: UInt64 = 18

    /// What the commands need that work in one thread, of all that this process may open: with fewer they name what they cannot open.
    package static let fewestDescriptors: UInt64 = 8

    /// Of a command that works in one thread. It costs such a command one call of the kernel.
    package static var briefShortage: Shortage? {
        shortage(ofDescriptors: fewestDescriptors)
    }

    package static var shortage: Shortage? {
        let held = UInt64(3 + CallersDescriptors.extra.count)
        return shortage(ofDescriptors: held + descriptors) ?? refusalOfThreads(threads).map(Shortage.threads)
    }

    private static func shortage(ofDescriptors needed: UInt64) -> Shortage? {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0, limit.rlim_cur < needed else {
            return nil
        }
        return .descriptors(limit: UInt64(limit.rlim_cur), needed: needed)
    }

    /// Why so many more threads cannot be there at once, where that is so.
    static func refusalOfThreads(_ count: Int) -> SystemError? {
        // Each stays until the last one is there.
        let door = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
        pthread_mutex_init(door, nil)
        defer {
            pthread_mutex_destroy(door)
            door.deallocate()
        }
        var begun: [pthread_t] = []
        var refusal: SystemError?
        pthread_mutex_lock(door)
        while begun.count < count, refusal == nil {
            var thread = pthread_t()
            let number = pthread_create(&thread, nil, passDoor, door)
            if number == 0 { begun.append(thread) } else { refusal = SystemError(number: number) }
        }
        pthread_mutex_unlock(door)
        for thread in begun { pthread_join(thread, nil) }
        return refusal
    }
}

private func passDoor(_ door: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    guard let door = door?.assumingMemoryBound(to: pthread_mutex_t.self) else { return nil }
    pthread_mutex_lock(door)
    pthread_mutex_unlock(door)
    return nil
}
