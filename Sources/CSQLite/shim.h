#ifndef CHAT_CSQLITE_SHIM_H
#define CHAT_CSQLITE_SHIM_H
#include <sqlite3.h>

// SQLITE_TRANSIENT is a cast of -1, which the importer skips: sqlite copies what is bound.
// A null pointer would bind NULL: an empty text must not.
static inline int shim_sqlite3_bind_text(sqlite3_stmt *s, int i, const char *p, int n) {
    return sqlite3_bind_text(s, i, p ? p : "", n, SQLITE_TRANSIENT);
}
static inline int shim_sqlite3_bind_blob(sqlite3_stmt *s, int i, const void *p, int n) {
    return sqlite3_bind_blob(s, i, p, n, SQLITE_TRANSIENT);
}
// sqlite3_db_config is variadic; every switch that we set takes an int and no answer.
static inline int shim_sqlite3_db_config(sqlite3 *db, int option, int on) {
    return sqlite3_db_config(db, option, on, (int *)0);
}
// As variadic: has SQLite not count what it allocates. Before its first use.
static inline int shim_sqlite3_count_no_memory(void) { return sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0); }
#endif
