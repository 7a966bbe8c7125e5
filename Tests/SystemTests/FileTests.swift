import Glibc
import TestSupport
import Testing

@testable import System

@Suite struct FileTests {
    private let scratch: Scratch
    private var path: String { scratch.url.path + "/file" }

    init() throws { scratch = try Scratch() }

    @Test func `a small file is read whole or refused as too large`() throws {
        try SmallFile.create(path, with: Array("twelve bytes".utf8)).get()
        #expect(SmallFile.read(path, limit: 12) == .success(Array("twelve bytes".utf8)))
        #expect(SmallFile.read(path, limit: 11) == .failure(SystemError(number: EFBIG)))
        #expect(SmallFile.read(path + "s", limit: 12) == .failure(SystemError(number: ENOENT)))
    }

    @Test func `a file is made for its owner alone, and never in the place of another`() throws {
        try SmallFile.create(path, with: [1]).get()
        var status = stat()
        #expect(stat(path, &status) == 0 && status.st_mode & 0o777 == 0o600)
        #expect(throws: SystemError(number: EEXIST)) { try SmallFile.create(path, with: [2]).get() }
        #expect(SmallFile.read(path, limit: 1) == .success([1]))
    }

    @Test func `replacing a file leaves the link that leads to it, and nothing else`() throws {
        let target = scratch.url.path + "/target"
        try OutputFile.replace(target, with: [1])
        #expect(symlink("target", path) == 0)
        try OutputFile.replace(path, with: [2, 3])
        #expect(SmallFile.read(target, limit: 9) == .success([2, 3]))
        var status = stat()
        #expect(lstat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFLNK)
        #expect(try FilePath.names(in: scratch.url.path).get().sorted() == ["file", "target"])
    }

    @Test func `a new file is not there before it is whole, and takes nobody's place`() throws {
        let names = { try FilePath.names(in: self.scratch.url.path).get() }
        let output = try OutputFile(path, replaces: false)
        #expect(try names() == [])
        let late = try OutputFile(path, replaces: false)
        try output.write([1, 2])
        #expect(throws: OutputFile.Failure(action: .create, path: path, number: EEXIST)) { try late.write([3]) }
        #expect(throws: OutputFile.Failure(action: .create, path: path, number: EEXIST)) {
            try OutputFile(path, replaces: false)
        }
        #expect(SmallFile.read(path, limit: 9) == .success([1, 2]))
        #expect(try names() == ["file"])
        output.takeBack()
        #expect(try names() == [])
        #expect(throws: OutputFile.Failure(action: .create, path: path + "/below/file", number: ENOENT)) {
            try OutputFile(path + "/below/file", replaces: false)
        }
    }

    @Test func `what somebody who was killed has left beside a file goes, and nothing else`() throws {
        let folder = scratch.url.path
        let left = ["file.2k9x.new", "file.2k9x.new-journal"]
        let others = ["file", "file.new", "file.a.b.new", "file.Ä.new", "file.2k9x.newer", "other.2k9x.new"]
        for name in left + others { try SmallFile.create("\(folder)/\(name)", with: [1]).get() }
        #expect(mkdir("\(folder)/file.3.new", 0o700) == 0 && symlink("file", "\(folder)/file.4.new") == 0)
        let output = try OutputFile(path, replaces: true)
        let names = { try FilePath.names(in: folder).get().sorted() }
        let before = try names()
        output.removeLeftovers()
        #expect(try names() == before, "somebody may be writing still")
        output.removeLeftovers(now: time(nil) + 3_610)
        #expect(try names() == before.filter { !left.contains($0) })
    }

    @Test func `a file that cannot be made is not begun`() throws {
        #expect(throws: OutputFile.Failure(action: .write, path: scratch.url.path, number: EISDIR)) {
            try OutputFile.replace(scratch.url.path, with: [1])
        }
        #expect(throws: OutputFile.Failure.self) { try OutputFile.replace(path + "/below", with: [1]) }
        #expect(try FilePath.names(in: scratch.url.path).get() == [])
    }

    @Test func `a file that is locked says who has it`() throws {
        try SmallFile.create(path, with: []).get()
        let first = open(path, O_RDWR | O_CLOEXEC)
        let second = open(path, O_RDWR | O_CLOEXEC)
        defer { for descriptor in [first, second] { close(descriptor) } }
        #expect(try FileLock.take(first))
        #expect(try !FileLock.take(second))
        FileLock.noteHolder(first)
        #expect(FileLock.holder(second) == getpid())
        #expect(FileLock.takeDescription(first))
        #expect(FileLock.isDescriptionTaken(second) && !FileLock.takeDescription(second))
    }
}

@Suite struct PipeTests {
    private let scratch: Scratch
    private var path: String { scratch.url.path + "/pipe" }

    init() throws {
        scratch = try Scratch()
        mkfifo(path, 0o600)
    }

    @Test func `a pipe is written to when somebody reads it, and refused where nobody is waited for`() async throws {
        #expect(throws: OutputFile.Failure(action: .write, path: path, number: ENXIO)) {
            try OutputFile(path, replaces: true)
        }
        async let output = OutputFile.awaited(path, replaces: true)
        async let read = SmallFile.awaited(path, limit: 9)
        try await output.write([1, 2])
        try await output.close()
        #expect(try await read == [1, 2])
    }
}

@Suite struct DescriptorTests {
    @Test func `what does not fit a pipe is written as soon as somebody reads`() async throws {
        let ends = try NewDescriptor.pipe()
        _ = fcntl(ends.write, F_SETFL, O_NONBLOCK)
        let bytes = (0..<300_000).map { UInt8(truncatingIfNeeded: $0) }
        async let failure = Task.detached {
            defer { close(ends.write) }
            return Descriptor.write(bytes, to: ends.write)
        }.value
        let read = await Task.detached { SmallFile.read(descriptor: ends.read, limit: 300_000) }.value
        close(ends.read)
        #expect(await failure == nil)
        #expect(read == .success(bytes))
    }

    @Test func `a file in memory is read from its beginning and copied to its end`() throws {
        let source = try NewDescriptor.memoryFile([1, 2, 3]).get()
        let target = try NewDescriptor.memoryFile([]).get()
        defer { for descriptor in [source, target] { close(descriptor) } }
        #expect(Descriptor.copy(source, to: target) == nil)
        #expect(lseek(target, 0, SEEK_SET) == 0)
        #expect(Descriptor.read(target, limit: 9) == .success([1, 2, 3]))
    }

    @Test func `an error number has the kernel's words`() {
        #expect(SystemError.text(ENOENT) == "No such file or directory")
        #expect(Descriptor.write([1], to: -1) == EBADF)
        #expect(Descriptor.read(-1, limit: 1) == .failure(SystemError(number: EBADF)))
    }
}
