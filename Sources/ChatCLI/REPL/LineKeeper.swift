import CLISupport
import ChatClient
import System

/// Keeps what is typed for the next time, in the order in which it was typed. Where that fails it is said once; typing goes on,
/// and does not wait for the disk, or for another prompt that has the file.
@MainActor
final class LineKeeper {
    private let file: Result<HistoryFile, Problem>
    private let lane = BlockingLane("history")
    private var last: String?
    private var hasFailed = false

    init(_ directory: ProfileDirectory) {
        do throws(Problem) { file = .success(try HistoryFile(directory)) } catch { file = .failure(error) }
    }

    /// What was typed before, oldest first.
    func load(_ report: (Problem) -> Void) -> [String] {
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
    func keep(_ line: String, _ report: @escaping @MainActor (Problem) -> Void) -> Bool {
        guard HistoryText.keeps(line, after: last) else { return false }
        last = line
        let written = lane.begin { [file] in Result { () throws(Problem) in try file.get().append(line) } }
        Task {
            guard case .failure(let problem) = await written.value, !hasFailed else { return }
            hasFailed = true
            report(problem)
        }
        return true
    }

    /// Until all of it is on disk.
    func settle() async { await lane.run {} }
}
