import CLISupport
import MLS
import SQLite
import WireCodec

extension ClientStore {
    /// A value as it was stored.
    func stored<Value: WireDecodable>(_ bytes: [UInt8]) throws(SQLiteError) -> Value {
        do throws(WireError) { return try Value(wireBytes: bytes) } catch { throw damage("\(Value.self): \(error)") }
    }

    /// What is thrown where the store has what nobody has put there.
    func damage(_ what: String) -> SQLiteError {
        SQLiteError(kind: .corrupt, message: what, operation: "read", path: directory.storeFile)
    }
}

extension Problem {
    /// What a failure of the local store means to whoever asked for something.
    init(store error: any Error) {
        if let problem = error as? Problem {
            self = problem
            return
        }
        if let error = error as? MLSError, error.check == .storeMalformed {
            self.init(
                .damagedStore, "the profile's store is damaged: a group of it cannot be read (\(error))",
                hint: "move it away and log in again")
            return
        }
        guard let error = error as? SQLiteError else {
            self.init(.internalFault, "the local store: \(error)")
            return
        }
        switch error.kind {
        case .busy:
            self.init(.storeBusy, "the profile's store is locked by another process", hint: "try again")
        case .full:
            self.init(.inputOutput, "the disk is full: \(error.path) could not be written", hint: "free some space")
        case .readOnly, .cannotOpen:
            self.init(
                .inputOutput, "the profile's store cannot be written: \(error.path) (\(error.message))",
                hint: "make its disk and directory writable, or keep a device for alerts elsewhere by XDG_DATA_HOME")
        case .inputOutput:
            self.init(.inputOutput, "the disk failed: \(error.description)")
        // A table or a column that is missing, and rows that contradict the schema, are damage too.
        case .other where error.message.hasPrefix("no such "), .constraint, .corrupt, .notADatabase:
            self.init(
                .damagedStore, "the profile's store is damaged: \(error.path) (\(error.message))",
                hint: "move it away and log in again")
        case .otherApplication:
            self.init(
                .damagedStore, "the profile's store is damaged: \(error.description)",
                hint: "move it away and log in again")
        case .newerSchema, .olderSchema:
            self.init(.newerStore, error.description, hint: "use the newer version of chat")
        case .outOfMemory, .other:
            self.init(.internalFault, "the local store: \(error.description)")
        }
    }
}
