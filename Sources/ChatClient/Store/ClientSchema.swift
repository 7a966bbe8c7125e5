import SQLite

/// The schema of a profile's store. Steps that were released never change; a new version is a new step.
///
/// Identifiers are blobs of 16 bytes, times Unix milliseconds, sequence numbers and positions whole numbers.
enum ClientSchema {
    /// "chat" in ASCII, so that no other program's database is taken for a profile.
    static let schema = Schema(
        applicationID: 0x6368_6174,
        migrations: [
            Migration(version1), Migration(version2), Migration(version3), Migration(version4), Migration(version5),
            Migration(version6), Migration(version7), Migration(version8), Migration(version9),
            Migration(version10), Migration(version11), Migration(version12), Migration(version13),
            Migration(version14), Migration(version15), Migration(version16), Migration(version17),
            Migration(version18), Migration(version19), Migration(version20), Migration(version21),
            Migration(version22), Migration(version23), Migration(version24), Migration(version25),
            Migration(version26), Migration(version27), Migration(version28), Migration(version29),
            Migration("", finish: nameDirectConversations),
        ])

    /// From this version on a store can be read without the steps that are missing.
    static let oldestReadable = 1
    /// The version with which queued messages expire by a clock that does not leap.
    static let bootTimes = 4
    /// The version with which a store knows others' keys.
    static let keys = 6

    /// The version with which a device has keys for its account's chain.
    static let chainKeys = 7
    /// The version with which a store knows rooms.
    static let rooms = 13

    static let version1: StaticString = """
        -- One row: what the store as a whole knows. `position` was given away last; `synced` is when this device last
        -- knew everything.
        CREATE TABLE state(
            one INTEGER PRIMARY KEY CHECK(one = 1),
            store TEXT NOT NULL,
            position INTEGER NOT NULL,
            synced INTEGER
        );

        -- At most one row: who this profile is. `login_key` is NULL once logged out; `standing` says why a device may
        -- not log in. Numbers below `login_reserved` may have been used before the last start of the machine (`boot`).
        CREATE TABLE identity(
            one INTEGER PRIMARY KEY CHECK(one = 1),
            account BLOB NOT NULL,
            name TEXT NOT NULL,
            display_name TEXT NOT NULL,
            device BLOB NOT NULL,
            device_name TEXT NOT NULL,
            login_key BLOB,
            standing INTEGER NOT NULL,
            address TEXT NOT NULL,
            server BLOB NOT NULL,
            generation BLOB NOT NULL,
            everyone BLOB NOT NULL,
            login_number INTEGER NOT NULL,
            login_reserved INTEGER NOT NULL,
            boot TEXT NOT NULL
        );

        -- What the server has told of accounts. A name may stand twice: a server restored from a backup can give one
        -- again that it has forgotten; the row that was told last counts.
        CREATE TABLE accounts(
            id BLOB PRIMARY KEY,
            name TEXT NOT NULL,
            display_name TEXT NOT NULL,
            flags INTEGER NOT NULL,
            told INTEGER NOT NULL
        ) WITHOUT ROWID;
        CREATE INDEX accounts_by_name ON accounts(name, told);

        -- `peer` is the other member of a direct conversation, oneself for notes, NULL for everyone. Up to `head`
        -- everything has its position or was told as a gap; up to `received` everything is here. `shown` is the highest
        -- number a person was shown, `told_shown` what the server knows of it.
        CREATE TABLE conversations(
            number INTEGER PRIMARY KEY,
            id BLOB NOT NULL UNIQUE,
            type INTEGER NOT NULL,
            peer BLOB,
            head INTEGER NOT NULL DEFAULT 0,
            received INTEGER NOT NULL DEFAULT 0,
            shown INTEGER NOT NULL DEFAULT 0,
            told_shown INTEGER NOT NULL DEFAULT 0
        );
        CREATE INDEX conversations_by_peer ON conversations(peer);

        -- `position` is the order in which readers get them; NULL until everything before it in its conversation is
        -- there, and while a device catches up. `body` is NULL where the payload could not be read; it is then kept in `payload`.
        CREATE TABLE entries(
            number INTEGER PRIMARY KEY,
            conversation INTEGER NOT NULL REFERENCES conversations(number),
            seq INTEGER NOT NULL,
            position INTEGER UNIQUE,
            id BLOB NOT NULL,
            sender BLOB NOT NULL,
            device BLOB NOT NULL,
            time INTEGER NOT NULL,
            sent INTEGER NOT NULL,
            body TEXT,
            reply_to BLOB,
            auto INTEGER NOT NULL,
            shown INTEGER NOT NULL,
            payload_kind INTEGER NOT NULL,
            payload BLOB,
            UNIQUE(conversation, seq)
        );
        CREATE INDEX entries_by_time ON entries(time);
        CREATE INDEX entries_by_id ON entries(id);
        CREATE INDEX entries_not_shown ON entries(position) WHERE shown = 0;

        -- What this device will not get, in the same order of positions.
        CREATE TABLE gaps(
            position INTEGER PRIMARY KEY,
            conversation INTEGER NOT NULL REFERENCES conversations(number),
            reason TEXT NOT NULL,
            missed INTEGER,
            time INTEGER NOT NULL,
            shown INTEGER NOT NULL
        );

        -- How far accounts have come in direct conversations.
        CREATE TABLE receipts(
            conversation INTEGER NOT NULL REFERENCES conversations(number),
            account BLOB NOT NULL,
            delivered INTEGER NOT NULL,
            read INTEGER NOT NULL,
            PRIMARY KEY(conversation, account)
        ) WITHOUT ROWID;

        -- What is to be sent, in this order: `target` is @USER or *, `content` as it will travel.
        CREATE TABLE outbox(
            number INTEGER PRIMARY KEY AUTOINCREMENT,
            target TEXT NOT NULL,
            id BLOB NOT NULL,
            content BLOB NOT NULL,
            queued INTEGER NOT NULL,
            expires INTEGER,
            failed INTEGER NOT NULL,
            attempts INTEGER NOT NULL,
            code TEXT,
            UNIQUE(target, id)
        );

        -- Readers' own places: everything up to `position` is done, and what the server took before `since` is not
        -- wanted.
        CREATE TABLE resume_points(
            name TEXT PRIMARY KEY,
            position INTEGER NOT NULL,
            since INTEGER NOT NULL,
            moved INTEGER NOT NULL
        ) WITHOUT ROWID;
        """

