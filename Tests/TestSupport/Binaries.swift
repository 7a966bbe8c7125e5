import Foundation

/// Where the programs under test and the repository's own files are.
package enum Binaries {
    /// The repository's root.
    package static let root = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    /// The folder of the built programs: `CHAT_BINARIES`, or where this test bundle was built.
    package static let folder: URL = {
        if let named = ProcessInfo.processInfo.environment["CHAT_BINARIES"] { return URL(fileURLWithPath: named) }
        let bundle = Bundle.allBundles.first { $0.bundlePath.hasSuffix(".xctest") }?.bundlePath
        return URL(fileURLWithPath: bundle ?? CommandLine.arguments[0]).deletingLastPathComponent()
    }()

    package static var chat: URL { folder.appendingPathComponent("chat") }
    package static var chatd: URL { folder.appendingPathComponent("chatd") }
}
