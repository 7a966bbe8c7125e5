import Glibc

/// While it lasts some signals are only noted: a pipe tells of them. Those that are ignored stay so.
struct SignalPause {
    private struct Ends {
        var read: Int32 = -1
        var write: Int32 = -1

        init() {
            if let ends = try? NewDescriptor.pipe(blocks: false) { (read, write) = ends }
        }
    }

    /// One for all: a handler knows no other. It is there before the first one is installed.
    private static let ends = Ends()

    private let before: [(number: Int32, action: sigaction)]

    init(of signals: [Int32]) {
        let descriptor = Self.ends.read
        var byte: UInt8 = 0
        while read(descriptor, &byte, 1) == 1 {}
        before = signals.compactMap { number in
            var old = sigaction()
            guard !SignalDisposition.isIgnored(number), sigaction(number, nil, &old) == 0 else { return nil }
            var noting = sigaction()
            noting.__sigaction_handler.sa_handler = noteSignal
            sigaction(number, &noting, nil)
            return (number, old)
        }
    }

    /// Readable once a signal has come.
    var descriptor: Int32 { Self.ends.read }

    /// The signal that came first.
    func next() -> Int32? {
        var byte: UInt8 = 0
        return read(Self.ends.read, &byte, 1) == 1 ? Int32(byte) : nil
    }

    /// Everything is as before.
    func end() {
        for (number, action) in before {
            var action = action
            sigaction(number, &action, nil)
        }
    }

    /// Runs inside of whatever was interrupted: only what signal-safety(7) allows.
    fileprivate static func note(_ number: Int32) {
        let before = errno
        var byte = UInt8(truncatingIfNeeded: number)
        _ = write(ends.write, &byte, 1)
        errno = before
    }
}

private func noteSignal(_ number: Int32) { SignalPause.note(number) }
