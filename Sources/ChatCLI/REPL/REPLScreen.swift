import Dispatch

/// The lines above the prompt, written in the order in which they came and as seldom as is quick enough.
@MainActor
final class REPLScreen {
    private let editor: Editor
    private let clock = ContinuousClock()
    private let begin = ContinuousClock.now
    private var pacer = OutputPacer()
    private var held = ""
    private var isLent = false
    private var waiting: [CheckedContinuation<Void, Never>] = []
    private var waitingForWrite: [CheckedContinuation<Void, Never>] = []

    init(editor: Editor) { self.editor = editor }

    /// Writes whole lines that are inert already.
    func write(_ lines: [String]) {
        guard !lines.isEmpty else { return }
        var size = 0
        for line in lines {
            held += line
            held += "\n"
            size += line.utf8.count + 1
        }
        guard !isLent else { return }
        switch pacer.add(size, at: now) {
        case .writeNow: flush()
        case .setTimer(let pause): setTimer(pause)
        case .wait: break
        }
    }

    /// Returns when there is room for more: what comes in waits in the store, not here.
    func waitForRoom() async {
        while isLent && held.utf8.count >= OutputPacer.limit {
            await withCheckedContinuation { waiting.append($0) }
        }
    }

    /// Writes what is held.
    func flush() {
        guard !isLent else { return }
        pacer.written(at: now)
        guard !held.isEmpty else { return }
        let text = held
        held = ""
        editor.writeAbove(text)
        let continuations = waitingForWrite
        waitingForWrite = []
        for continuation in continuations { continuation.resume() }
    }

    /// Returns when nothing is held.
    func waitUntilWritten() async {
        while !held.isEmpty { await withCheckedContinuation { waitingForWrite.append($0) } }
    }

    /// Has somebody else use the terminal meanwhile, one at a time; what comes in is shown afterwards.
    func lend<Value: Sendable>(_ action: @MainActor () async -> Value) async -> Value {
        while isLent { await withCheckedContinuation { waiting.append($0) } }
        flush()
        isLent = true
        editor.suspend()
        let value = await action()
        isLent = false
        editor.resume()
        flush()
        let continuations = waiting
        waiting = []
        for continuation in continuations { continuation.resume() }
        return value
    }

    private var now: Duration { begin.duration(to: clock.now) }

    private func setTimer(_ pause: Duration) {
        DispatchQueue.main.asyncAfter(deadline: .now() + .microseconds(Int(pause / .microseconds(1)))) {
            MainActor.assumeIsolated {
                if self.pacer.timerFired(at: self.now) { self.flush() }
            }
        }
    }
}
