import ChatProtocol
import SQLite

/// What stands on the write connection.
package final class WriteSide {
    package let database: Database
    package let log: any LogWriter

    package init(database: Database, log: any LogWriter) {
        self.database = database
        self.log = log
    }
}

/// What stands on a read connection.
package final class ReadSide {
    package let database: Database
    package let log: any LogReader

    package init(database: Database, log: any LogReader) {
        self.database = database
        self.log = log
    }
}

/// The store and its threads: one that writes batches, one that reads, one that keeps house.
package final class HubStore: Sendable {
    package let writer: StoreThread<WriteSide>
    package let reader: StoreThread<ReadSide>
    package let keeper: StoreThread<Database>
    package let checkpoints: Checkpointer

    package init(
        writer: StoreThread<WriteSide>, reader: StoreThread<ReadSide>, keeper: StoreThread<Database>,
        checkpoints: CheckpointPlan
    ) {
        self.writer = writer
        self.reader = reader
        self.keeper = keeper
        self.checkpoints = Checkpointer(writer: writer, keeper: keeper, plan: checkpoints)
    }

    /// Opens the database at `path`, which is made where there is none.
    package static func open(
        path: String, fresh: StoreIdentity, time: UInt64, checkpoints: CheckpointPlan = CheckpointPlan()
    ) async throws -> (store: HubStore, identity: StoreIdentity) {
        let opened = try await StoreThread<WriteSide>.start {
            // The log is copied into the database beside the batches, not in them.
            let database = try Database(
                path: path, options: DatabaseOptions(autoCheckpointPages: 0, cacheKiB: 16 << 10))
            try database.migrate(to: ServerSchema.schema)
            let identity = try MetaStore.identity(in: database, fresh: fresh, time: time)
            return WriteSide(database: database, log: SQLiteLogWriter(database: database, identity: identity))
        }
        do {
            let identity = try await opened.value { try MetaStore.identity(in: $0.database) }
            let reader = try await StoreThread<ReadSide>.start {
                let database = try Database(path: path, options: DatabaseOptions(mode: .readOnly, cacheKiB: 8 << 10))
                return ReadSide(database: database, log: SQLiteLogReader(database: database))
            }
            let keeper = try await StoreThread<Database>.start {
                try Database(
                    path: path, options: DatabaseOptions(mode: .readWrite, autoCheckpointPages: 0, cacheKiB: 1 << 10))
            }
            let store = HubStore(writer: opened, reader: reader, keeper: keeper, checkpoints: checkpoints)
            try await opened.value { [checkpoints = store.checkpoints] side in
                side.database.whenLogged { checkpoints.logged(pages: $0) }
            }
            return (store, identity ?? fresh)
        } catch {
            await opened.close()
            throw error
        }
    }

    package func close() async {
        await keeper.close()
        await reader.close()
        await writer.close()
    }
}
