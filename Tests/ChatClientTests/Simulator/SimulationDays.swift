import CLISupport
import ChatProtocol
import SQLite
import TestSupport
import Testing

@testable import ChatClient
@testable import ChatServer

/// Days pass: nobody waits for them, all that is kept becomes so much older.
extension Simulation {
    /// A server keeps messages for a month, and their ids a week longer; after these nobody writes a message again.
    private static let month = 31

    func passes(days: Int) async throws {
        guard days + age <= 300 else { return }
        age += days
        await server.stop()
        let span = Duration.seconds(days * 86_400)
        for device in people.values.flatMap(\.devices) {
            try StoredTimes.move(back: span, in: try device.place.storeFile)
        }
        try StoredTimes.move(back: span, in: server.storeFile)
        if backup != nil { try StoredTimes.move(back: span, in: server.copyFile) }
        try await server.endsWhatIsOld()
        try await server.startAgain()
        if days >= Self.month {
            for index in messages.indices where messages[index].state == .open { messages[index].state = .lost }
        }
        tell("\(days) days pass")
    }
}

/// The times in a store, wherever they stand: whole numbers that are milliseconds of these years.
private enum StoredTimes {
    private static let years = Duration.seconds(500 * 86_400)
    /// Where an entry is, and no time.
    private static let places = ["entries.key"]

    static func move(back span: Duration, in path: String) throws {
        let database = try Database(path: path, options: DatabaseOptions(mode: .readWrite))
        let columns = try database.all(
            """
            SELECT t.name, c.name FROM sqlite_master t, pragma_table_info(t.name) c
            WHERE t.type = 'table' AND c.type = 'INTEGER' OR t.name = 'meta' AND c.name = 'value'
            """
        ) { (table: $0.text(0), column: $0.text(1)) }
        let now = WallClock.now
        try database.transaction {
            for (table, column) in columns where !places.contains("\(table).\(column)") {
                try database.execute(
                    text: """
                        UPDATE \(table) SET \(column) = \(column) - \(span.components.seconds * 1_000)
                        WHERE typeof(\(column)) = 'integer'
                        AND \(column) BETWEEN \((now - years).milliseconds) AND \((now + years).milliseconds)
                        """)
            }
        }
    }
}

extension TestServer {
    /// As a server does that has believed its clock all the time. It does not run.
    fileprivate func endsWhatIsOld() async throws {
        var settings = SQLiteStore.Settings(path: storeFile)
        settings.isServing = false
        let store = try await SQLiteStore.open(settings)
        try await store.setBelievedTime(WallClock.now)
        var sweep = RetentionSweep(now: WallClock.now, retention: ServerLimits().retention)
        while !sweep.isDone { sweep = try await store.retire(sweep).sweep }
        await store.close()
    }
}
