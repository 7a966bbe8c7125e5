import CLISupport
import ChatClient

/// Keeps what is typed for the next time. Where that fails it is said once; typing goes on.
struct LineKeeper {
    private let file: Result<HistoryFile, Problem>
    private var last: String?
    private var hasFailed = false

    init(_ directory: ProfileDirectory) {
        do throws(Problem) { file = .success(try HistoryFile(directory)) } catch { file = .failure(error) }
    }

    /// What was typed before, oldest first.
    mutating func load(_ report: (Problem) -> Void) -> [String] {
        do throws(Problem) {
            let lines = try file.get().load()
            last = lines.last
            return lines
        } catch {
            hasFailed = true
            report(error)
            return []
        }
    }

    /// - Returns: whether the line is one that is kept at all.
    mutating func keep(_ line: String, _ report: (Problem) -> Void) -> Bool {
        guard HistoryText.keeps(line, after: last) else { return false }
        last = line
        do throws(Problem) { try file.get().append(line) } catch {
            if !hasFailed { report(error) }
            hasFailed = true
        }
        return true
    }
}
