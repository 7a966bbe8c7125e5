import CLISupport
import ChatProtocol
import Glibc
import System
import Transport
import WireCodec

/// Puts a restored store in the place of what a data directory holds, so that a crash at any moment leaves the old
/// one or the new one, and what is half done is finished at the next start.
enum Restore {
    /// Makes the store of a backup ready: from the return on, the next start takes it.
    ///
    /// Runs beside a server.
    ///
    /// - Parameter name: what the backup is called where people see it.
    static func prepare(
        _ backup: String, called name: String, in directory: DataDirectory, sources: ServerSources = .system
    ) throws -> RestoredStore {
        let folder = DataDirectory(directory.temporary("restore-" + Hexadecimal.text(sources.random(8))))
        guard mkdir(folder.path, 0o700) == 0 else {
            throw Problem(.cannotCreate, "cannot create \(folder.path): \(SystemError.text(errno))")
        }
        do {
            let restored = try BackupStore.unpack(backup, called: name, into: folder, sources: sources)
            FilePath.syncFolder(of: folder.database)
            // A restore that was made ready and never taken is superseded.
            DataDirectory.removeFlat(directory.restored)
            try WholeFile.move(folder.path, to: directory.restored)
            return restored
        } catch {
            DataDirectory.removeFlat(folder.path)
            throw error
        }
    }

    /// Takes a store that lies ready. The caller has the directory's lock, and nobody has the database open.
    ///
    /// The database moves last: while it is still in its folder, everything is done again.
    static func finish(_ directory: DataDirectory) throws(Problem) {
        let folder = DataDirectory(directory.restored)
        guard FilePath.exists(folder.path) else { return }
        if folder.hasStore {
            if directory.hasStore {
                do { try BackupStore.leap(folder.database, over: directory.database) } catch {
                    throw Administration.problem(of: error)
                }
            }
            for (source, target) in [(folder.certificate, directory.certificate), (folder.key, directory.key)]
            where FilePath.exists(source) {
                try WholeFile.move(source, to: target)
            }
            for suffix in ["-wal", "-shm"] { unlink(directory.database + suffix) }
            try WholeFile.move(folder.database, to: directory.database)
        }
        DataDirectory.removeFlat(folder.path)
    }
}
