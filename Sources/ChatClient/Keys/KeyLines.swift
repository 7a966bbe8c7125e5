import CLISupport
import ChatProtocol
import GroupRules
import System

/// Lines `USER acct1:…`, as `keys export` writes them: `#` comments and blank lines say nothing.
package struct KeyLines: Equatable, Sendable {
    /// Ten thousand users, and as many comments.
    static let maximumBytes = 2 << 20

    package struct Line: Equatable, Sendable {
        package var number: Int
        package var name: UserName
        package var root: AccountRoot
    }

    package let lines: [Line]
    private let byName: [UserName: AccountRoot]

    /// - Throws: `code`, with file and line.
    init(parsing bytes: [UInt8], file: String, code: LocalCode) throws(Problem) {
        var lines: [Line] = []
        var byName: [UserName: AccountRoot] = [:]
        var number = 0
        for bytes in ByteOrderMark.dropped(from: bytes).split(separator: 0x0a, omittingEmptySubsequences: false) {
            number += 1
            let words = bytes.split { [0x20, 0x09, 0x0d].contains($0) }.map { String(decoding: $0, as: UTF8.self) }
            guard let first = words.first, !first.hasPrefix("#") else { continue }
            guard words.count == 2 || words.count > 2 && words[2].hasPrefix("#"), let name = UserName(first),
                let fingerprint = AccountFingerprint(words[1])
            else {
                throw Problem(
                    code, "\(file):\(number): expected a user and a fingerprint, acct1: and 52 letters and digits",
                    hint: "correct or remove the line")
            }
            guard byName.updateValue(fingerprint.root, forKey: name).map({ $0 == fingerprint.root }) ?? true else {
                throw Problem(
                    code, "\(file):\(number): \(name) has another fingerprint further up",
                    hint: "remove the line that is out of date")
            }
            lines.append(Line(number: number, name: name, root: fingerprint.root))
        }
        self.lines = lines
        self.byName = byName
    }

    /// What a file that somebody names says.
    ///
    /// - Throws: 66; 65 with file and line.
    package init(file: String) async throws(Problem) {
        let bytes: [UInt8]
        do throws(SystemError) {
            bytes = try await SmallFile.awaited(file, limit: Self.maximumBytes, patience: .short)
        } catch {
            let text = error.isOfMissingFile ? "no such file" : error.text
            throw Problem(.missingFile, "\(file): \(text)", hint: "name a file of lines 'USER acct1:…'")
        }
        try self.init(parsing: bytes, file: file, code: .invalidData)
    }

    subscript(name: UserName) -> AccountRoot? { byName[name] }
}
