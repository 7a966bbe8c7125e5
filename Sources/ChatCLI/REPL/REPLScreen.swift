import Dispatch
import System

/// The lines above the prompt, written in the order in which they came and as seldom as is quick enough.
@MainActor
final class REPLScreen {
    private let editor: Editor
    private let clock = ContinuousClock()
    private let begin = ContinuousClock.now
    private var pacer = OutputPacer()
    private var held = ""
    private var isLent = false
    /// Open while nobody else uses the terminal.
    private let free = Gate(isOpen: true)
    /// Open while nothing is held.
    private let written = Gate(isOpen: true)

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
        written.close()
        guard !isLent else { return }
        switch pacer.add(size, at: now) {
        case .writeNow: flush()
        case .setTimer(let pause): setTimer(pause)
        case .wait: break
        }
    }

    /// Returns when there is room for more: what comes in waits in the store, not here.
    func waitForRoom() async {
        while isLent && held.utf8.count >= OutputPacer.limit { await free.pass() }
    }

    /// Writes what is held.
    func flush() {
        guard !isLent else { return }
        pacer.written(at: now)
        guard !held.isEmpty else { return }
        let text = held
        held = ""
        editor.writeAbove(text)
        written.open()
    }

    /// Returns when nothing is held.
    func waitUntilWritten() async { await written.pass() }

    /// Has somebody else use the terminal meanwhile, one at a time; what comes in is shown afterwards.
    func lend<Value: Sendable>(_ action: @MainActor () async -> Value) async -> Value {
        while isLent { await free.pass() }
        flush()
        isLent = true
        free.close()
        editor.suspend()
        let value = await action()
        isLent = false
        editor.resume()
        flush()
        free.open()
        return value
    }

    private var now: Duration { begin.duration(to: clock.now) }

    private func setTimer(_ pause: Duration) {
        DispatchQueue.main.asyncAfter(deadline: .now() + .microseconds(Int(pause / .microseconds(1)))) {
            // The main queue is the main actor's.
            MainActor.assumeIsolated {
                if self.pacer.timerFired(at: self.now) { self.flush() }
            }
        }
    }
}
