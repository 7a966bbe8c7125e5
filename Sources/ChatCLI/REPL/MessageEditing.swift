import CLISupport
import ChatClient
import ChatProtocol

/// `/edit`: a message that is written in the person's own editor, which has the terminal meanwhile.
@MainActor
struct MessageEditing {
    /// A text, and the file that has it until it is taken.
    struct Draft {
        let bytes: [UInt8]
        let file: String

        /// - Throws: 65 for a text that no message can have; it stays in its file, and the hint says so.
        func text() throws(Problem) -> String {
            do throws(Problem) { return try MessageText.check(bytes) } catch {
                var problem = error
                problem.hint = "the text is kept in \(file)"
                throw problem
            }
        }

        func discard() { ExternalEditor.discard(file) }
    }

    let directory: ProfileDirectory
    let environment: Environment

    /// - Returns: nil where nothing was written.
    func write(on screen: REPLScreen, terminal: Int32) async throws(Problem) -> Draft? {
        try directory.createState()
        let program = try ExternalEditor(environment: environment, directory: directory.statePath)
        switch await screen.lend({ await program.run(terminal: terminal) }) {
        case .failed(let problem): throw problem
        case .text(var bytes, let file):
            if bytes.last == 0x0a { bytes.removeLast() }
            if !bytes.isEmpty { return Draft(bytes: bytes, file: file) }
            ExternalEditor.discard(file)
            return nil
        }
    }
}
