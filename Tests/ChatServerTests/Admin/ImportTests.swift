import ChatProtocol
import Testing

@testable import ChatServer

@Suite struct DelimitedReaderTests {
    private func records(_ text: String, _ dialect: DelimitedReader.Dialect) -> [DelimitedReader.Record] {
        let bytes = Array(text.utf8)
        var whole = DelimitedReader(dialect: dialect)
        var expected = whole.append(bytes)
        if let last = whole.finish() { expected.append(last) }
        // However the bytes come, the records are the same.
        var single = DelimitedReader(dialect: dialect)
        var result = bytes.flatMap { single.append([$0]) }
        if let last = single.finish() { result.append(last) }
        #expect(result == expected)
        return result
    }

    private func texts(_ record: DelimitedReader.Record) -> [String] {
        record.fields.map { $0.fault?.rawValue ?? ($0.isNull ? "<null>" : String(decoding: $0.bytes, as: UTF8.self)) }
    }

    @Test func `comma separated as in the RFC`() {
        let table: [(String, [[String]])] = [
            ("", []),
            ("a", [["a"]]),
            ("a,b\n", [["a", "b"]]),
            ("a,b\r\nc,d", [["a", "b"], ["c", "d"]]),
            ("a,\n", [["a", ""]]),
            (",", [["", ""]]),
            ("\"a,\"\"b\"\"\",c\n", [["a,\"b\"", "c"]]),
            (
                "x,\"a\r\nb\",c\r\nd,e\n",
                [
                    ["x", "a quote that is not closed in its line"], ["a quote inside a field that is not quoted"],
                    ["d", "e"],
                ]
            ),
            ("\"\"\n", [[""]]),
            ("a\"b,c\nd,e", [["a quote inside a field that is not quoted"], ["d", "e"]]),
            ("x,\"a\"b,c\nd,e", [["x", "text behind the closing quote"], ["d", "e"]]),
            ("\"never\nclosed", [["a quote that is not closed in its line"], ["closed"]]),
            ("a,\"never closed", [["a", "a quote that is not closed in its line"]]),
            ("a\rb,c\n", [["a\rb", "c"]]),
            ("a\tb\\n,c\n", [["a\tb\\n", "c"]]),
        ]
        for (text, expected) in table { #expect(records(text, .comma).map(texts) == expected, "\(text)") }
    }

    @Test func `tab separated as my SQL writes it`() {
        let table: [(String, [[String]])] = [
            ("a\tb\n", [["a", "b"]]),
            ("a\\tb\\\\c\\n\t\"q\"\n", [["a\tb\\c\n", "\"q\""]]),
            ("a\tNULL\tNULLS\n", [["a", "<null>", "NULLS"]]),
            ("\\N\ta\n", [["<null>", "a"]]),
            ("a\\x\tb\nc\td\n", [["a backslash that escapes nothing"], ["c", "d"]]),
            ("a\\", [["a backslash that escapes nothing"]]),
        ]
        for (text, expected) in table { #expect(records(text, .tab).map(texts) == expected, "\(text)") }
    }

    @Test func `a forgotten quote costs its own line`() {
        let table = records("a\n\"b\nc\n\"d\"\n\ne\n", .comma)
        #expect(table.map(\.line) == [1, 2, 3, 4, 5, 6])
        #expect(table.map { $0.fields[0].fault } == [nil, .openQuote, nil, nil, nil, nil])
    }

    @Test func `a huge field is not kept`() {
        var reader = DelimitedReader(dialect: .comma)
        let chunk = [UInt8](repeating: 0x61, count: 1 << 20)
        for _ in 0..<10 { #expect(reader.append(chunk).isEmpty) }
        let record = reader.append(Array(",b\nc,d\n".utf8))
        #expect(record.count == 2)
        #expect(record[0].fields[0].fault == .tooLong)
        #expect(record[0].fields[0].bytes.count == DelimitedReader.fieldLimit)
        #expect(texts(record[1]) == ["c", "d"])
        var many = DelimitedReader(dialect: .comma)
        #expect(many.append([UInt8](repeating: 0x2c, count: 1 << 20)).isEmpty)
        #expect(many.append([0x0a]).first?.fields.count == DelimitedReader.fieldCount + 1)
    }
}

@Suite struct UserImportTests {
    static let hash = "$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW"

    private func run(_ text: String) throws -> [UserImport.Item] { try run(Array(text.utf8)) }

    private func run(_ bytes: [UInt8]) throws -> [UserImport.Item] {
        var source = UserImport()
        return try source.append(bytes) + source.finish()
    }

    private func faults(_ items: [UserImport.Item]) -> [String] {
        items.compactMap { if case .fault(let fault) = $0 { fault.text(file: "f") } else { nil } }
    }

    private func users(_ items: [UserImport.Item]) -> [NewUser] {
        items.compactMap { if case .user(let user, _) = $0 { user } else { nil } }
    }

    @Test func `columns may stand in any order and upper case is folded`() throws {
        let items = try run("FULL_NAME,PASSWORD,USER_NAME\r\n\"Alice, the first\",\(Self.hash),Alice\r\n\r\n")
        #expect(faults(items) == [])
        #expect(users(items).map(\.name.text) == ["alice"])
        #expect(users(items).map(\.displayName) == ["Alice, the first"])
        #expect(users(items).map(\.origin) == [.imported])
        let tabs = try run("\u{feff}user_name\tPASSWORD\tFULL_NAME\nbob\t\(Self.hash)\tNULL\n")
        #expect(users(tabs).map(\.displayName) == [""])
    }

    @Test func `a bad header is refused as a whole`() {
        for text in [
            "", "\n", "USER_NAME\n", "USER_NAME,PASSWORD,SALT\n", "USER_NAME,PASSWORD,PASSWORD\n", "a,b\nc,d\n",
        ] {
            #expect(throws: ImportFault.self, "\(text)") { try run(text) }
        }
    }

    @Test func `what is hostile is refused by line and column without being shown`() throws {
        let secret = "SECRET"
        let rows: [(String, String)] = [
            ("alice,\(Self.hash)", ""),
            ("bob,$2a$31$\(Self.hash.dropFirst(7))", "f:3:2: PASSWORD has a bcrypt cost outside of 4 to 14"),
            ("carol,$6$\(secret)", "f:4:2: PASSWORD is not a bcrypt hash ($2a$, $2b$ or $2y$)"),
            ("../\(secret),\(Self.hash)", "f:5:1: USER_NAME is not [a-z0-9][a-z0-9._-]{0,31}, or is a reserved word"),
            ("everyone,\(Self.hash)", "f:6:1: USER_NAME is not [a-z0-9][a-z0-9._-]{0,31}, or is a reserved word"),
            ("ALICE,\(Self.hash)", "f:7: the same USER_NAME stood further up"),
            ("dave", "f:8: expected 2 fields as in the header line, not 1"),
            ("eve,\(Self.hash),\(secret)", "f:9: expected 2 fields as in the header line, not 3"),
            (",", "f:10:1: USER_NAME is not [a-z0-9][a-z0-9._-]{0,31}, or is a reserved word"),
            ("f\(String(repeating: "x", count: 70_000)),\(Self.hash)", "f:11:1: longer than 64 KiB"),
            ("g\"\(secret),\(Self.hash)", "f:12:1: a quote inside a field that is not quoted"),
            ("zoe,\(Self.hash)", ""),
        ]
        let items = try run("USER_NAME,PASSWORD\n" + rows.map { $0.0 + "\n" }.joined())
        #expect(faults(items) == rows.map(\.1).filter { !$0.isEmpty })
        #expect(users(items).map(\.name.text) == ["alice", "zoe"])
        #expect(!faults(items).joined().contains(secret))
    }

    @Test func `bytes that are not UTF-8 are refused`() throws {
        let bytes = Array("USER_NAME,PASSWORD,FULL_NAME\nalice,\(Self.hash),".utf8) + [0xff, 0xfe, 0x0a]
        #expect(faults(try run(bytes)) == ["f:2:3: not UTF-8"])
        let nul = "USER_NAME,PASSWORD,FULL_NAME\nalice,\(Self.hash),a\0b\n"
        #expect(faults(try run(nul)).count == 1)
    }

    @Test func `a header line without end is bounded`() {
        var source = UserImport()
        #expect(throws: ImportFault.self) {
            for _ in 0..<100 { _ = try source.append([UInt8](repeating: 0x61, count: 10_000)) }
        }
    }
}
