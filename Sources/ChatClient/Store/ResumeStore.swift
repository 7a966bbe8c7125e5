import ChatProtocol
import SQLite
import StoredValues

/// Where a reader with a name stands.
struct ResumePosition: Equatable, Sendable {
    /// Everything up to it is done.
    var position: StorePosition
    /// What the server took before is not wanted.
    var since: Timestamp
}

extension ClientStore {
    func resumePosition(_ name: UserName) throws -> ResumePosition? {
        try database.first("SELECT position, since FROM resume_points WHERE name = ?", name.text) {
            ResumePosition(position: $0.position(0), since: $0.timestamp(1))
        }
    }

    /// Sets or moves it. Within a transaction.
    func setResumePosition(_ name: UserName, _ position: ResumePosition, now: Timestamp) throws {
        try database.run(
            """
            INSERT INTO resume_points(name, position, since, moved) VALUES (?, ?, ?, ?)
            ON CONFLICT(name) DO UPDATE SET position = excluded.position, since = excluded.since,
                moved = excluded.moved
            """, name.text, position.position, position.since, now)
    }

    /// Whether there was one.
    func removeResumePosition(_ name: UserName) throws -> Bool {
        try database.run("DELETE FROM resume_points WHERE name = ?", name.text)
        return database.changes > 0
    }

    func resumePositions() throws -> [(name: UserName, position: StorePosition, moved: Timestamp, waiting: Int)] {
        try database.all(
            """
            SELECT r.name, r.position, r.moved, (SELECT count(*) FROM entries e
                WHERE e.position > r.position AND e.payload_kind <> ? AND e.time >= r.since
                    AND e.sender <> (SELECT account FROM identity))
            FROM resume_points r ORDER BY r.name
            """, Self.erasedKind
        ) { (try $0.userName(0), $0.position(1), $0.timestamp(2), $0.int(3)) }
    }

    /// The last position before anything that the server took at `time` or later.
    func position(before time: Timestamp) throws -> StorePosition {
        let first = try database.first(
            "SELECT min(position) FROM entries WHERE time >= ? AND position IS NOT NULL", time
        ) {
            $0.optionalPosition(0)
        }
        guard let first, let first else { return try lastPosition() }
        return first.previous
    }
}

extension ClientStore {
    /// The last position before the first that was not shown.
    func positionBeforeNotShown() throws -> StorePosition {
        let first = try database.first("SELECT min(position) FROM entries WHERE shown = 0 AND position > 0") {
            $0.optionalPosition(0)
        }
        guard let first, let first else { return try lastPosition() }
        return first.previous
    }
}
