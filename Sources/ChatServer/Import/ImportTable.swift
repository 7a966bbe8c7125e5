import ChatProtocol

/// An account that is to be made.
package struct NewUser: Equatable, Sendable {
    package var name: UserName
    package var displayName: String
    package var hash: PasswordHash
    package var origin: StoredAccount.HashOrigin
    package var isAdministrator: Bool
    /// Its first device, where one is made with it.
    package var firstDevice: FirstDevice?

    package init(
        name: UserName, displayName: String, hash: PasswordHash, origin: StoredAccount.HashOrigin,
        isAdministrator: Bool = false, firstDevice: FirstDevice? = nil
    ) {
        self.name = name
        self.displayName = displayName
        self.hash = hash
        self.origin = origin
        self.isAdministrator = isAdministrator
        self.firstDevice = firstDevice
    }
}

/// The first device of an account, which an identity file logs in: its name, and the public key by which that begins. The private one
/// stays in the file, and the device makes its own.
package struct FirstDevice: Equatable, Sendable {
    package var name: String
    package var key: [UInt8]

    package init(name: String, key: [UInt8]) {
        self.name = name
        self.key = key
    }
}

/// Why a row of an import is refused, and where. It never contains what stands there.
struct ImportFault: Error, Equatable, Sendable {
    var line: Int
    /// The field, from 1; 0 where the row as a whole is meant.
    var column: Int
    var reason: String

    func text(file: String) -> String {
        column == 0 ? "\(file):\(line): \(reason)" : "\(file):\(line):\(column): \(reason)"
    }
}

/// The table of users of the old system: which columns are where, and what a row of it says.
struct ImportTable: Equatable, Sendable {
    private let columns: Int
    private let name: Int
    private let password: Int
    private let fullName: Int?

    /// Reads the header line.
    init(header: DelimitedReader.Record) throws(ImportFault) {
        var places: [String: Int] = [:]
        for (index, field) in header.fields.enumerated() {
            let title = String(decoding: field.bytes, as: UTF8.self).uppercased()
            guard field.fault == nil, ["USER_NAME", "PASSWORD", "FULL_NAME"].contains(title) else {
                throw ImportFault(
                    line: header.line, column: index + 1,
                    reason: "expected the column USER_NAME, PASSWORD or FULL_NAME in the header line")
            }
            guard places.updateValue(index, forKey: title) == nil else {
                throw ImportFault(line: header.line, column: index + 1, reason: "the column \(title) stands twice")
            }
        }
        guard let name = places["USER_NAME"], let password = places["PASSWORD"] else {
            throw ImportFault(
                line: header.line, column: 0, reason: "the header line must name the columns USER_NAME and PASSWORD")
        }
        columns = header.fields.count
        self.name = name
        self.password = password
        fullName = places["FULL_NAME"]
    }

    /// The account that a row describes.
    func user(_ record: DelimitedReader.Record) throws(ImportFault) -> NewUser {
        if let bad = record.fields.firstIndex(where: { $0.fault != nil }) {
            throw fault(record, bad, record.fields[bad].fault?.rawValue ?? "")
        }
        guard record.fields.count == columns else {
            throw ImportFault(
                line: record.line, column: 0,
                reason: "expected \(columns) fields as in the header line, not "
                    + (record.fields.count > DelimitedReader.fieldCount ? "more" : "\(record.fields.count)"))
        }
        guard let name = UserName(typed: try text(record, name)) else {
            throw fault(record, self.name, "USER_NAME is not \(UserName.grammar), or is a reserved word")
        }
        let displayName = try fullName.map { index throws(ImportFault) in try text(record, index) } ?? ""
        guard displayName.utf8.count <= Limits.displayName, !displayName.utf8.contains(0) else {
            throw fault(
                record, fullName ?? 0, "FULL_NAME is longer than \(Limits.displayName) bytes, or has a NUL in it")
        }
        return NewUser(
            name: name, displayName: displayName, hash: try hash(record), origin: .imported)
    }

    private func hash(_ record: DelimitedReader.Record) throws(ImportFault) -> PasswordHash {
        let text = try text(record, password)
        do throws(PasswordHash.Fault) {
            return try PasswordHash(text)
        } catch {
            let costs = PasswordHash.importedCosts
            switch error {
            case .notBcrypt: throw fault(record, password, "PASSWORD is not a bcrypt hash ($2a$, $2b$ or $2y$)")
            case .costOutOfRange:
                throw fault(
                    record, password,
                    "PASSWORD has a bcrypt cost outside of \(costs.lowerBound) to \(costs.upperBound)")
            }
        }
    }

    private func text(_ record: DelimitedReader.Record, _ index: Int) throws(ImportFault) -> String {
        let field = record.fields[index]
        if field.isNull { return "" }
        guard let text = String(validating: field.bytes, as: UTF8.self) else {
            throw fault(record, index, "not UTF-8")
        }
        return text
    }

    private func fault(_ record: DelimitedReader.Record, _ index: Int, _ reason: String) -> ImportFault {
        ImportFault(line: record.line, column: index + 1, reason: reason)
    }
}
