import SQLite
import Synchronization

/// Keeps the write-ahead log small: most of it is copied on the keeper's thread, the rest on the writer's, between two
/// batches (`CheckpointPlan`). It is told of each commit by the connections that write.
package final class Checkpointer: Sendable {
    private struct State {
        var plan: CheckpointPlan
        var failure: StoreFailure?
    }

    private let writer: StoreThread<Database>
    private let keeper: StoreThread<Database>
    private let state: Mutex<State>

    package init(writer: StoreThread<Database>, keeper: StoreThread<Database>, plan: CheckpointPlan) {
        self.writer = writer
        self.keeper = keeper
        state = Mutex(State(plan: plan))
    }

    /// A connection has committed, and the log holds so many pages. Called on any thread.
    package func logged(pages: Int) {
        if state.withLock({ $0.plan.logged(pages: pages) }) { copy() }
    }

    /// Looks after the log though nobody writes, or nobody can.
    package func look(file: Int64, isRoomShort: Bool) {
        if state.withLock({ $0.plan.look(file: file, isRoomShort: isRoomShort) }) { copy() }
    }

    /// Empties the log, whatever its size, and tries again with each look until that is done.
    package func emptyLog() {
        if state.withLock({ $0.plan.empty() }) { copy() }
    }

    /// Why the log could last not be copied; told once.
    package func takeFailure() -> StoreFailure? {
        state.withLock { state in
            defer { state.failure = nil }
            return state.failure
        }
    }

    private func copy() {
        keeper.perform {
            try $0.checkpoint(.passive)
        } then: { result in
            // What could not be copied beside the batches may still be copied between them.
            if case .failure(let error) = result { self.note(error) }
            self.writer.perform {
                try self.finish($0)
            } then: {
                self.end($0)
            }
        }
    }

    private func finish(_ database: Database) throws -> CheckpointPlan.End {
        let log = try database.checkpoint(.passive).log
        let file = database.logFileSize
        guard state.withLock({ $0.plan.cutsOff(log: log, file: file) }) else { return .copied(log: log) }
        do throws(SQLiteError) {
            try database.checkpoint(.truncate, patience: CheckpointPlan.patience)
            return .cutOff
        } catch {
            // Whoever reads for long is no fault.
            guard error.kind == .busy else { throw error }
            return .stuck(log: log)
        }
    }

    private func end(_ result: Result<CheckpointPlan.End, any Error>) {
        switch result {
        case .success(let end): state.withLock { $0.plan.ended(end) }
        case .failure(let error):
            state.withLock { $0.plan.ended(.stuck(log: 0)) }
            note(error)
        }
    }

    private func note(_ error: any Error) {
        guard !(error is StoreThreadClosed) else { return }
        state.withLock { $0.failure = StoreFailure(error) }
    }
}
