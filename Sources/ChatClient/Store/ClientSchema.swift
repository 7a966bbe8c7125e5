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
            Migration(version14), Migration(version15), Migration(version16),
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

    static let version6: StaticString = """
        -- Accounts whose chain was met. `root` is the one that is trusted; `present`, `number` and `head` are those of the
        -- chain as it is held; `generation` was the server's when it was read. `told`: a person knows of the first use.
        CREATE TABLE pins(
            account BLOB PRIMARY KEY,
            name TEXT NOT NULL UNIQUE,
            root BLOB NOT NULL,
            present BLOB NOT NULL,
            number INTEGER NOT NULL,
            head BLOB NOT NULL,
            generation BLOB NOT NULL,
            pinned INTEGER NOT NULL,
            told INTEGER NOT NULL
        ) WITHOUT ROWID;

        -- The chains themselves, as they were sent and verified.
        CREATE TABLE chain_links(
            account BLOB NOT NULL,
            number INTEGER NOT NULL,
            device BLOB,
            link BLOB NOT NULL,
            PRIMARY KEY(account, number)
        ) WITHOUT ROWID;
        CREATE INDEX chain_devices ON chain_links(account, device);
        CREATE TABLE chain_renewals(
            account BLOB NOT NULL,
            device BLOB NOT NULL,
            instance INTEGER NOT NULL,
            renewal BLOB NOT NULL,
            PRIMARY KEY(account, device, instance)
        ) WITHOUT ROWID;

        -- When an account's chain was looked at last, also where it has none, and whether there is more than was seen.
        CREATE TABLE chain_looks(
            account BLOB PRIMARY KEY,
            looked INTEGER NOT NULL,
            wanted INTEGER NOT NULL
        ) WITHOUT ROWID;

        -- Roots that somebody has compared, of users who were met or not.
        CREATE TABLE compared_keys(
            name TEXT PRIMARY KEY,
            root BLOB NOT NULL,
            time INTEGER NOT NULL
        ) WITHOUT ROWID;

        -- Chains that cannot be believed beside the one that is held: `links` as they were sent.
        CREATE TABLE key_alarms(
            account BLOB PRIMARY KEY,
            name TEXT NOT NULL,
            text TEXT NOT NULL,
            time INTEGER NOT NULL,
            links BLOB NOT NULL
        ) WITHOUT ROWID;
        CREATE INDEX key_alarms_by_name ON key_alarms(name);
        """

    static let version7: StaticString = """
        -- What a device of this profile signs its account's chain with, a secret: the private key, and where the device has made
        -- it itself, by an identity file, the public key that the chain grants, and the renewal.
        CREATE TABLE chain_keys(
            device BLOB PRIMARY KEY,
            secret BLOB NOT NULL,
            granted BLOB,
            instance INTEGER NOT NULL,
            renewal BLOB
        ) WITHOUT ROWID;
        """

    static let version8: StaticString = """
        -- Key packages that this device has made: `package` as it is published, `secrets` with the private half. `instance` is of
        -- the key that has signed it, `generation` the server's when it was made. `waits`: no answer has come. From `ends` on
        -- nobody can use it.
        CREATE TABLE key_packages(
            reference BLOB PRIMARY KEY,
            device BLOB NOT NULL,
            instance INTEGER NOT NULL,
            generation BLOB NOT NULL,
            is_last_resort INTEGER NOT NULL,
            waits INTEGER NOT NULL,
            made INTEGER NOT NULL,
            ends INTEGER NOT NULL,
            package BLOB NOT NULL,
            secrets BLOB NOT NULL
        );
        """

    static let version9: StaticString = """
        -- Rows of MLS, secrets among them. `slot` 0: the group that is used; 1: one that waits, whole, until the log has the
        -- commit by which this device founds or joins it.
        CREATE TABLE group_rows(
            slot INTEGER NOT NULL,
            name BLOB NOT NULL,
            kind INTEGER NOT NULL,
            place INTEGER NOT NULL,
            version INTEGER NOT NULL,
            value BLOB NOT NULL,
            PRIMARY KEY(slot, name, kind, place)
        ) WITHOUT ROWID;

        -- Where this device stands in the log of a conversation that has a group: everything up to `seq` was processed, and
        -- `hash` is that of the log there; NULL where it is not known, behind a hole or a join.
        CREATE TABLE group_standings(
            conversation BLOB PRIMARY KEY,
            incarnation INTEGER NOT NULL,
            generation BLOB NOT NULL,
            seq INTEGER NOT NULL,
            hash BLOB
        ) WITHOUT ROWID;

        -- Groups that this device has left, and the last epoch in which it was there. They stay for ever.
        CREATE TABLE group_tombstones(
            name BLOB PRIMARY KEY,
            epoch INTEGER NOT NULL
        ) WITHOUT ROWID;

        -- What this device has asked to be committed, at most one a conversation, as it is sent again byte for byte until
        -- the log has it or another commit of that epoch. `kind`: 1 a founding, 2 a commit, 3 a join from outside.
        CREATE TABLE waiting_commits(
            number INTEGER PRIMARY KEY,
            conversation BLOB NOT NULL UNIQUE,
            kind INTEGER NOT NULL,
            id BLOB NOT NULL,
            generation BLOB NOT NULL,
            incarnation INTEGER NOT NULL,
            epoch INTEGER NOT NULL,
            handshake BLOB NOT NULL,
            group_info BLOB NOT NULL,
            welcome BLOB NOT NULL,
            founding BLOB NOT NULL
        );
        """

    static let version10: StaticString = """
        -- By which request the next Welcome of a conversation is taken, as long as it is not known what that has brought.
        CREATE TABLE welcome_requests(conversation BLOB PRIMARY KEY, request BLOB NOT NULL) WITHOUT ROWID;
        """

    static let version11: StaticString = """
        -- Every process that has logged in looks how old the last resort is.
        CREATE INDEX key_packages_by_age ON key_packages(is_last_resort, waits, generation, made);
        """

    static let version12: StaticString = """
        -- Messages that this device has sealed and not met in the log yet: the ciphertext with its text, since nobody can open what
        -- they have sealed themselves. `digest`: SHA-256 of the ciphertext. Once the server has taken one, `seq` and `time` say
        -- where, and its text stands in the history alone.
        CREATE TABLE outgoing(
            number INTEGER PRIMARY KEY,
            conversation BLOB NOT NULL,
            id BLOB NOT NULL,
            generation BLOB NOT NULL,
            incarnation INTEGER NOT NULL,
            epoch INTEGER NOT NULL,
            digest BLOB NOT NULL,
            payload BLOB,
            content BLOB,
            seq INTEGER,
            time INTEGER,
            UNIQUE(conversation, id)
        );
        """

    static let version13: StaticString = """
        -- The conversations that the names of rooms belong to here, for whoever has used them: another one under such a name is
        -- refused until somebody forgets it. Of a conversation of type 3, a room, `peer` is its name.
        CREATE TABLE room_pins(
            name TEXT PRIMARY KEY,
            conversation BLOB NOT NULL UNIQUE,
            pinned INTEGER NOT NULL
        ) WITHOUT ROWID;

        -- `keys`: 1 where a queued message goes only to whom somebody has verified, whoever sends it.
        ALTER TABLE outbox ADD COLUMN keys INTEGER NOT NULL DEFAULT 0;

        -- How many devices can approve this one, as long as it waits.
        ALTER TABLE identity ADD COLUMN approvers INTEGER NOT NULL DEFAULT 0;

        -- By which key the server speaks in groups; NULL before it has said so.
        ALTER TABLE identity ADD COLUMN group_key BLOB;
        """

    static let version14: StaticString = """
        -- Whether the leaves of a conversation's group may be encrypted to (G1), as it was computed when the group's head row had that
        -- version: 0 yes; 1 somebody must be removed first; 2 nothing here says that the account has the device; 3 the account's
        -- chain cannot be believed. `is_open`: of a group that is asked nothing of the kind. `asked`: when the chains were read for
        -- it; `wanted`: somebody's chain goes on (G2), and is read first.
        CREATE TABLE group_trusts(
            conversation BLOB PRIMARY KEY,
            version INTEGER NOT NULL,
            is_open INTEGER NOT NULL,
            finding INTEGER NOT NULL,
            account BLOB,
            detail TEXT,
            asked INTEGER,
            wanted INTEGER NOT NULL
        ) WITHOUT ROWID;

        -- Whatever changes of a chain or a pin, it is computed anew.
        CREATE TRIGGER trusts_by_pin AFTER INSERT ON pins BEGIN DELETE FROM group_trusts; END;
        CREATE TRIGGER trusts_by_pin_gone AFTER DELETE ON pins BEGIN DELETE FROM group_trusts; END;
        CREATE TRIGGER trusts_by_pin_change AFTER UPDATE ON pins
            WHEN OLD.root <> NEW.root OR OLD.present <> NEW.present OR OLD.number <> NEW.number OR OLD.head <> NEW.head
            BEGIN DELETE FROM group_trusts; END;
        CREATE TRIGGER trusts_by_link AFTER INSERT ON chain_links BEGIN DELETE FROM group_trusts; END;
        CREATE TRIGGER trusts_by_renewal AFTER INSERT ON chain_renewals BEGIN DELETE FROM group_trusts; END;
        CREATE TRIGGER trusts_by_alarm AFTER INSERT ON key_alarms BEGIN DELETE FROM group_trusts; END;
        CREATE TRIGGER trusts_by_alarm_gone AFTER DELETE ON key_alarms BEGIN DELETE FROM group_trusts; END;

        -- Whose groups these are: a device that takes the profile over begins without any. `has_entered`: it has come into the
        -- conversations that its account had before it.
        CREATE TABLE group_owner(
            one INTEGER PRIMARY KEY CHECK(one = 1),
            device BLOB NOT NULL,
            has_entered INTEGER NOT NULL DEFAULT 0
        );
        """

    static let version15: StaticString = """
        -- The confirmed transcript hash of each epoch of a group that this device was in: after a restore it goes back to no other.
        CREATE TABLE group_transcripts(
            name BLOB NOT NULL,
            epoch INTEGER NOT NULL,
            hash BLOB NOT NULL,
            PRIMARY KEY(name, epoch)
        ) WITHOUT ROWID;

        -- When this device came back last, from outside over its own leaf.
        CREATE TABLE group_resyncs(conversation BLOB PRIMARY KEY, time INTEGER NOT NULL) WITHOUT ROWID;
        """

    static let version16: StaticString = """
        -- The first bytes of the log's hash at each of the last entries of a group, by which what others have read is compared.
        CREATE TABLE log_marks(
            conversation BLOB NOT NULL,
            incarnation INTEGER NOT NULL,
            seq INTEGER NOT NULL,
            mark BLOB NOT NULL,
            PRIMARY KEY(conversation, incarnation, seq)
        ) WITHOUT ROWID;

        -- Who has another log than this device, by which entry. `stops`: nothing is sent there until somebody accepts it.
        CREATE TABLE history_doubts(
            conversation BLOB NOT NULL,
            account BLOB NOT NULL,
            device BLOB NOT NULL,
            seq INTEGER NOT NULL,
            stops INTEGER NOT NULL,
            time INTEGER NOT NULL,
            PRIMARY KEY(conversation, account)
        ) WITHOUT ROWID;
        """
}
