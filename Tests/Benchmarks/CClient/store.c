/* The device's store: who it is, the number of its last login, and what it has sent. */
#include "client.h"

#include <sqlite3.h>
#include <string.h>

static sqlite3 *database;

static void execute(const char *sql) {
    if (sqlite3_exec(database, sql, NULL, NULL, NULL) != SQLITE_OK) fail(sqlite3_errmsg(database));
}

static sqlite3_stmt *prepare(const char *sql) {
    sqlite3_stmt *statement;
    if (sqlite3_prepare_v2(database, sql, -1, &statement, NULL) != SQLITE_OK) fail(sqlite3_errmsg(database));
    return statement;
}

static void run(sqlite3_stmt *statement) {
    if (sqlite3_step(statement) != SQLITE_DONE) fail(sqlite3_errmsg(database));
    sqlite3_finalize(statement);
}

static void bind(sqlite3_stmt *statement, int column, const void *data, size_t count) {
    sqlite3_bind_blob(statement, column, data, (int)count, SQLITE_STATIC);
}

void open_store(const char *path) {
    if (sqlite3_open(path, &database) != SQLITE_OK) fail("cannot open the store");
    sqlite3_busy_timeout(database, 10000);
    /* Whoever opens the log first reads it through: it shall not grow long. */
    execute("PRAGMA journal_mode = WAL; PRAGMA wal_autocheckpoint = 128; PRAGMA synchronous = FULL");
    sqlite3_db_config(database, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
}

void create_profile(const struct profile *profile) {
    execute("CREATE TABLE profile (host TEXT, port TEXT, pin TEXT, account BLOB, device BLOB, conversation BLOB, key BLOB,"
            " number INTEGER, position BLOB);"
            "CREATE TABLE message (id BLOB PRIMARY KEY, conversation BLOB, payload BLOB, seq INTEGER, time INTEGER,"
            " digest BLOB) WITHOUT ROWID;"
            "CREATE UNIQUE INDEX message_seq ON message (conversation, seq) WHERE seq IS NOT NULL");
    sqlite3_stmt *statement = prepare("INSERT INTO profile VALUES (?, ?, ?, ?, ?, ?, ?, 0, NULL)");
    sqlite3_bind_text(statement, 1, profile->host, -1, SQLITE_STATIC);
    sqlite3_bind_text(statement, 2, profile->port, -1, SQLITE_STATIC);
    sqlite3_bind_text(statement, 3, profile->pin, -1, SQLITE_STATIC);
    bind(statement, 4, profile->account, IDENTIFIER);
    bind(statement, 5, profile->device, IDENTIFIER);
    bind(statement, 6, profile->conversation, IDENTIFIER);
    bind(statement, 7, profile->key, PUBLIC_KEY);
    run(statement);
}

void keep_position(const uint8_t position[POSITION]) {
    sqlite3_stmt *statement = prepare("UPDATE profile SET position = ?");
    bind(statement, 1, position, POSITION);
    run(statement);
}

static void copy_text(char *to, size_t room, sqlite3_stmt *row, int column) {
    const char *text = (const char *)sqlite3_column_text(row, column);
    if (!text || strlen(text) >= room) fail("the profile is damaged");
    strcpy(to, text);
}

static void copy_bytes(uint8_t *to, size_t count, sqlite3_stmt *row, int column) {
    if ((size_t)sqlite3_column_bytes(row, column) != count) fail("the profile is damaged");
    memcpy(to, sqlite3_column_blob(row, column), count);
}

void begin_message(struct profile *profile, const struct message *message) {
    execute("BEGIN IMMEDIATE");
    sqlite3_stmt *row = prepare("UPDATE profile SET number = number + 1 RETURNING *");
    if (sqlite3_step(row) != SQLITE_ROW) fail("there is no profile");
    copy_text(profile->host, sizeof profile->host, row, 0);
    copy_text(profile->port, sizeof profile->port, row, 1);
    copy_text(profile->pin, sizeof profile->pin, row, 2);
    copy_bytes(profile->account, IDENTIFIER, row, 3);
    copy_bytes(profile->device, IDENTIFIER, row, 4);
    copy_bytes(profile->conversation, IDENTIFIER, row, 5);
    copy_bytes(profile->key, PUBLIC_KEY, row, 6);
    profile->number = (uint64_t)sqlite3_column_int64(row, 7);
    copy_bytes(profile->position, POSITION, row, 8);
    sqlite3_finalize(row);
    sqlite3_stmt *statement = prepare("INSERT INTO message (id, conversation, payload) VALUES (?, ?, ?)");
    bind(statement, 1, message->id, IDENTIFIER);
    bind(statement, 2, profile->conversation, IDENTIFIER);
    bind(statement, 3, message->payload.data, message->payload.count);
    run(statement);
    execute("COMMIT");
}

void finish_message(const struct message *message) {
    execute("PRAGMA synchronous = NORMAL");
    sqlite3_stmt *statement = prepare("UPDATE message SET seq = ?, time = ?, digest = ? WHERE id = ?");
    sqlite3_bind_int64(statement, 1, (sqlite3_int64)message->seq);
    sqlite3_bind_int64(statement, 2, (sqlite3_int64)message->time);
    bind(statement, 3, message->digest, DIGEST);
    bind(statement, 4, message->id, IDENTIFIER);
    run(statement);
}

void close_store(void) { sqlite3_close(database); }
