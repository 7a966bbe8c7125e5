/// Who has the terminal while lines are edited, and what is done there at each event. A plain value: what happened goes
/// in, what is to be done comes out, in its order.
struct EditorState: Equatable {
    enum Action: Equatable {
        /// Takes the line that is being typed off the screen.
        case clearLine
        /// Leaves it there, and goes on below.
        case leaveLine
        /// Shows prompt and line again.
        case redraw
        /// Writes what is to stand above the line.
        case write
        /// Tells readline the prompt of now.
        case setPrompt
        /// The terminal's modes become readline's, or what they were.
        case prepare
        case restore
        case resetScreenSize
        case resizeLine
        case pauseKeys
        case resumeKeys
        /// Deals with keys that were read before.
        case dispatchKeys
        /// Readline lets go of the line.
        case removeHandler
        /// Stops the process until somebody continues it.
        case stopProcess
        /// Waits until the process has the terminal.
        case awaitForeground
    }

    private enum Place: Equatable {
        /// It has not begun, or is over.
        case outside
        case editing
        /// A line was entered, and is being dealt with.
        case entered
        /// Somebody else has the terminal.
        case lent
    }

    private enum Stop: Equatable {
        case none
        /// Its key was typed.
        case wanted
        /// We have stopped ourselves, and the signal that continued us has not come.
        case done
    }

    private var place = Place.outside
    private var stop = Stop.none
    /// The terminal's modes are readline's.
    private var isPrepared = false
    /// Readline has another prompt than the one of now.
    private var isPromptStale = false
    /// The line that ends now was given up.
    private var isLineDropped = false

    /// Whether keys may be given to readline.
    var takesKeys: Bool { place == .editing || place == .entered }
    /// Whether there is a line that may be half typed.
    var hasLine: Bool { place == .editing || place == .lent }

    // MARK: Beginning and end

    mutating func begin() { place = .editing }

    /// - Parameter isEmpty: nothing is half typed.
    mutating func end(isEmpty: Bool) -> [Action] {
        let before = place
        guard before != .outside else { return [] }
        place = .outside
        let first: [Action] =
            switch before {
            case .lent: [.resumeKeys]
            case .editing: [isEmpty ? .clearLine : .leaveLine]
            case .entered, .outside: []
            }
        return first + [.removeHandler] + giveUpTerminal()
    }

    // MARK: Showing

    /// Lines of ours are to be shown.
    func write() -> [Action] { place == .editing ? [.clearLine, .write, .redraw] : [.write] }

    /// - Parameter isSearching: a search is shown in place of the prompt; readline holds the prompt elsewhere meanwhile.
    mutating func promptChanged(isSearching: Bool) -> [Action] {
        switch place {
        case .outside: return []
        case .entered where !isSearching: return [.setPrompt]
        case .editing where !isSearching: return [.clearLine, .setPrompt, .redraw]
        case .editing, .entered, .lent:
            isPromptStale = true
            return []
        }
    }

    // MARK: Keys and lines

    /// Readline has dealt with a key.
    mutating func keyTaken() -> [Action] { stop == .wanted ? stopSignal() : [] }

    /// Readline has dealt with all keys that were there.
    mutating func keysTaken(isSearching: Bool) -> [Action] {
        guard place == .editing, isPromptStale, !isSearching else { return [] }
        isPromptStale = false
        return [.clearLine, .setPrompt, .redraw]
    }

    /// The key that gives up the line.
    mutating func dropLine() { isLineDropped = true }

    /// A line has ended.
    ///
    /// - Returns: whether it was meant; false where it was given up.
    mutating func lineEntered() -> Bool {
        if place == .editing { place = .entered }
        defer { isLineDropped = false }
        return !isLineDropped
    }

    /// The line was dealt with.
    mutating func lineDone() -> [Action] {
        guard place == .entered else { return [] }
        place = .editing
        guard isPromptStale else { return [] }
        isPromptStale = false
        return [.setPrompt]
    }

    // MARK: The terminal

    mutating func lend() -> [Action] {
        guard takesKeys else { return [] }
        place = .lent
        return [.clearLine, .pauseKeys] + giveUpTerminal()
    }

    mutating func takeBack() -> [Action] {
        guard place == .lent else { return [] }
        place = .editing
        defer { isPromptStale = false }
        return takeTerminal() + [.resetScreenSize] + (isPromptStale ? [.setPrompt] : [])
            + [.redraw, .resumeKeys, .dispatchKeys]
    }

    /// Readline wants the terminal for a line.
    mutating func takeTerminal() -> [Action] {
        guard !isPrepared else { return [] }
        isPrepared = true
        return [.prepare]
    }

    private mutating func giveUpTerminal() -> [Action] {
        guard isPrepared else { return [] }
        isPrepared = false
        return [.restore]
    }

    // MARK: Signals

    /// The key that stops the process; it is done behind the key before it.
    mutating func stopKey() { stop = .wanted }

    /// A program that has the terminal stops, and we with it.
    mutating func stopSignal() -> [Action] {
        stop = .none
        guard place != .lent else { return [.stopProcess] }
        stop = .done
        return [.clearLine] + giveUpTerminal() + [.stopProcess] + takeTerminal() + [.resetScreenSize, .redraw]
    }

    /// Somebody has continued us. Where we had not stopped ourselves the terminal is as the shell wants it.
    mutating func continued() -> [Action] {
        guard place != .lent else { return [] }
        guard stop != .done else {
            stop = .none
            return []
        }
        return [.awaitForeground] + giveUpTerminal() + takeTerminal() + [.resetScreenSize, .redraw]
    }

    func windowChanged() -> [Action] { place == .lent ? [] : [.resizeLine] }

    /// Whether SIGINT is for the line.
    var isInterruptible: Bool { place != .lent }
}
