import Foundation
import Testing

@testable import mls_interop

/// Where the vectors are: `CHAT_VECTORS`, or `../shared/vectors` beside the package.
enum VectorFolder {
    static let root: String = {
        if let folder = ProcessInfo.processInfo.environment["CHAT_VECTORS"] { return folder }
        let package = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        return package.deletingLastPathComponent().appendingPathComponent("shared/vectors").path
    }()

    static let isPresent = FileManager.default.fileExists(atPath: root + "/mls/official")

    static let howToGet: Comment = """
        The vectors are not here: set CHAT_VECTORS to a folder with mls/official (the MLS working group's files, which \
        github.com/openmls/openmls carries in openmls/test_vectors) and mls/random.
        """

    static func files(_ folder: String) -> [String] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: "\(root)/mls/\(folder)")) ?? []
        return names.filter { $0.hasSuffix(".json") }.map { "\(folder)/" + $0.dropLast(5) }.sorted()
    }

    static func load(_ file: String) throws -> JSON {
        let data = try Data(contentsOf: URL(fileURLWithPath: "\(root)/mls/\(file).json"))
        return try JSON(parsing: Array(data))
    }
}

/// Published vectors.
@Suite(.enabled(if: VectorFolder.isPresent, VectorFolder.howToGet))
struct VectorTests {
    @Test(arguments: VectorFolder.files("official") + VectorFolder.files("random"))
    func `every entry of a file holds, and what is skipped says why`(_ file: String) throws {
        let name = String(file.split(separator: "/").last ?? "")
        let kind = try #require(VectorKind(fileName: name))
        let report = try kind.verify(try VectorFolder.load(file))
        #expect(report.checked > 0)
        for reason in report.skipped.keys { #expect(reason.contains("X448, Ed448")) }
        if !report.skipped.isEmpty { print("\(file): \(report.text)") }
    }

    @Test
    func `all sixteen official files are looked at`() {
        #expect(VectorFolder.files("official").count >= 16)
    }

    @Test
    func `a vector with one changed byte does not hold`() throws {
        let file = try VectorFolder.load("official/psk_secret")
        var entries = try #require(file.array)
        guard case .object(var first) = entries[0], var secret = JSON.object(first)["psk_secret"].hex else {
            Issue.record("no psk_secret")
            return
        }
        secret[0] ^= 1
        first["psk_secret"] = .hex(secret)
        entries[0] = .object(first)
        #expect(throws: VectorFailure.self) { try VectorKind.pskSecret.verify(.array(entries)) }
    }
}
