/*
 * bench-client register STORE HOST PORT PIN NAME PASSWORD PEER   makes an account, and a store that knows it;
 *                                                                prints the identifiers of account and device
 * bench-client position STORE HEX                                where the group stands that others have made of the two
 * bench-client send STORE BYTES                                  a message of so many bytes to the peer, as `chat send` does
 */
#include "client.h"

#include <openssl/rand.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The end of what is signed: to which connection it belongs. */
static void put_binding(struct bytes *to, const struct connection *connection) {
    put_vector(to, connection->client_hello, DIGEST);
    put_vector(to, connection->server_hello, DIGEST);
    put_vector(to, connection->exporter, DIGEST);
}

static void sign(uint8_t signature[SIGNATURE], EVP_PKEY *key, const struct bytes *text) {
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    size_t count = SIGNATURE;
    if (!context || EVP_DigestSignInit(context, NULL, NULL, NULL, key) != 1 ||
        EVP_DigestSign(context, signature, &count, text->data, text->count) != 1)
        fail("cannot sign");
    EVP_MD_CTX_free(context);
}

static EVP_PKEY *private_key(const uint8_t key[PUBLIC_KEY]) {
    EVP_PKEY *made = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, key, PUBLIC_KEY);
    if (!made) fail("no key");
    return made;
}

/* The description of a device whose one key is for logging in. */
static void put_device(struct bytes *to, const struct connection *connection, EVP_PKEY *key) {
    uint8_t public[PUBLIC_KEY], signature[SIGNATURE];
    size_t count = PUBLIC_KEY;
    if (EVP_PKEY_get_raw_public_key(key, public, &count) != 1) fail("no public key");
    struct bytes proof = {0}, keys = {0};
    put_text(&proof, "chat key registration");
    put_number(&proof, 0, 2);
    put_number(&proof, 1, 1);
    put_number(&proof, 1, 1);
    put_vector(&proof, public, PUBLIC_KEY);
    put_binding(&proof, connection);
    sign(signature, key, &proof);
    put_number(&keys, 1, 1);
    put_number(&keys, 1, 1);
    put_vector(&keys, public, PUBLIC_KEY);
    put_vector(&keys, signature, SIGNATURE);
    put_text(to, "bench");
    put_vector(to, keys.data, keys.count);
    put_vector(to, NULL, 0);
    free(proof.data);
    free(keys.data);
}

static void print_hexadecimal(const uint8_t identifier[IDENTIFIER]) {
    for (size_t i = 0; i < IDENTIFIER; i++) printf("%02x", identifier[i]);
    putchar('\n');
}

static void create_account(const char *path, char **words) {
    struct profile profile = {0};
    if (strlen(words[0]) >= sizeof profile.host || strlen(words[1]) >= sizeof profile.port ||
        strlen(words[2]) >= sizeof profile.pin)
        fail("an argument is too long");
    strcpy(profile.host, words[0]);
    strcpy(profile.port, words[1]);
    strcpy(profile.pin, words[2]);
    if (RAND_bytes(profile.key, PUBLIC_KEY) != 1) fail("no random bytes");
    EVP_PKEY *key = private_key(profile.key);
    struct connection connection = {0};
    open_connection(&connection, profile.host, profile.port, profile.pin);
    struct bytes request = {0}, peer = {0};
    put_text(&request, words[3]);
    put_text(&request, "");
    put_text(&request, words[4]);
    put_vector(&request, NULL, 0);
    put_device(&request, &connection, key);
    put_frame(&connection.output, REGISTER, 2, &request);
    put_text(&peer, words[5]);
    put_frame(&connection.output, OPEN_CONVERSATION, 3, &peer);
    flush_connection(&connection);
    struct bytes welcome = await(&connection, WELCOME), conversations = await(&connection, CONVERSATIONS);
    memcpy(profile.account, take(&welcome, IDENTIFIER), IDENTIFIER);
    take(&welcome, take_length(&welcome));
    take(&welcome, take_length(&welcome));
    take_number(&welcome, 1);
    memcpy(profile.device, take(&welcome, IDENTIFIER), IDENTIFIER);
    take_length(&conversations);
    memcpy(profile.conversation, take(&conversations, IDENTIFIER), IDENTIFIER);
    close_connection(&connection);
    EVP_PKEY_free(key);
    open_store(path);
    create_profile(&profile);
    close_store();
    print_hexadecimal(profile.account);
    print_hexadecimal(profile.device);
}