    static let version2: StaticString = """
        -- What `ask` waits for: a row a question and user. `id` is the message that asks; `asking` is common to all rows
        -- of one ask. `state`: 0 open, 1 answered by this or another user, 2 lapsed. It is open until `deadline` at the
        -- latest, so that a process that was killed leaves nothing open for ever. `choices`: one a line.
        CREATE TABLE questions(
            id BLOB NOT NULL,
            peer BLOB NOT NULL,
            asking BLOB NOT NULL,
            state INTEGER NOT NULL,
            deadline INTEGER NOT NULL,
            choices TEXT NOT NULL,
            PRIMARY KEY(id, peer)
        ) WITHOUT ROWID;
        CREATE INDEX questions_open ON questions(peer) WHERE state = 0;

        -- Messages that a question took. `outcome`: 0 its answer, 1 none of its choices, 2 it may answer any of several
        -- (`question` is NULL).
        CREATE TABLE answers(
            number INTEGER PRIMARY KEY AUTOINCREMENT,
            conversation INTEGER NOT NULL REFERENCES conversations(number),
            seq INTEGER NOT NULL,
            question BLOB,
            outcome INTEGER NOT NULL,
            UNIQUE(conversation, seq)
        );
        CREATE INDEX answers_by_question ON answers(question);
        """

    static let version3: StaticString = """
        -- Where the message that asks stands in its log; NULL until that is known. Only what comes after it answers.
        ALTER TABLE questions ADD COLUMN seq INTEGER;
        UPDATE questions SET seq = (SELECT max(e.seq)
            FROM entries e JOIN conversations c ON c.number = e.conversation
            WHERE e.id = questions.id AND e.sender = (SELECT account FROM identity) AND c.peer = questions.peer
                AND c.type = 1);
        """

    static let version4: StaticString = """
        -- When a queued message expires by a clock that does not leap, milliseconds since the start of the machine that
        -- `boot` names; in another one `expires` counts.
        ALTER TABLE outbox ADD COLUMN due INTEGER;
        ALTER TABLE outbox ADD COLUMN boot TEXT;
        """

    static let version5: StaticString = """
        -- When a question ends by a clock that does not leap, as `due` and `boot` of the outbox; in another start of the
        -- machine `deadline` counts.
        ALTER TABLE questions ADD COLUMN due INTEGER;
        ALTER TABLE questions ADD COLUMN boot TEXT;
        """

    static let version19: StaticString = """
        -- At most one row. `is_brief`: where nothing is configured texts are not kept. When somebody last looked what is due, erased
        -- something, and emptied the store's log, in which it may still stand.
        CREATE TABLE keeping(
            one INTEGER PRIMARY KEY CHECK(one = 1),
            is_brief INTEGER NOT NULL DEFAULT 0,
            looked INTEGER NOT NULL DEFAULT 0,
            erased INTEGER NOT NULL DEFAULT 0,
            emptied INTEGER NOT NULL DEFAULT 0
        );
        """
}
