import Foundation
import Testing

/// Package.swift says what each target uses. The compiler finds a module also where nobody declared it, as long as somebody
/// else has; then a target does not build alone.
@Suite struct ManifestTests {
    @Test func `what a target imports is declared`() throws {
        let targets = try Manifest.targets()
        try #require(targets.count > 20)
        for target in targets {
            let undeclared = try target.imports().subtracting(target.dependencies).subtracting(Manifest.given)
            #expect(
                undeclared.isEmpty, "\(target.name) imports \(undeclared.sorted()), which Package.swift does not name")
        }
    }

    /// What is drawn is what holds: a target that uses one above it makes a knot that nobody sees.
    @Test func `the house stands as Package.swift draws it`() throws {
        let floors = try Manifest.floors()
        try #require(floors.count == 6)
        let order = floors.reversed().flatMap { $0.reversed() }
        let targets = try Manifest.targets().filter { $0.folder.path.contains("/Sources/") }
        #expect(Set(order) == Set(targets.map(\.name)) && order.count == targets.count)
        for target in targets {
            let place = try #require(order.firstIndex(of: target.name))
            for used in target.dependencies {
                guard let below = order.firstIndex(of: used) else { continue }
                #expect(below < place, "\(target.name) uses \(used), which is drawn above it")
            }
        }
    }
}

/// Package.swift, read as text.
private enum Manifest {
    struct Target {
        var name: String
        var folder: URL
        var dependencies: Set<String>

        func imports() throws -> Set<String> {
            let files = FileManager.default.enumerator(at: folder, includingPropertiesForKeys: nil)?
                .compactMap { $0 as? URL }.filter { $0.pathExtension == "swift" }
            let line = #/(?m)^\s*(?:@\w+ |package |public |internal )*import (?:struct |enum |class |func )?(\w+)$/#
            return try (files ?? []).reduce(into: []) { found, file in
                // What stands in a text of several lines is no import of this file.
                let code = try String(contentsOf: file, encoding: .utf8).components(separatedBy: #"""""#).enumerated()
                    .filter { $0.offset.isMultiple(of: 2) }.map(\.element).joined()
                found.formUnion(code.matches(of: line).map { String($0.1) })
            }
        }
    }

    /// What comes with the toolchain.
    static let given: Set<String> = [
        "Foundation", "FoundationEssentials", "Glibc", "Dispatch", "Synchronization", "Testing", "Swift",
    ]

    private static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    private static func text() throws -> String {
        try String(contentsOf: root.appending(path: "Package.swift"), encoding: .utf8)
    }

    /// The picture at its head: what stands on each floor, from above, the first one leftmost.
    static func floors() throws -> [[String]] {
        try text().matches(of: #/\n\/\/   [a-z ]+: +([^\n]+)/#).map { match in
            match.1.split(separator: " ").map(String.init)
        }
    }

    static func targets() throws -> [Target] {
        let text = try text()
        let beginning = #/\n        \.(target|executableTarget|testTarget|systemLibrary)\(\s*name: "([^"]+)"/#
        let matches = text.matches(of: beginning)
        return matches.indices.compactMap { index in
            let match = matches[index]
            guard match.1 != "systemLibrary" else { return nil }
            let end = index + 1 < matches.count ? matches[index + 1].range.lowerBound : text.endIndex
            let body = text[match.range.upperBound..<end]
            let path = body.firstMatch(of: #/ path: "([^"]+)"/#).map { String($0.1) }
            let folder = path ?? (match.1 == "testTarget" ? "Tests/" : "Sources/") + match.2
            let list = body.firstMatch(of: #/dependencies: \[([^\]]*)\]/#).map { String($0.1) } ?? ""
            let names = list.matches(of: #/"([A-Za-z0-9-]+)"/#).map { String($0.1).replacing("-", with: "_") }
            return Target(name: String(match.2), folder: root.appending(path: folder), dependencies: Set(names))
        }
    }
}
