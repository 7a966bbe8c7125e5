import CLISupport
import System

/// What both programs ask a person for on the terminal. Blocks the thread that asks: `Terminal` has one for it.
enum SecretQuestion {
    /// - Parameter lines: what is to be known before it is answered.
    /// - Throws: 64 where nobody answers, 74.
    static func ask(
        _ question: String, about lines: [String] = [], secret: Bool = true
    ) throws(Problem) -> [UInt8] {
        let text = (lines + [question]).map { InertText.line($0) }.joined(separator: "\n")
        switch TerminalQuestion.ask(text, secret: secret) {
        case .success(let answer): return answer
        case .failure(.noTerminal(let number)):
            throw Problem(.inputNeeded, "there is no terminal to ask on: \(SystemError.text(number))")
        case .failure(.nothingTyped): throw Problem(.inputNeeded, "nothing was typed")
        case .failure(.tooLong): throw Problem(.inputNeeded, "the line is too long")
        case .failure(.unreadable(let number)):
            throw Problem(.inputOutput, "cannot read the terminal: \(SystemError.text(number))")
        }
    }

    /// A new password, asked twice so that a slip of the finger locks nobody out.
    ///
    /// - Parameter check: refuses what no password can be.
    static func askNew(
        _ question: String, check: ([UInt8]) throws(Problem) -> Void
    ) throws(Problem) -> [UInt8] {
        var note = ""
        while true {
            let first = try ask(note + question)
            try check(first)
            if try ask("Again: ") == first { return first }
            note = "They differ. "
        }
    }
}
