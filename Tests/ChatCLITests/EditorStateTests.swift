import Testing

@testable import ChatCLI

@Suite struct EditorStateTests {
    /// One that edits, with the terminal as readline wants it.
    private func editing() -> EditorState {
        var state = EditorState()
        state.begin()
        #expect(state.takeTerminal() == [.prepare])
        return state
    }

    @Test func `the terminal is made ready once`() {
        var state = editing()
        #expect(state.takeTerminal() == [])
        #expect(state.end(isEmpty: true) == [.clearLine, .removeHandler, .restore])
        #expect(state.end(isEmpty: true) == [])
        #expect(!state.takesKeys)
    }

    @Test func `what is half typed stays on the screen at the end`() {
        var state = editing()
        #expect(state.hasLine)
        #expect(state.end(isEmpty: false) == [.leaveLine, .removeHandler, .restore])
        #expect(!state.hasLine)
    }

    @Test func `the end while a line is dealt with, or another has the terminal, leaves the screen alone`() {
        var entered = editing()
        _ = entered.lineEntered()
        #expect(entered.end(isEmpty: true) == [.removeHandler, .restore])
        var lent = editing()
        _ = lent.lend()
        #expect(lent.end(isEmpty: true) == [.resumeKeys, .removeHandler])
    }

    @Test func `lines appear above the one that is typed, and plainly where none is`() {
        var state = EditorState()
        #expect(state.write() == [.write])
        state = editing()
        #expect(state.write() == [.clearLine, .write, .redraw])
        _ = state.lineEntered()
        #expect(state.write() == [.write])
        _ = state.lineDone()
        _ = state.lend()
        #expect(state.write() == [.write])
    }

    @Test func `a prompt changes at once where it stands, else as soon as it does`() {
        var state = EditorState()
        #expect(state.promptChanged(isSearching: false) == [])
        state = editing()
        let shown: [EditorState.Action] = [.clearLine, .setPrompt, .redraw]
        #expect(state.promptChanged(isSearching: false) == shown)
        // A search is shown in its place.
        #expect(state.promptChanged(isSearching: true) == [])
        #expect(state.keysTaken(isSearching: true) == [])
        #expect(state.keysTaken(isSearching: false) == shown)
        #expect(state.keysTaken(isSearching: false) == [])
        // A line is dealt with.
        #expect(state.lineEntered() == true)
        #expect(state.promptChanged(isSearching: false) == [.setPrompt])
        #expect(state.promptChanged(isSearching: true) == [])
        #expect(state.lineDone() == [.setPrompt])
        #expect(state.lineDone() == [])
        // Somebody else has the terminal.
        _ = state.lend()
        #expect(state.promptChanged(isSearching: false) == [])
        #expect(
            state.takeBack() == [.prepare, .resetScreenSize, .setPrompt, .redraw, .resumeKeys, .dispatchKeys])
    }

    @Test func `a line that was given up is not meant, and the next one is`() {
        var state = editing()
        state.dropLine()
        #expect(state.lineEntered() == false)
        #expect(state.lineDone() == [])
        #expect(state.lineEntered() == true)
    }

    @Test func `the terminal is lent once and taken back once`() {
        var state = editing()
        #expect(state.takeBack() == [])
        #expect(state.lend() == [.clearLine, .pauseKeys, .restore])
        #expect(!state.takesKeys)
        #expect(state.lend() == [])
        #expect(state.takeBack() == [.prepare, .resetScreenSize, .redraw, .resumeKeys, .dispatchKeys])
        #expect(state.takesKeys)
    }

    private let stopped: [EditorState.Action] = [
        .clearLine, .restore, .stopProcess, .prepare, .resetScreenSize, .redraw,
    ]

    @Test func `the key that stops counts behind the keys before it, once`() {
        var state = editing()
        #expect(state.keyTaken() == [])
        state.stopKey()
        #expect(state.keyTaken() == stopped)
        #expect(state.keyTaken() == [])
    }

    @Test func `who was stopped by somebody else makes the terminal ready again, who stopped himself has`() {
        var state = editing()
        #expect(state.stopSignal() == stopped)
        // The signal that continued us.
        #expect(state.continued() == [])
        #expect(state.continued() == [.awaitForeground, .restore, .prepare, .resetScreenSize, .redraw])
    }

    @Test func `while somebody else has the terminal signals are his`() {
        var state = editing()
        #expect(state.isInterruptible)
        #expect(state.windowChanged() == [.resizeLine])
        _ = state.lend()
        #expect(!state.isInterruptible)
        #expect(state.windowChanged() == [])
        #expect(state.continued() == [])
        // He stops, and we with him; we are not to draw when we go on.
        #expect(state.stopSignal() == [.stopProcess])
        _ = state.takeBack()
        #expect(state.continued() == [.awaitForeground, .restore, .prepare, .resetScreenSize, .redraw])
    }
}
