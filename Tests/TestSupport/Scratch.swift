import Foundation

/// A folder of one test's own, erased afterwards unless `CHAT_KEEP_SCRATCH` asks to keep it for a look.
package final class Scratch: Sendable {
    package let url: URL

    package init() throws {
        // Short: a Unix-domain socket's path has room for 107 bytes.
        let name = "chat-" + String(UUID().uuidString.prefix(8)).lowercased()
        url = FileManager.default.temporaryDirectory.appendingPathComponent(name)
        try FileManager.default.createDirectory(
            at: url, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    }

    package var path: String { url.path }

    package func file(_ name: String) -> String { url.appendingPathComponent(name).path }

    deinit {
        guard ProcessInfo.processInfo.environment["CHAT_KEEP_SCRATCH"] == nil else { return }
        try? FileManager.default.removeItem(at: url)
    }
}
