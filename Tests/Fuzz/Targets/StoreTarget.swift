#if DEBUG || FUZZER
    import ChatProtocol
    import Foundation
    import SQLite
    import Transport

    @testable import ChatClient
    @testable import ChatServer

    /// Stores as files that somebody else may have written, or a bad disk: a backup that is restored, and a device's own.
    enum StoreTarget {
        /// Which store, and what is damaged of it.
        private enum Part: UInt8 {
            case backupRows, backupFile, deviceRows, deviceFile
        }

        static func seeds() -> [[UInt8]] {
            StoreDamage.seeds(of: Part.backupRows.rawValue, tables: 28)
                + StoreDamage.seeds(of: Part.deviceRows.rawValue, tables: 48)
        }

        static func stores(_ input: [UInt8]) throws {
            guard let first = input.first, let part = Part(rawValue: first % 4) else { return }
            var damage = StoreDamage(input.dropFirst())
            switch part {
            case .backupRows: try restore { try damage.change(rowsOf: Database(path: $0, options: writing)) }
            case .backupFile: try restore { try change($0, &damage) }
            case .deviceRows:
                try device { try damage.change(rowsOf: Database(path: $0, options: writing)) }
            case .deviceFile: try device { try change($0, &damage) }
            }
        }

        private static var writing: DatabaseOptions { DatabaseOptions(mode: .readWrite, writeAheadLog: false) }

        private static func change(_ path: String, _ damage: inout StoreDamage) throws {
            let file = URL(filePath: path)
            var bytes = Array(try Data(contentsOf: file))
            damage.change(bytesOf: &bytes)
            try Data(bytes).write(to: file)
        }

        /// What is restored is sound, or nothing is there of it.
        private static func restore(_ damage: (String) throws -> Void) throws {
            let folder = try FuzzFolder()
            defer { folder.erase() }
            let path = folder.path + "/backup"
            try Data(try backup.get()).write(to: URL(filePath: path))
            try damage(path)
            let directory = DataDirectory(folder.path + "/data")
            try FileManager.default.createDirectory(atPath: directory.path, withIntermediateDirectories: false)
            let isRestored = (try? Restore.prepare(path, called: "backup", in: directory)) != nil
            let left = try FileManager.default.contentsOfDirectory(atPath: directory.path)
            try promise(left.count == (isRestored ? 1 : 0), "restoring leaves \(left), and was done: \(isRestored)")
            guard isRestored else { return }
            let store = DataDirectory(directory.restored).database
            let faults = try CheckStore.faults(in: Database(path: store, options: writing))
            try promise(faults.isEmpty, "what was restored is damaged: \(faults)")
        }

        /// One for all: making a key is slow.
        private static let backup = Result { () throws -> [UInt8] in
            let folder = try FuzzFolder()
            defer { folder.erase() }
            let (store, copy) = (folder.path + "/store", folder.path + "/copy")
            let database = try Database(path: store)
            try database.migrate(to: ServerSchema.schema)
            _ = try MetaStore.identity(in: database, fresh: .fresh(), time: 1)
            try BackupStore.write(to: copy, from: BackupStore.Source(store), identity: .selfSigned(), time: 2)
            return Array(try Data(contentsOf: URL(filePath: copy)))
        }

        /// Whatever stands in its rows, what is read of them is right or an error.
        private static func device(_ damage: (String) throws -> Void) throws {
            let profile = try FuzzProfile()
            defer { profile.folder.erase() }
            try? damage(profile.directory.storeFile)
            guard let store = try? ClientStore(profile.directory, mode: .write) else { return }
            for read in reads(of: store) { try? store.read { try read() } }
            for conversation in FuzzProfile.conversations {
                for read in reads(of: conversation, in: store) { try? store.read { try read() } }
            }
        }

        private static func reads(of store: ClientStore) -> [() throws -> Void] {
            [
                { _ = try store.identity() }, { _ = try store.loginTicket() }, { _ = try store.loginNumbers() },
                { _ = try store.groupKey() }, { _ = try store.knownUsers(limit: 9) },
                { _ = try store.knownRooms(limit: 9) },
                { _ = try store.blockedAccounts() }, { _ = try store.pinnedAccounts() }, { _ = try store.begunReset() },
                { _ = try store.unread() }, { _ = try store.untoldReadMarks() }, { _ = try store.resumePositions() },
                { _ = try store.outboxItems(now: 1, boot: BootTime(boot: "", milliseconds: 1)) },
                { _ = try store.queuedMessages(includingFailed: true, limit: 9) }, { _ = try store.keepingPast() },
                { _ = try store.expireQueued(now: 1, boot: BootTime(boot: "", milliseconds: 1)) },
                { _ = try store.groupPlaces() }, { _ = try store.historyEvidence() }, { _ = try store.lastPosition() },
                {
                    guard let reader = try store.itemReader() else { return }
                    _ = try? store.items(after: 0, limit: 99, reader: reader)
                    _ = try? store.itemsNotShown(after: 0, upTo: .end, limit: 99, reader: reader)
                    _ = try? store.history(HistoryQuery(search: "m"), reader: reader)
                    _ = try? store.memberChanges(after: 0, limit: 99, reader: reader)
                },
                {
                    guard let identity = try store.identity() else { return }
                    _ = try? store.ownDevice(identity)
                    _ = try? store.ownKeys(identity)
                    _ = try? store.waitingDevice(identity)
                    _ = try? store.chainKeys(of: identity.device)
                    for account in [FuzzProfile.own, FuzzProfile.other] {
                        _ = try? store.chain(of: account)
                        _ = try? store.chainCount(of: account)
                        _ = try? store.name(of: account)
                    }
                },
            ]
        }

        private static func reads(of conversation: ConversationID, in store: ClientStore) -> [() throws -> Void] {
            [
                { _ = try store.conversation(conversation) }, { _ = try store.heldGroup(of: conversation) },
                { _ = try store.waitingCommit(of: conversation) }, { _ = try store.lastKnown(of: conversation) },
                { _ = try store.restoredLeaves(in: conversation) }, { _ = try store.receipts(of: conversation) },
                { _ = try store.ownLeaf(in: conversation, now: 1) }, { _ = try store.roomPinned(to: conversation) },
                { _ = try store.doubt(in: conversation) },
            ]
        }
    }
#endif
