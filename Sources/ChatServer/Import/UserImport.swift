import CLISupport
import ChatProtocol

/// Reads a table of users as it comes: rows that are good, and faults of those that are not.
struct UserImport {
    enum Item: Equatable, Sendable {
        case user(NewUser, line: Int)
        case fault(ImportFault)
    }

    /// Names that one import may bring: they are kept in memory, so that a name that stands twice is found.
    static let rowLimit = 1_000_000

    /// The bytes of the first line, until it is known which dialect it is.
    private var beginning: [UInt8]? = []
    private var reader = DelimitedReader(dialect: .comma)
    private var table: ImportTable?
    private var seen: Set<UserName> = []

    init() {}

    /// Takes the next bytes.
    ///
    /// - Throws: where the header line is wrong, so that nothing can be read at all.
    mutating func append(_ bytes: [UInt8]) throws(ImportFault) -> [Item] {
        guard var beginning else { return try items(reader.append(bytes)) }
        beginning += bytes
        guard beginning.contains(0x0a) else {
            guard beginning.count <= DelimitedReader.fieldLimit else {
                throw ImportFault(line: 1, column: 0, reason: "the header line does not end")
            }
            self.beginning = beginning
            return []
        }
        return try begin(beginning)
    }

    /// Everything was given.
    mutating func finish() throws(ImportFault) -> [Item] {
        var result: [Item] = []
        if let beginning { result = try begin(beginning) }
        if let last = reader.finish() { result += try items([last]) }
        guard table != nil else { throw ImportFault(line: 1, column: 0, reason: "there is no header line") }
        return result
    }

    private mutating func begin(_ bytes: [UInt8]) throws(ImportFault) -> [Item] {
        beginning = nil
        let text = ByteOrderMark.dropped(from: bytes)[...]
        let hasTab = text.prefix { $0 != 0x0a }.contains(0x09)
        reader = DelimitedReader(dialect: hasTab ? .tab : .comma)
        return try items(reader.append(text))
    }

    private mutating func items(_ records: [DelimitedReader.Record]) throws(ImportFault) -> [Item] {
        var result: [Item] = []
        for record in records {
            guard let table else {
                self.table = try ImportTable(header: record)
                continue
            }
            // An empty line is a record of one empty field: people leave them at the end.
            if record.fields == [DelimitedReader.Field()] { continue }
            result.append(item(record, table))
        }
        return result
    }

    private mutating func item(_ record: DelimitedReader.Record, _ table: ImportTable) -> Item {
        do throws(ImportFault) {
            let user = try table.user(record)
            guard seen.count < Self.rowLimit else {
                throw ImportFault(line: record.line, column: 0, reason: "more than \(Self.rowLimit) rows")
            }
            guard seen.insert(user.name).inserted else {
                throw ImportFault(line: record.line, column: 0, reason: "the same USER_NAME stood further up")
            }
            return .user(user, line: record.line)
        } catch { return .fault(error) }
    }
}
