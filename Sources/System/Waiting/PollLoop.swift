import Glibc
import Synchronization

/// What one thread does in turn: actions that are handed over, descriptors that become ready, and moments that come.
///
/// A plain `poll`, for a thread that has a connection at most; whoever has many takes NIO's loops. It belongs to the thread that
/// runs it, and may be used from any.
package final class PollLoop: Sendable {
    package typealias Action = @Sendable () -> Void

    private struct Watch {
        var descriptor: Int32
        var events: Int16
        var action: Action
    }

    private struct Timer {
        var number: UInt64
        var due: UInt64
        var action: Action
    }

    private struct State {
        var actions: [Action] = []
        var watches: [Watch] = []
        /// The soonest last; of the same moment the latest first.
        var timers: [Timer] = []
        var timersMade: UInt64 = 0
        /// It waits, or is about to: who hands something over wakes it.
        var isAsleep = false
    }

    /// After so many turns with something to do it looks whether descriptors are ready, too.
    private static let turnsWithoutLook = 32
    /// How long it waits where nobody can wake it, milliseconds.
    private static let nap: Int32 = 10

    private let state = Mutex(State())
    /// The thread that runs it; 0: none yet.
    private let thread = Atomic<UInt>(0)
    /// What is written to here wakes it; made when it first waits. Nil where the system had no descriptors left.
    private let bell = Mutex<(read: Int32, write: Int32)?>(nil)

    package init() {}

    deinit {
        if let bell = bell.withLock({ $0 }) {
            close(bell.read)
            close(bell.write)
        }
    }

    /// Whether this is the thread that runs it.
    package var isCurrent: Bool { thread.load(ordering: .relaxed) == UInt(pthread_self()) }

    /// Nanoseconds since some moment before the process started.
    package static var now: UInt64 {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
    }

    // MARK: What is to be done

    /// Has it carried out, after what was handed over before.
    package func perform(_ action: @escaping Action) {
        let sleeps = state.withLock { state in
            state.actions.append(action)
            return state.isAsleep
        }
        if sleeps { wake() }
    }

    /// Has it carried out when the moment (`now`) has come. Returns by what it is cancelled.
    package func at(_ moment: UInt64, _ action: @escaping Action) -> UInt64 {
        let (number, sleeps) = state.withLock { state in
            state.timersMade += 1
            let place = state.timers.firstIndex { $0.due <= moment } ?? state.timers.endIndex
            state.timers.insert(Timer(number: state.timersMade, due: moment, action: action), at: place)
            return (state.timersMade, state.isAsleep)
        }
        if sleeps { wake() }
        return number
    }

    package func cancel(_ number: UInt64) {
        // What it holds is let go outside the lock.
        _ = state.withLock { state in
            state.timers.firstIndex { $0.number == number }.map { state.timers.remove(at: $0) }
        }
    }

    /// Has it carried out whenever `descriptor` is ready for one of `events` (`POLLIN`, `POLLOUT`), or has failed; instead of what was
    /// to be done with it before. On its thread.
    package func watch(_ descriptor: Int32, for events: Int32, _ action: @escaping Action) {
        unwatch(descriptor)
        state.withLock {
            $0.watches.append(Watch(descriptor: descriptor, events: Int16(events), action: action))
        }
    }

    /// On its thread.
    package func unwatch(_ descriptor: Int32) {
        _ = state.withLock { state in
            state.watches.firstIndex { $0.descriptor == descriptor }.map { state.watches.remove(at: $0) }
        }
    }

    // MARK: Running

    /// Carries out what there is to do, and waits for it where there is nothing, as long as it `goesOn`.
    package func run(while goesOn: () -> Bool = { true }) {
        thread.store(UInt(pthread_self()), ordering: .relaxed)
        var turns = 0
        while goesOn() {
            let actions = state.withLock { state in
                defer { state.actions = [] }
                return state.actions
            }
            for action in actions { action() }
            turns += 1
            if actions.isEmpty || turns % Self.turnsWithoutLook == 0 { look() }
        }
    }

    /// Waits where nothing is to be done, and does what has become ready. Descriptors come first: what was there in time is not
    /// too late because the thread was.
    private func look() {
        let bell = rope()
        var entries = [pollfd(fd: bell ?? -1, events: Int16(POLLIN), revents: 0)]
        let timeout = state.withLock { state -> Int32 in
            entries += state.watches.map { pollfd(fd: $0.descriptor, events: $0.events, revents: 0) }
            guard state.actions.isEmpty else { return 0 }
            state.isAsleep = true
            return Self.patience(state.timers.last?.due)
        }
        let isDeaf = bell == nil && (timeout < 0 || timeout > Self.nap)
        let ready = poll(&entries, nfds_t(entries.count), isDeaf ? Self.nap : timeout)
        state.withLock { $0.isAsleep = false }
        if ready > 0 {
            if entries[0].revents != 0, let bell { silence(bell) }
            for entry in entries.dropFirst() where entry.revents != 0 {
                // One that was ready may have ended another.
                state.withLock { state in state.watches.first { $0.descriptor == entry.fd }?.action }?()
            }
        }
        while let action = nextDue() { action() }
    }

    /// Milliseconds until then; -1 where nothing is waited for.
    private static func patience(_ due: UInt64?) -> Int32 {
        guard let due else { return -1 }
        let now = now
        return due <= now ? 0 : Int32(clamping: (due - now + 999_999) / 1_000_000)
    }

    private func nextDue() -> Action? {
        let now = Self.now
        return state.withLock { state in
            guard let next = state.timers.last, next.due <= now else { return nil }
            return state.timers.removeLast().action
        }
    }

    // MARK: Waking

    private func rope() -> Int32? {
        bell.withLock { bell in
            if bell == nil { bell = try? NewDescriptor.pipe(blocks: false) }
            return bell?.read
        }
    }

    private func wake() {
        guard !isCurrent, let end = bell.withLock({ $0?.write }) else { return }
        var byte: UInt8 = 1
        // Where it is full it rings already.
        _ = write(end, &byte, 1)
    }

    private func silence(_ end: Int32) { _ = Descriptor.readAvailable(end, limit: 64) }
}
