import Foundation
import TestSupport
import Testing

/// The unit file, as far as it can be tried without systemd.
@Suite struct UnitFileTests {
    private func settings(_ path: String) throws -> [String: String] {
        var settings: [String: String] = [:]
        for line in try Repository.text(path).split(separator: "\n") where !line.hasPrefix("#") {
            let parts = line.split(separator: "=", maxSplits: 1)
            if parts.count == 2 { settings[String(parts[0])] = String(parts[1]) }
        }
        return settings
    }

    @Test func `root, who works as the owner of the data, can reach them where the unit has them`() throws {
        let unit = try settings("Sources/ChatServer/chatd.service")
        // A dynamic user's state lies below a directory that root alone may enter.
        #expect(unit["DynamicUser"] == nil)
        let user = try #require(unit["User"])
        let state = try "/var/lib/" + #require(unit["StateDirectory"])
        #expect(unit["ExecStart"]?.hasSuffix("--data \(state)") == true)
        let users = try Repository.text("Sources/ChatServer/chatd.sysusers").split(separator: "\n")
        #expect(users.contains { $0.hasPrefix("u \(user) - ") && $0.hasSuffix(" \(state)") })
        let makefile = try Repository.text("Makefile")
        #expect(makefile.contains("Sources/ChatServer/chatd.sysusers"))
    }
}
