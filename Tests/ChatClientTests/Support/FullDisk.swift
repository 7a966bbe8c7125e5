import CSQLite
import Foundation
import Synchronization

/// A disk that has no room for what SQLite writes below a folder, from one transaction on.
///
/// It stands between SQLite and its own files (https://sqlite.org/vfs.html), so that what is refused, and when, is the same as with a
/// real one: the pages of a transaction are written when it is committed.
final class FullDisk: Sendable {
    private struct State {
        var transactions = 0
        var isFull = false
        var refusals = 0
    }

    private let folder: String
    private let first: Int
    private let isLasting: Bool
    private let state = Mutex(State())

    /// - Parameters:
    ///   - first: the transaction that finds no room, counted from 1.
    ///   - isLasting: there is none until it is freed; else the first write is refused and no other.
    init(under folder: String, from first: Int, isLasting: Bool) {
        self.folder = folder
        self.first = first
        self.isLasting = isLasting
        FullDiskFiles.shared.add(self)
    }

    /// To be called before a server opens the files that are to be on one.
    static func prepare() { _ = FullDiskFiles.shared }

    /// There is room again, and will be.
    func free() {
        FullDiskFiles.shared.remove(self)
        state.withLock { $0.isFull = false }
    }

    var hasRefused: Bool { state.withLock { $0.refusals > 0 } }

    fileprivate func holds(_ path: String) -> Bool { path.hasPrefix(folder) }

    fileprivate func transactionBegan() {
        state.withLock { state in
            state.transactions += 1
            if state.transactions == first { state.isFull = true }
        }
    }

    fileprivate func refusesWrite() -> Bool {
        state.withLock { state in
            guard state.isFull else { return false }
            state.refusals += 1
            state.isFull = isLasting
            return true
        }
    }
}

/// The files of SQLite in this process, and the disks on which they are.
private final class FullDiskFiles: Sendable {
    static let shared = FullDiskFiles()

    /// SQLite's own methods of an open file, by their address, and the disk that it is on.
    private struct OpenFile {
        let methods: UInt
        let path: String
    }

    private let disks = Mutex<[FullDisk]>([])
    private let files = Mutex<[UInt: OpenFile]>([:])
    /// By the address of SQLite's own.
    private let tables = Mutex<[UInt: UInt]>([:])
    private let openFile: UInt

    /// Becomes what SQLite opens files with.
    private init() {
        guard let own = sqlite3_vfs_find(nil) else {
            openFile = 0
            return
        }
        openFile = unsafeBitCast(own.pointee.xOpen, to: UInt.self)
        let mine = UnsafeMutablePointer<sqlite3_vfs>.allocate(capacity: 1)
        mine.initialize(to: own.pointee)
        mine.pointee.zName = UnsafePointer(strdup("full-disk"))
        mine.pointee.pNext = nil
        mine.pointee.xOpen = { FullDiskFiles.shared.open($0, $1, $2, $3, $4) }
        sqlite3_vfs_register(mine, 1)
    }

    func add(_ disk: FullDisk) { disks.withLock { $0.append(disk) } }
    func remove(_ disk: FullDisk) { disks.withLock { $0.removeAll { $0 === disk } } }

    private typealias Open =
        @convention(c) (
            UnsafeMutablePointer<sqlite3_vfs>?, sqlite3_filename?, UnsafeMutablePointer<sqlite3_file>?, Int32,
            UnsafeMutablePointer<Int32>?
        ) -> Int32

    private func open(
        _ vfs: UnsafeMutablePointer<sqlite3_vfs>?, _ name: sqlite3_filename?,
        _ file: UnsafeMutablePointer<sqlite3_file>?, _ flags: Int32, _ outFlags: UnsafeMutablePointer<Int32>?
    ) -> Int32 {
        let code = unsafeBitCast(openFile, to: Open.self)(vfs, name, file, flags, outFlags)
        guard code == SQLITE_OK, let name, let file, let methods = file.pointee.pMethods else { return code }
        files.withLock {
            $0[UInt(bitPattern: file)] = OpenFile(methods: UInt(bitPattern: methods), path: String(cString: name))
        }
        file.pointee.pMethods = table(of: methods)
        return code
    }

    /// SQLite's methods, with those between that a full disk needs.
    private func table(of methods: UnsafePointer<sqlite3_io_methods>) -> UnsafePointer<sqlite3_io_methods>? {
        let address = tables.withLock { tables in
            if let known = tables[UInt(bitPattern: methods)] { return known }
            let mine = UnsafeMutablePointer<sqlite3_io_methods>.allocate(capacity: 1)
            mine.initialize(to: methods.pointee)
            mine.pointee.xWrite = { FullDiskFiles.shared.write($0, $1, $2, $3) }
            mine.pointee.xShmLock = { FullDiskFiles.shared.lock($0, $1, $2, $3) }
            mine.pointee.xClose = { FullDiskFiles.shared.close($0) }
            tables[UInt(bitPattern: methods)] = UInt(bitPattern: mine)
            return UInt(bitPattern: mine)
        }
        return UnsafePointer(bitPattern: address)
    }

    private func known(_ file: UnsafeMutablePointer<sqlite3_file>?) -> OpenFile? {
        files.withLock { $0[UInt(bitPattern: file)] }
    }

    private func methods(of file: OpenFile?) -> UnsafePointer<sqlite3_io_methods>? {
        file.flatMap { UnsafePointer(bitPattern: $0.methods) }
    }

    private func disk(of file: OpenFile?) -> FullDisk? {
        disks.withLock { disks in file.flatMap { file in disks.first { $0.holds(file.path) } } }
    }

    private func write(
        _ file: UnsafeMutablePointer<sqlite3_file>?, _ bytes: UnsafeRawPointer?, _ count: Int32, _ offset: Int64
    ) -> Int32 {
        let known = known(file)
        if disk(of: known)?.refusesWrite() == true { return SQLITE_FULL }
        return methods(of: known)?.pointee.xWrite?(file, bytes, count, offset) ?? SQLITE_IOERR
    }

    /// The first lock of the shared memory is the writer's (https://sqlite.org/walformat.html).
    private func lock(_ file: UnsafeMutablePointer<sqlite3_file>?, _ offset: Int32, _ count: Int32, _ flags: Int32)
        -> Int32
    {
        let known = known(file)
        let code = methods(of: known)?.pointee.xShmLock?(file, offset, count, flags) ?? SQLITE_IOERR
        if code == SQLITE_OK, offset == 0, flags == SQLITE_SHM_LOCK | SQLITE_SHM_EXCLUSIVE {
            disk(of: known)?.transactionBegan()
        }
        return code
    }

    private func close(_ file: UnsafeMutablePointer<sqlite3_file>?) -> Int32 {
        let known = files.withLock { $0.removeValue(forKey: UInt(bitPattern: file)) }
        let methods = methods(of: known)
        file?.pointee.pMethods = methods
        return methods?.pointee.xClose?(file) ?? SQLITE_IOERR
    }
}
