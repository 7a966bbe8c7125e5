import CLISupport
import System

/// What is told of a command that was run: the text of the message.
struct RunReport: Equatable, Sendable {
    /// Bytes of a label: a name for the first line, not a text.
    static let labelLimit = 200

    var label: String
    var end: CommandEnd
    var duration: Duration
    /// As a person sees them, oldest first.
    var tail: [String] = []

    /// What stands for a command where no label is given: its program's base name. Arguments can hold secrets.
    static func label(of program: String) -> String {
        let name = program.split(separator: "/").last.map(String.init) ?? program
        let line = InertText.line(name)
        return line.utf8.count <= labelLimit ? line : Self.end(of: line, limit: labelLimit)
    }

    /// The text, which a message can be: valid, without NUL, within the limit. The oldest lines give way first.
    ///
    /// - Parameter limit: bytes; a label fits many times over.
    func text(limit: Int) -> String {
        let first = "\(label): \(outcome)"
        var room = limit - first.utf8.count
        var kept: [String] = []
        for text in tail.reversed() {
            if text.utf8.count < room {
                room -= text.utf8.count + 1
                kept.append(text)
                continue
            }
            // Of one line that is too long for all the room its end is told.
            if kept.isEmpty { kept.append(Self.end(of: text, limit: room - 1)) }
            break
        }
        return ([first] + kept.reversed()).joined(separator: "\n")
    }

    private var outcome: String {
        let after = "after \(Self.text(duration))"
        switch end {
        case .exited(0): return "done \(after)"
        case .exited(let status): return "exit status \(status) \(after)"
        case .signalled(let number):
            let name = SignalName.text(number).map { " (\($0))" } ?? ""
            return "ended by signal \(number)\(name) \(after)"
        case .notStarted(let number): return "could not be started: \(SystemError.text(number))"
        }
    }

    /// As much of the end as fits, behind a mark.
    private static func end(of text: String, limit: Int) -> String {
        let rest = text.utf8.suffix(max(0, limit - "…".utf8.count)).drop { (0x80..<0xc0).contains($0) }
        return "…" + String(decoding: rest, as: UTF8.self)
    }

    /// The two largest units of a duration: `450ms`, `4s`, `2m13s`, `3h12m`, `2d4h`.
    static func text(_ duration: Duration) -> String {
        let (seconds, attoseconds) = max(.zero, duration).components
        guard seconds > 0 else { return "\(attoseconds / 1_000_000_000_000_000)ms" }
        let parts = [
            (seconds / 86_400, "d"), (seconds / 3600 % 24, "h"), (seconds / 60 % 60, "m"), (seconds % 60, "s"),
        ]
        return parts.drop { $0.0 == 0 }.prefix(2).filter { $0.0 > 0 }.map { "\($0.0)\($0.1)" }.joined()
    }
}
