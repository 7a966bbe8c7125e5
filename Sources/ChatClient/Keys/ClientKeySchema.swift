/// What a profile's store has for users' and devices' keys.
extension ClientSchema {
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
}
