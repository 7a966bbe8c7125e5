import Glibc

/// A directory of this test alone, removed when the value goes.
final class TemporaryDirectory {
    let path: String

    init() throws {
        var template = Array("/tmp/chat-sqlite-XXXXXX".utf8CString)
        guard let made = mkdtemp(&template) else { throw MakingFailed() }
        path = String(cString: made)
    }

    struct MakingFailed: Error {}

    func file(_ name: String) -> String { path + "/" + name }

    deinit {
        guard let directory = opendir(path) else { return }
        while let entry = readdir(directory) {
            let name = withUnsafeBytes(of: entry.pointee.d_name) { bytes in
                String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name != "." && name != ".." { unlink(file(name)) }
        }
        closedir(directory)
        rmdir(path)
    }
}
