import ChatProtocol
import SQLite
import StoredValues

/// Welcomes, and the devices that they wait for. Every function that changes something is part of the caller's transaction.
enum WelcomeStore {
    static func insert(
        _ welcome: NewWelcome, of bundle: Bundle, in number: ConversationNumber, head: SequenceNumber, time: Timestamp,
        _ database: Database
    ) throws {
        try database.run(
            "INSERT INTO welcomes(conversation, id, head, time, sender, payload) VALUES(?, ?, ?, ?, ?, ?)", number,
            bundle.id, head, time, bundle.sender, welcome.payload)
        for device in Set(welcome.devices) {
            try database.run(
                """
                INSERT INTO welcome_devices(device, conversation, number, id, voided)
                SELECT ?1, ?2, coalesce(max(number), 0) + 1, ?3, coalesce((SELECT voided FROM devices WHERE id = ?1), 0)
                FROM welcome_devices WHERE device = ?1 AND conversation = ?2
                """, device, number, bundle.id)
        }
    }

    /// - Parameter devices: whose; nil: all that have so many.
    static func surplus(of devices: [DeviceID]?, limit: Int, in database: Database) throws -> [StoreOperation] {
        let devices: [DeviceID] =
            try devices
            ?? database.all(
                "SELECT device FROM welcome_devices GROUP BY device HAVING count(*) > ?", NewWelcome.kept
            ) { try $0.identifier(0) }
        var surplus: [StoreOperation] = []
        for device in devices where surplus.count < limit {
            surplus += try database.all(
                """
                SELECT c.id, r.id FROM (
                    SELECT d.conversation, d.id,
                        row_number() OVER (PARTITION BY w.sender ORDER BY w.time DESC, w.rowid DESC) AS place
                    FROM welcome_devices d JOIN welcomes w ON w.conversation = d.conversation AND w.id = d.id
                    WHERE d.device = ?1) r
                JOIN conversations c ON c.number = r.conversation WHERE r.place > ?2 LIMIT ?3
                """, device, NewWelcome.kept, limit - surplus.count
            ) { .dropWelcome(try $0.identifier(0), device, of: try $0.identifier(1)) }
        }
        return surplus
    }

    static func drop(_ id: MessageID, of device: DeviceID, in number: ConversationNumber, _ database: Database) throws {
        try database.run(
            "DELETE FROM welcome_devices WHERE device = ? AND conversation = ? AND id = ?", device, number, id)
    }

    /// The oldest that nobody has taken, or the one that this request took before.
    static func take(
        _ device: DeviceID, request: MessageID, in number: ConversationNumber, _ database: Database
    ) throws -> TakenWelcome? {
        if let taken = try taken(device, request, number, database) { return taken }
        try database.run(
            """
            UPDATE welcome_devices SET request = ?1 WHERE device = ?2 AND conversation = ?3 AND number = (
                SELECT min(number) FROM valid_welcomes WHERE device = ?2 AND conversation = ?3 AND request IS NULL)
            """, request, device, number)
        return try taken(device, request, number, database)
    }

    private static func taken(
        _ device: DeviceID, _ request: MessageID, _ number: ConversationNumber, _ database: Database
    ) throws -> TakenWelcome? {
        try database.first(
            """
            SELECT w.id, w.head, w.payload FROM valid_welcomes d
            JOIN welcomes w ON w.conversation = d.conversation AND w.id = d.id
            WHERE d.device = ? AND d.conversation = ? AND d.request = ?
            """, device, number, request
        ) { TakenWelcome(id: try $0.identifier(0), head: $0.sequenceNumber(1), payload: $0.bytes(2)) }
    }

    static func waiting(for device: DeviceID, limit: Int, in database: Database) throws -> [ConversationID] {
        try database.all(
            """
            SELECT DISTINCT c.id FROM valid_welcomes d JOIN conversations c ON c.number = d.conversation
            WHERE d.device = ? AND d.request IS NULL ORDER BY c.id LIMIT ?
            """, device, limit
        ) { try $0.identifier(0) }
    }

    struct Old {
        var conversation: ConversationID
        var id: MessageID
        /// Who has made it, and what it takes.
        var sender: AccountID
        var bytes: Int
    }

    /// Some that are old: those that all have taken, earlier than those that wait.
    static func old(_ bounds: RetentionBounds, limit: Int, in database: Database) throws -> [Old] {
        try database.all(
            """
            SELECT c.id, w.id, w.sender, length(w.payload) FROM welcomes w
            JOIN conversations c ON c.number = w.conversation
            WHERE w.time < ?1 AND (w.time < ?2 OR NOT EXISTS(
                SELECT 1 FROM valid_welcomes d WHERE d.conversation = w.conversation AND d.id = w.id AND d.request IS NULL))
            ORDER BY w.time LIMIT ?3
            """, bounds.identifiersBefore, bounds.welcomesBefore, limit
        ) {
            Old(
                conversation: try $0.identifier(0), id: try $0.identifier(1), sender: try $0.identifier(2),
                bytes: $0.int(3))
        }
    }

    static func end(_ id: MessageID, in number: ConversationNumber, _ database: Database) throws {
        try database.run("DELETE FROM welcome_devices WHERE conversation = ? AND id = ?", number, id)
        try database.run("DELETE FROM welcomes WHERE conversation = ? AND id = ?", number, id)
    }
}
