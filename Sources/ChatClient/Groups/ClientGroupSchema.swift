/// What a profile's store has for groups and rooms.
extension ClientSchema {
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

    static let version17: StaticString = """
        -- Since when this device's leaf in a conversation's group has this key, by which others encrypt to it.
        CREATE TABLE own_leaves(
            conversation BLOB PRIMARY KEY,
            key BLOB NOT NULL,
            since INTEGER NOT NULL
        ) WITHOUT ROWID;
        """

    static let version23: StaticString = """
        -- The last entry that came: behind it there may be what the server has told as a gap. NULL: `seq` itself.
        ALTER TABLE group_standings ADD COLUMN last_entry INTEGER;
        """

    static let version29: StaticString = """
        -- The first of the proposals that wait in the present epoch. NULL: none, or it is not known.
        ALTER TABLE group_standings ADD COLUMN first_proposal INTEGER;
        """

    static let version25: StaticString = """
        -- In which life of the server's store that was, and the last epoch of that life. NULL: it is not known.
        ALTER TABLE group_tombstones ADD COLUMN generation BLOB;
        ALTER TABLE group_tombstones ADD COLUMN epoch_there INTEGER NOT NULL DEFAULT 0;
        UPDATE group_tombstones SET epoch_there = epoch;
        """

    static let version20: StaticString = """
        -- What both say of the entry `seen`: the first bytes of the log's hash there, by the message and by this device.
        ALTER TABLE history_doubts ADD COLUMN seen INTEGER;
        ALTER TABLE history_doubts ADD COLUMN theirs BLOB;
        ALTER TABLE history_doubts ADD COLUMN ours BLOB;

        -- Conversations whose group is not the one that this device was in, by what the server says: why, and since when.
        CREATE TABLE history_forks(
            conversation BLOB PRIMARY KEY,
            detail TEXT NOT NULL,
            time INTEGER NOT NULL
        ) WITHOUT ROWID;

        -- Leaves that a restore of the server has brought back: a later state of the group did not have them any more.
        CREATE TABLE restored_leaves(
            conversation BLOB NOT NULL,
            device BLOB NOT NULL,
            PRIMARY KEY(conversation, device)
        ) WITHOUT ROWID;
        """
}