static void set_position(const char *path, const char *text) {
    uint8_t position[POSITION];
    for (size_t i = 0; i < POSITION; i++)
        if (sscanf(text + 2 * i, "%2hhx", &position[i]) != 1) fail("this is no position");
    open_store(path);
    keep_position(position);
    close_store();
}

static void put_login(struct bytes *to, const struct connection *connection, const struct profile *profile) {
    EVP_PKEY *key = private_key(profile->key);
    uint8_t signature[SIGNATURE];
    struct bytes proof = {0}, request = {0};
    put_text(&proof, "chat device login");
    put_number(&proof, 0, 2);
    put(&proof, profile->account, IDENTIFIER);
    put(&proof, profile->device, IDENTIFIER);
    put_number(&proof, profile->number, 8);
    put_binding(&proof, connection);
    sign(signature, key, &proof);
    put(&request, profile->account, IDENTIFIER);
    put(&request, profile->device, IDENTIFIER);
    put_number(&request, profile->number, 8);
    put_vector(&request, signature, SIGNATURE);
    put_frame(to, LOGIN_BY_DEVICE, 2, &request);
    EVP_PKEY_free(key);
    free(proof.data);
    free(request.data);
}

static void put_append(struct bytes *to, const struct profile *profile, const struct message *message) {
    struct bytes request = {0};
    put(&request, profile->conversation, IDENTIFIER);
    put(&request, message->id, IDENTIFIER);
    put_number(&request, MESSAGE, 1); /* what is in it only members can read */
    put_number(&request, 1, 1);       /* only if the group stands there */
    put(&request, profile->position, POSITION);
    put_number(&request, 0, 1); /* no receipt */
    put_vector(&request, message->payload.data, message->payload.count);
    put_frame(to, APPEND, 3, &request);
    free(request.data);
}

static void send_message(const char *path, size_t count) {
    struct profile profile;
    struct message message = {0};
    uint8_t digest[DIGEST];
    if (RAND_bytes(message.id, IDENTIFIER) != 1) fail("no random bytes");
    while (message.payload.count < count) put(&message.payload, "x", 1);
    open_store(path);
    begin_message(&profile, &message);
    struct connection connection = {0};
    open_connection(&connection, profile.host, profile.port, profile.pin);
    put_login(&connection.output, &connection, &profile);
    put_append(&connection.output, &profile, &message);
    flush_connection(&connection);
    free(await(&connection, WELCOME).data);
    struct bytes appended = await(&connection, APPENDED);
    if (memcmp(take(&appended, IDENTIFIER), profile.conversation, IDENTIFIER) ||
        memcmp(take(&appended, IDENTIFIER), message.id, IDENTIFIER))
        fail("another message was answered");
    message.seq = take_number(&appended, 8);
    message.time = take_number(&appended, 8);
    memcpy(message.digest, take(&appended, DIGEST), DIGEST);
    EVP_Digest(message.payload.data, message.payload.count, digest, NULL, EVP_sha256(), NULL);
    if (memcmp(digest, message.digest, DIGEST)) fail("another payload was stored");
    finish_message(&message);
    close_connection(&connection);
    close_store();
}

int main(int count, char **words) {
    if (count == 9 && !strcmp(words[1], "register")) create_account(words[2], words + 3);
    else if (count == 4 && !strcmp(words[1], "send")) send_message(words[2], strtoul(words[3], NULL, 10));
    else if (count == 4 && !strcmp(words[1], "position")) set_position(words[2], words[3]);
    else fail("usage: bench-client register STORE HOST PORT PIN NAME PASSWORD PEER | position STORE HEX | send STORE BYTES");
    return 0;
}
