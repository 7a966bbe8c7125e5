import Glibc
import Synchronization
import System

/// Takes what a program prints, up to a bound.
///
/// It is over with the program, not with whoever else has got the program's output meanwhile.
final class OutputCapture: Sendable {
    private struct Captured {
        var bytes: [UInt8] = []
        var isExceeded = false
    }

    /// What the program writes to.
    let its: Int32
    private let ours: Int32
    /// Closing the one wakes who waits at the other.
    private let waker: Int32
    private let woken: Int32
    private let limit: Int
    private let captured = Mutex(Captured())
    /// The ends that are given away while it lives.
    private let open: Mutex<(its: Bool, waker: Bool)>
    private let lane = BlockingLane("output")

    private init(pipe: (Int32, Int32), wake: (Int32, Int32), limit: Int) {
        (ours, its) = pipe
        (woken, waker) = wake
        self.limit = limit
        open = Mutex((true, true))
    }

    /// - Parameter limit: bytes that are kept at the most.
    static func make(limit: Int) -> Result<OutputCapture, SystemError> {
        do throws(SystemError) {
            let pipe = try NewDescriptor.pipe()
            do throws(SystemError) {
                let wake = try NewDescriptor.pipe()
                // Ours alone: what the program sees stays as it expects it.
                _ = fcntl(pipe.read, F_SETFL, O_NONBLOCK)
                return .success(OutputCapture(pipe: pipe, wake: wake, limit: limit))
            } catch {
                for descriptor in [pipe.read, pipe.write] { close(descriptor) }
                throw error
            }
        } catch { return .failure(error) }
    }

    deinit {
        closeGivenAway()
        closeWaker()
        close(ours)
        close(woken)
    }

    /// The bytes that were printed.
    var bytes: [UInt8] { captured.withLock { $0.bytes } }
    /// Whether there were more than the bound allows.
    var isExceeded: Bool { captured.withLock { $0.isExceeded } }

    /// The program runs: reads what it prints. `onExcess` is called once where that is more than the bound allows;
    /// nothing is read from then on.
    func begin(onExcess: @escaping @Sendable () -> Void) {
        closeGivenAway()
        lane.begin { self.readAll(onExcess) }
    }

    /// The program has ended: takes what is there and waits for nothing more.
    func finish() {
        closeWaker()
        lane.join()
    }

    private enum Reading { case waits, ended, exceeded }

    private func readAll(_ onExcess: () -> Void) {
        while true {
            var entries = [
                pollfd(fd: ours, events: Int16(POLLIN), revents: 0), pollfd(fd: woken, events: 0, revents: 0),
            ]
            guard poll(&entries, 2, -1) >= 0 || errno == EINTR else { return }
            // Looked at before reading: what the program printed was there when it ended.
            let isOver = entries[1].revents != 0
            switch readAvailable() {
            case .exceeded:
                captured.withLock { $0.isExceeded = true }
                return onExcess()
            case .ended: return
            case .waits: if isOver { return }
            }
        }
    }

    private func readAvailable() -> Reading {
        while true {
            switch Descriptor.readAvailable(ours, limit: 64 << 10) {
            case .success(let some) where some.isEmpty: return .ended
            case .success(let some):
                let isWithin = captured.withLock { captured in
                    guard captured.bytes.count + some.count <= limit else { return false }
                    captured.bytes += some
                    return true
                }
                if !isWithin { return .exceeded }
            case .failure(let error): return error.number == EAGAIN || error.number == EINTR ? .waits : .ended
            }
        }
    }

    private func closeGivenAway() {
        open.withLock { open in
            if open.its { close(its) }
            open.its = false
        }
    }

    private func closeWaker() {
        open.withLock { open in
            if open.waker { close(waker) }
            open.waker = false
        }
    }
}
