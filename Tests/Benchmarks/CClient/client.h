/*
 * A client of the protocol of chat-protocol(7) in plain C: what `chat send` is measured beside. It shares no line with the
 * product, and knows nothing but that page.
 */
#ifndef CLIENT_H
#define CLIENT_H

#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <stddef.h>
#include <stdint.h>

enum { IDENTIFIER = 16, DIGEST = 32, PUBLIC_KEY = 32, SIGNATURE = 64, POSITION = 28 };

/* Ends the program with a sentence and status 1. */
_Noreturn void fail(const char *sentence);

/* Bytes that grow as they are written; `taken` is how far they have been read. */
struct bytes {
    uint8_t *data;
    size_t count, room, taken;
};

void put(struct bytes *to, const void *data, size_t count);
void put_number(struct bytes *to, uint64_t number, int width);
/* An opaque vector with its length before it. */
void put_vector(struct bytes *to, const void *data, size_t count);
void put_text(struct bytes *to, const char *text);
const uint8_t *take(struct bytes *from, size_t count);
uint64_t take_number(struct bytes *from, int width);
/* The length that stands before a vector. */
size_t take_length(struct bytes *from);

enum kind {
    CLIENT_HELLO = 1, LOGIN_BY_DEVICE = 3, REGISTER = 4, APPEND = 6, OPEN_CONVERSATION = 9,
    FAILURE = 128, WELCOME = 130, APPENDED = 131, CONVERSATIONS = 132, SERVER_HELLO = 192
};

/* The payload of an append: what only the members of a group can read. */
enum { MESSAGE = 2 };

void put_frame(struct bytes *to, enum kind kind, uint32_t correlation, const struct bytes *body);

/* A connection, with what its hellos and its exporter bind a signature to. */
struct connection {
    SSL *tls;
    struct bytes input, output;
    uint8_t client_hello[DIGEST], server_hello[DIGEST], exporter[DIGEST];
};

/* Connects, checks the key of the server, takes its hello, and has written ours into `output`. */
void open_connection(struct connection *to, const char *host, const char *port, const char *pin);
void flush_connection(struct connection *to);
/* The body of the next reply, which must be of that kind. */
struct bytes await(struct connection *from, enum kind kind);
void close_connection(struct connection *connection);

/* What the device is, and what it needs to write to one conversation: `position` is where its group stands. */
struct profile {
    char host[256], port[16], pin[64];
    uint8_t account[IDENTIFIER], device[IDENTIFIER], conversation[IDENTIFIER], key[PUBLIC_KEY];
    uint8_t position[POSITION];
    uint64_t number;
};

struct message {
    uint8_t id[IDENTIFIER], digest[DIGEST];
    struct bytes payload;
    uint64_t seq, time;
};

void open_store(const char *path);
void create_profile(const struct profile *profile);
void keep_position(const uint8_t position[POSITION]);
/* Reads the profile, and takes a number for a login and keeps the message, in one transaction that is on disk afterwards. */
void begin_message(struct profile *profile, const struct message *message);
/* Keeps what the server said of the message: what a power failure takes back, the server says again. */
void finish_message(const struct message *message);
void close_store(void);

#endif
