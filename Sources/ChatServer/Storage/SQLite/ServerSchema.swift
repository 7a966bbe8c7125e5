import SQLite
import StoredValues

/// The server's database. Identifiers are blobs of 16 bytes, times Unix milliseconds.
///
/// A migration never changes once released: a store written by the first version opens in every later one.
package enum ServerSchema {
    package static let schema = Schema(
        applicationID: 0x6368_6474,
        migrations: [
            Migration(first), Migration(second), Migration(third), Migration(fourth), Migration(fifth),
            Migration(sixth), Migration(seventh), Migration(eighth), Migration(ninth), Migration(tenth),
            Migration(eleventh), Migration(twelfth), Migration(thirteenth),
            Migration(fourteenth), Migration(fifteenth), Migration(sixteenth),
            Migration(seventeenth), Migration(eighteenth), Migration("", finish: nameDirectConversations),
        ])

    private static let first: StaticString = """
        CREATE TABLE meta(key TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;

        -- hash_origin: 0 our own, 1 imported; flags: AccountRecord.Flags. A deleted account keeps its row, and with it
        -- its name.
        CREATE TABLE accounts(
            id BLOB PRIMARY KEY, name TEXT UNIQUE NOT NULL, display_name TEXT NOT NULL, password_hash TEXT NOT NULL,
            hash_origin INTEGER NOT NULL DEFAULT 0, flags INTEGER NOT NULL DEFAULT 0, created INTEGER NOT NULL,
            last_seen INTEGER NOT NULL DEFAULT 0);

        -- login_window: a bit for each of the 1,024 numbers up to login_high.
        CREATE TABLE devices(
            id BLOB PRIMARY KEY, account BLOB NOT NULL REFERENCES accounts(id), name TEXT NOT NULL,
            state INTEGER NOT NULL, created INTEGER NOT NULL, last_seen INTEGER NOT NULL DEFAULT 0,
            certificate BLOB NOT NULL DEFAULT x'', login_high INTEGER NOT NULL DEFAULT 0,
            login_window BLOB NOT NULL DEFAULT x'');
        CREATE INDEX devices_by_account ON devices(account);
        CREATE TABLE device_keys(
            device BLOB NOT NULL REFERENCES devices(id), purpose INTEGER NOT NULL, algorithm INTEGER NOT NULL,
            public_key BLOB NOT NULL, created INTEGER NOT NULL, PRIMARY KEY(device, purpose, algorithm)) WITHOUT ROWID;
        CREATE TABLE invites(
            id BLOB PRIMARY KEY, token_digest BLOB UNIQUE NOT NULL, uses_left INTEGER NOT NULL, expires INTEGER NOT NULL,
            created INTEGER NOT NULL, created_by TEXT NOT NULL);

        -- account_low <= account_high in a direct conversation, equal in one with oneself; NULL for everyone.
        -- number: see EntryKey. head: the highest seq given away; first: the lowest one that is still kept (head + 1:
        -- none).
        CREATE TABLE conversations(
            id BLOB PRIMARY KEY, number INTEGER UNIQUE NOT NULL, type INTEGER NOT NULL, account_low BLOB, account_high BLOB,
            head INTEGER NOT NULL DEFAULT 0, epoch INTEGER NOT NULL DEFAULT 0, first INTEGER NOT NULL DEFAULT 1,
            created INTEGER NOT NULL, UNIQUE(account_low, account_high));
        -- Numbers that were skipped when the store was restored: those between after_seq and next_seq.
        CREATE TABLE leaps(
            conversation BLOB NOT NULL REFERENCES conversations(id), after_seq INTEGER NOT NULL,
            next_seq INTEGER NOT NULL, generation BLOB NOT NULL, PRIMARY KEY(conversation, next_seq)) WITHOUT ROWID;
        -- start_seq: the last number before the membership.
        CREATE TABLE members(
            conversation BLOB NOT NULL REFERENCES conversations(id), account BLOB NOT NULL REFERENCES accounts(id),
            start_seq INTEGER NOT NULL DEFAULT 0, read_seq INTEGER NOT NULL DEFAULT 0,
            PRIMARY KEY(conversation, account)) WITHOUT ROWID;
        CREATE INDEX members_by_account ON members(account, conversation);

        -- key: EntryKey, so that an entry is one row of one tree.
        CREATE TABLE entries(
            key INTEGER PRIMARY KEY, id BLOB NOT NULL, sender BLOB NOT NULL, device BLOB NOT NULL,
            kind INTEGER NOT NULL, time INTEGER NOT NULL, payload BLOB NOT NULL);
        -- What makes an append idempotent; kept longer than the entries. conversation: its number.
        CREATE TABLE message_ids(
            sender BLOB NOT NULL, conversation INTEGER NOT NULL, id BLOB NOT NULL, seq INTEGER NOT NULL,
            time INTEGER NOT NULL, digest BLOB NOT NULL, epoch INTEGER NOT NULL,
            PRIMARY KEY(sender, conversation, id)) WITHOUT ROWID;

        -- start: where the device began; acked: everything up to it is settled; delivered: the highest one stored.
        CREATE TABLE cursors(
            device BLOB NOT NULL REFERENCES devices(id), conversation BLOB NOT NULL REFERENCES conversations(id),
            start INTEGER NOT NULL, acked INTEGER NOT NULL, delivered INTEGER NOT NULL DEFAULT 0,
            told_start INTEGER NOT NULL DEFAULT 0, PRIMARY KEY(device, conversation)) WITHOUT ROWID;
        """

    /// What an operation needs stands with its own conversation: whether an account of it was deleted, when its last
    /// entry came, how far each account's devices have come.
    private static let second: StaticString = """
        -- last_time: that of the entry at the head. closed: an account of a direct conversation was deleted.
        ALTER TABLE conversations ADD COLUMN last_time INTEGER NOT NULL DEFAULT 0;
        ALTER TABLE conversations ADD COLUMN closed INTEGER NOT NULL DEFAULT 0;
        UPDATE conversations SET last_time = coalesce((SELECT time FROM entries WHERE key > number << 38
            AND key < (number + 1) << 38 ORDER BY key DESC LIMIT 1), 0);
        UPDATE conversations SET closed = 1 WHERE type = 1 AND EXISTS(
            SELECT 1 FROM accounts a WHERE a.id IN (account_low, account_high) AND a.flags & 4 <> 0);

        -- acked, delivered: the furthest of all devices that the account has had.
        ALTER TABLE members ADD COLUMN acked INTEGER NOT NULL DEFAULT 0;
        ALTER TABLE members ADD COLUMN delivered INTEGER NOT NULL DEFAULT 0;
        UPDATE members SET (acked, delivered) = (
            SELECT coalesce(max(c.acked), 0), coalesce(max(c.delivered), 0) FROM devices d
            JOIN cursors c ON c.device = d.id AND c.conversation = members.conversation
            WHERE d.account = members.account);

        -- Pieces of what a conversation has beside its log; place: which of its kind.
        CREATE TABLE side_rows(
            conversation BLOB NOT NULL REFERENCES conversations(id), kind INTEGER NOT NULL, place BLOB NOT NULL,
            version INTEGER NOT NULL, value BLOB NOT NULL, PRIMARY KEY(conversation, kind, place)) WITHOUT ROWID;
        """

    /// What an account has written can be erased.
    private static let third: StaticString = """
        -- erased: its messages are to be, or were.
        ALTER TABLE accounts ADD COLUMN erased INTEGER NOT NULL DEFAULT 0;
        -- erased: the payload is gone, and its digest stands in its place.
        ALTER TABLE entries ADD COLUMN erased INTEGER NOT NULL DEFAULT 0;
        -- How far erasing has come. conversation: its number; id: up to this one of message_ids; NULL: all is erased.
        CREATE TABLE erasures(
            account BLOB NOT NULL REFERENCES accounts(id), conversation INTEGER NOT NULL, id BLOB,
            PRIMARY KEY(account, conversation)) WITHOUT ROWID;
        """

    /// Bundles without an entry stand in message_ids with seq 0. A Welcome lies with its conversation.
    private static let fourth: StaticString = """
        -- conversation: its number; id: of the bundle; head: the conversation's, when it came.
        CREATE TABLE welcomes(
            conversation INTEGER NOT NULL, id BLOB NOT NULL, head INTEGER NOT NULL, time INTEGER NOT NULL,
            payload BLOB NOT NULL, PRIMARY KEY(conversation, id));
        CREATE INDEX welcomes_by_time ON welcomes(time);
        -- For whom it is; number: their order; request: who has taken it.
        CREATE TABLE welcome_devices(
            device BLOB NOT NULL, conversation INTEGER NOT NULL, number INTEGER NOT NULL, id BLOB NOT NULL, request BLOB,
            PRIMARY KEY(device, conversation, number)) WITHOUT ROWID;
        CREATE INDEX welcome_devices_by_id ON welcome_devices(conversation, id);
        """

    /// Chains of accounts.
    private static let fifth: StaticString = """
        -- chain_count: how many links; chain_head: the hash of the last. last_reset: when one was a reset.
        ALTER TABLE accounts ADD COLUMN chain_count INTEGER NOT NULL DEFAULT 0;
        ALTER TABLE accounts ADD COLUMN chain_head BLOB NOT NULL DEFAULT x'';
        ALTER TABLE accounts ADD COLUMN last_reset INTEGER NOT NULL DEFAULT 0;
        -- activated: when it became active for the first time; 0: it never was. left_grant: by which it is to be added.
        ALTER TABLE devices ADD COLUMN activated INTEGER NOT NULL DEFAULT 0;
        ALTER TABLE devices ADD COLUMN pending_since INTEGER NOT NULL DEFAULT 0;
        ALTER TABLE devices ADD COLUMN left_grant BLOB NOT NULL DEFAULT x'';
        UPDATE devices SET activated = created;

        -- signer, instance: with which key of which device it is signed.
        CREATE TABLE links(
            account BLOB NOT NULL REFERENCES accounts(id), number INTEGER NOT NULL, signer BLOB NOT NULL,
            instance INTEGER NOT NULL, link BLOB NOT NULL, PRIMARY KEY(account, number)) WITHOUT ROWID;
        -- The newest of each device, and those with whose keys links are signed.
        CREATE TABLE renewals(
            account BLOB NOT NULL REFERENCES accounts(id), device BLOB NOT NULL, instance INTEGER NOT NULL,
            time INTEGER NOT NULL, has_signed INTEGER NOT NULL DEFAULT 0, renewal BLOB NOT NULL,
            PRIMARY KEY(account, device, instance)) WITHOUT ROWID;
        -- Keys by which a device has logged in before its newest renewal, so that it can be told so.
        CREATE TABLE replaced_keys(
            device BLOB NOT NULL REFERENCES devices(id), public_key BLOB NOT NULL, time INTEGER NOT NULL,
            PRIMARY KEY(device, public_key)) WITHOUT ROWID;
        """

    /// Groups: where they stand, which devices are in them, and handshakes that outlive messages.
    private static let sixth: StaticString = """
        -- incarnation, epoch: of the group; epoch 0: there is none. message_first: below it only handshakes are kept.
        ALTER TABLE conversations ADD COLUMN incarnation INTEGER NOT NULL DEFAULT 0;
        ALTER TABLE conversations ADD COLUMN message_first INTEGER NOT NULL DEFAULT 1;
        UPDATE conversations SET message_first = first;
        ALTER TABLE message_ids ADD COLUMN incarnation INTEGER NOT NULL DEFAULT 0;
        -- held: messages are refused, until somebody has removed devices.
        ALTER TABLE conversations ADD COLUMN held INTEGER NOT NULL DEFAULT 0;
        -- conversation: its number; since, until: the bundles by which a device got its leaf and lost it.
        CREATE TABLE leaves(
            conversation INTEGER NOT NULL, device BLOB NOT NULL, account BLOB NOT NULL, leaf INTEGER NOT NULL,
            since INTEGER NOT NULL, until INTEGER, PRIMARY KEY(conversation, device)) WITHOUT ROWID;
        CREATE INDEX leaves_by_account ON leaves(account);
        """

    /// Key packages of devices.
    private static let seventh: StaticString = """
        -- state: 0 is handed out once, 1 was, or is replaced, and is known until it expires, 2 the last resort.
        CREATE TABLE key_packages(
            number INTEGER PRIMARY KEY, device BLOB NOT NULL, init_key BLOB NOT NULL, reference BLOB NOT NULL,
            state INTEGER NOT NULL, expires INTEGER NOT NULL, package BLOB NOT NULL);
        CREATE UNIQUE INDEX key_packages_by_key ON key_packages(device, init_key);
        CREATE INDEX key_packages_by_state ON key_packages(device, state, expires);
        CREATE INDEX key_packages_by_end ON key_packages(expires);
        -- What an account was given of a device for a conversation.
        CREATE TABLE key_claims(
            device BLOB NOT NULL, claimer BLOB NOT NULL, conversation BLOB NOT NULL, time INTEGER NOT NULL,
            is_last_resort INTEGER NOT NULL, expires INTEGER NOT NULL, package BLOB NOT NULL,
            PRIMARY KEY(device, claimer, conversation)) WITHOUT ROWID;
        CREATE INDEX key_claims_by_time ON key_claims(time);
        """

    /// Rooms.
    private static let eighth: StaticString = """
        -- removed: the leaf is gone; until without it: the account has left, and the leaf is to be removed.
        ALTER TABLE leaves ADD COLUMN removed INTEGER NOT NULL DEFAULT 0;
        UPDATE leaves SET removed = 1 WHERE until IS NOT NULL;
        -- access: RoomAccess, as the group's policy has it.
        CREATE TABLE rooms(
            conversation BLOB PRIMARY KEY REFERENCES conversations(id), name TEXT UNIQUE NOT NULL,
            access INTEGER NOT NULL DEFAULT 0) WITHOUT ROWID;
        CREATE TABLE room_admins(
            conversation BLOB NOT NULL REFERENCES rooms(conversation), account BLOB NOT NULL REFERENCES accounts(id),
            PRIMARY KEY(conversation, account)) WITHOUT ROWID;
        CREATE INDEX room_admins_by_account ON room_admins(account);
        """

    /// Commits that members cannot process.
    private static let ninth: StaticString = """
        -- conversation: its number; device: whose commit it is; seq: the newest that the account has reported.
        CREATE TABLE commit_reports(
            conversation INTEGER NOT NULL, device BLOB NOT NULL, account BLOB NOT NULL, seq INTEGER NOT NULL,
            time INTEGER NOT NULL, PRIMARY KEY(conversation, device, account)) WITHOUT ROWID;
        CREATE TABLE commit_blocks(
            conversation INTEGER NOT NULL, device BLOB NOT NULL, until INTEGER NOT NULL,
            PRIMARY KEY(conversation, device)) WITHOUT ROWID;
        """

    /// What is kept of a group in memory can be told from what it is now.
    private static let tenth: StaticString = """
        -- leaf_version: one more with each change of its leaves.
        ALTER TABLE conversations ADD COLUMN leaf_version INTEGER NOT NULL DEFAULT 0;
        """

    /// Of rooms that were left is found what there is still to get, without a look at all others.
    private static let eleventh: StaticString = """
        CREATE INDEX ended_leaves ON leaves(device) WHERE until IS NOT NULL;
        """

    /// What version 0.1 was given plainly goes: nobody reads it any more, and whoever had not fetched it is told a gap.
    private static let twelfth: StaticString = """
        CREATE TEMP TABLE plain AS SELECT key >> 38 AS number, max(key) & (1 << 38) - 1 AS last FROM entries
            WHERE kind = 1 GROUP BY number;
        PRAGMA secure_delete=1;
        DELETE FROM entries WHERE kind = 1;
        PRAGMA secure_delete=0;
        UPDATE conversations SET
            message_first = max(message_first, (SELECT last + 1 FROM plain p WHERE p.number = conversations.number))
            WHERE number IN (SELECT number FROM plain);
        UPDATE conversations SET first = coalesce((SELECT min(key) & (1 << 38) - 1 FROM entries
                WHERE key > number << 38 AND key < (number + 1) << 38), message_first)
            WHERE number IN (SELECT number FROM plain);
        DROP TABLE plain;
        """

    /// Who comes in the middle of a log has something to begin from.
    private static let thirteenth: StaticString = """
        -- log_hash: of the log of its group up to head; NULL before the first founding that this version has seen.
        ALTER TABLE conversations ADD COLUMN log_hash BLOB;
        """

    /// Whose direct messages and additions an account does not take.
    private static let fourteenth: StaticString = """
        CREATE TABLE blocked_users(
            account BLOB NOT NULL REFERENCES accounts(id), blocked BLOB NOT NULL REFERENCES accounts(id),
            PRIMARY KEY(account, blocked)) WITHOUT ROWID;
        """

    /// What Welcomes take counts for whoever has made them.
    private static let fifteenth: StaticString = """
        ALTER TABLE welcomes ADD COLUMN sender BLOB NOT NULL DEFAULT x'';
        UPDATE welcomes SET sender = coalesce((SELECT sender FROM entries WHERE key = conversation << 38 | head), x'');
        DELETE FROM welcome_devices WHERE (conversation, id) IN (SELECT conversation, id FROM welcomes WHERE sender = x'');
        DELETE FROM welcomes WHERE sender = x'';
        """

    /// What a change of a device means for its conversations follows from its own row: nothing is written into them with it.
    private static let sixteenth: StaticString = """
        -- voided: how often what waited for it has become void. replaced: how often an identity file has given it other keys.
        -- is_surplus: it is to be forgotten.
        ALTER TABLE devices ADD COLUMN voided INTEGER NOT NULL DEFAULT 0;
        ALTER TABLE devices ADD COLUMN replaced INTEGER NOT NULL DEFAULT 0;
        ALTER TABLE devices ADD COLUMN is_surplus INTEGER NOT NULL DEFAULT 0;
        -- What the device had when the row was written; where it has more now, the row is of keys that are gone.
        ALTER TABLE welcome_devices ADD COLUMN voided INTEGER NOT NULL DEFAULT 0;
        ALTER TABLE leaves ADD COLUMN replaced INTEGER NOT NULL DEFAULT 0;
        CREATE INDEX replaced_devices ON devices(account) WHERE replaced > 0;
        CREATE INDEX surplus_devices ON devices(id) WHERE is_surplus = 1;
        CREATE VIEW valid_welcomes AS SELECT w.* FROM welcome_devices w
            JOIN devices d ON d.id = w.device AND d.voided = w.voided;
        -- Leaves with keys that were replaced, where their account has another one, with the keys of its device.
        CREATE VIEW replaced_leaves AS SELECT l.conversation, l.device, l.account FROM devices d
            JOIN leaves l ON l.account = d.account AND l.device = d.id AND l.replaced < d.replaced AND l.until IS NULL
            JOIN conversations c ON c.number = l.conversation AND c.type <> 2
            WHERE d.replaced > 0 AND EXISTS(
                SELECT 1 FROM leaves o JOIN devices e ON e.id = o.device AND e.state = 2 AND e.replaced = o.replaced
                WHERE o.conversation = l.conversation AND o.account = l.account AND o.device <> l.device
                    AND o.until IS NULL);
        """

    /// What a refused password costs is read each time.
    private static let seventeenth: StaticString = """
        CREATE INDEX imported_costs ON accounts(CAST(substr(password_hash, 5, 2) AS INTEGER)) WHERE hash_origin = 1;
        """

    /// What was claimed for a conversation is claimed for how it stands.
    private static let eighteenth: StaticString = """
        -- incarnation, epoch: where the conversation stood. given: how many packages the claimer was given for it.
        ALTER TABLE key_claims ADD COLUMN incarnation INTEGER NOT NULL DEFAULT 0;
        ALTER TABLE key_claims ADD COLUMN epoch INTEGER NOT NULL DEFAULT 0;
        ALTER TABLE key_claims ADD COLUMN given INTEGER NOT NULL DEFAULT 1;
        """
}
