#if DEBUG || FUZZER
    import SQLite
    import WireCodec

    /// What an input does to a store: rows and columns get values that are not of their kind, or bytes of the file are others.
    struct StoreDamage {
        /// A row of such values is put into a table, instead of one column of all rows being changed.
        private static let newRow: UInt8 = 0xff
        private static let most = 256

        private var rest: ArraySlice<UInt8>

        init(_ input: ArraySlice<UInt8>) { rest = input }

        mutating func change(rowsOf database: Database) throws {
            let tables = try Self.tables(of: database)
            for _ in 0..<Self.most where !rest.isEmpty && !tables.isEmpty {
                let (name, columns) = tables[Int(byte()) % tables.count]
                let choice = byte()
                let change: String
                if choice == Self.newRow {
                    change =
                        "INSERT OR IGNORE INTO \(name) VALUES(\(columns.map { _ in value() }.joined(separator: ", ")))"
                } else {
                    change = "UPDATE OR IGNORE \(name) SET \(columns[Int(choice) % columns.count]) = \(value())"
                }
                // What the store itself does not let happen.
                try? database.execute(text: change)
            }
        }

        mutating func change(bytesOf file: inout [UInt8]) {
            while !rest.isEmpty, !file.isEmpty {
                let place = Int(byte()) << 16 | Int(byte()) << 8 | Int(byte())
                file[place % file.count] = byte()
            }
        }

        /// In front of each table a row of identifiers and a row of numbers, and then in each column everything that it is not.
        static func seeds(of kind: UInt8, tables: Int) -> [[UInt8]] {
            (0..<tables).map { index in
                let table = UInt8(index)
                var input = [kind]
                for value: UInt8 in [1, 3] {
                    input += [table, newRow] + Array(repeating: [value, 1], count: 24).joined()
                }
                for column: UInt8 in 0..<24 { input += [table, column, (column + table) % 6, 9] }
                return input
            }
        }

        private static func tables(of database: Database) throws -> [(name: String, columns: [String])] {
            let names: [String] = try database.all(
                """
                SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%' ORDER BY name
                """
            ) { $0.text(0) }
            return try names.map { name in
                let columns = try database.all("SELECT name FROM pragma_table_info(?)", name) { $0.text(0) }
                return (quoted(name), columns.map(quoted))
            }
        }

        private static func quoted(_ name: String) -> String { "\"\(name)\"" }

        private mutating func byte() -> UInt8 { rest.popFirst() ?? 0 }

        private mutating func value() -> String {
            let (kind, number) = (byte() % 6, byte())
            switch kind {
            case 0: return "NULL"
            case 1: return String(number)
            case 2: return String(Int64.max - Int64(number))
            // An identifier.
            case 3: return "x'\(Hexadecimal.text([UInt8](repeating: 0, count: 15) + [number]))'"
            case 4: return "CAST(x'\(Hexadecimal.text(taken(number)))' AS TEXT)"
            default: return "x'\(Hexadecimal.text(taken(number)))'"
            }
        }

        private mutating func taken(_ count: UInt8) -> [UInt8] {
            let taken = Array(rest.prefix(Int(count)))
            rest = rest.dropFirst(Int(count))
            return taken
        }
    }
#endif
