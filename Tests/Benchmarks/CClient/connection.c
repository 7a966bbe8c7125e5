/* TLS 1.3 to a server that is known by its key. */
#include "client.h"

#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/rand.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static int connect_to(const char *host, const char *port) {
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *found = NULL;
    if (getaddrinfo(host, port, &hints, &found)) fail("the server's name is unknown");
    int descriptor = -1;
    for (struct addrinfo *at = found; at; at = at->ai_next) {
        descriptor = socket(at->ai_family, at->ai_socktype | SOCK_CLOEXEC, at->ai_protocol);
        if (descriptor >= 0 && connect(descriptor, at->ai_addr, at->ai_addrlen) == 0) break;
        if (descriptor >= 0) close(descriptor);
        descriptor = -1;
    }
    freeaddrinfo(found);
    if (descriptor < 0) fail("cannot connect");
    int yes = 1;
    setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    return descriptor;
}

/* The fingerprint of the key: SHA-256 of its SubjectPublicKeyInfo, in base64 without padding. */
static void check_key(SSL *tls, const char *pin) {
    X509 *certificate = SSL_get1_peer_certificate(tls);
    uint8_t *info = NULL, digest[DIGEST];
    int count = certificate ? i2d_X509_PUBKEY(X509_get_X509_PUBKEY(certificate), &info) : 0;
    if (count <= 0 || !EVP_Digest(info, (size_t)count, digest, NULL, EVP_sha256(), NULL)) fail("the server has no key");
    char text[64] = "SHA256:";
    EVP_EncodeBlock((uint8_t *)text + 7, digest, DIGEST);
    text[7 + 43] = 0;
    if (strcmp(text, pin)) fail("the server has another key");
    OPENSSL_free(info);
    X509_free(certificate);
}

static SSL *start_tls(int descriptor, const char *pin) {
    SSL_CTX *context = SSL_CTX_new(TLS_client_method());
    if (!context || !SSL_CTX_set_min_proto_version(context, TLS1_3_VERSION) ||
        !SSL_CTX_set1_groups_list(context, "X25519") || SSL_CTX_set_alpn_protos(context, (const uint8_t *)"\6chat/1", 7))
        fail("cannot set up TLS");
    SSL *tls = SSL_new(context);
    SSL_CTX_free(context);
    if (!tls || !SSL_set_fd(tls, descriptor) || SSL_connect(tls) != 1) fail("the handshake failed");
    const uint8_t *protocol;
    unsigned length;
    SSL_get0_alpn_selected(tls, &protocol, &length);
    if (length != 6 || memcmp(protocol, "chat/1", 6)) fail("the server speaks another protocol");
    check_key(tls, pin);
    return tls;
}

/* The next frame of the stream; its body is a copy. */
static struct bytes next_frame(struct connection *from, enum kind *kind) {
    struct bytes *input = &from->input;
    for (;;) {
        size_t there = input->count - input->taken;
        if (there >= 9) {
            struct bytes head = {input->data + input->taken, there, 0, 0};
            size_t length = take_number(&head, 4);
            if (length < 5 || length > 1 << 20) fail("a frame has no such length");
            if (there >= 4 + length) {
                *kind = (enum kind)take_number(&head, 1);
                struct bytes body = {0};
                put(&body, input->data + input->taken + 9, length - 5);
                input->taken += 4 + length;
                return body;
            }
        }
        uint8_t more[16384];
        int count = SSL_read(from->tls, more, sizeof more);
        if (count <= 0) fail("the server has closed the connection");
        put(input, more, (size_t)count);
    }
}

struct bytes await(struct connection *from, enum kind wanted) {
    for (;;) {
        enum kind kind;
        struct bytes body = next_frame(from, &kind);
        if (kind == wanted) return body;
        if (kind == FAILURE) {
            fprintf(stderr, "bench-client: error %u: ", (unsigned)take_number(&body, 2));
            size_t count = take_length(&body);
            fprintf(stderr, "%.*s\n", (int)count, (const char *)take(&body, count));
            exit(1);
        }
        free(body.data);
    }
}

void open_connection(struct connection *to, const char *host, const char *port, const char *pin) {
    to->tls = start_tls(connect_to(host, port), pin);
    if (SSL_export_keying_material(to->tls, to->exporter, DIGEST, "EXPORTER-Channel-Binding", 24, NULL, 0, 1) != 1)
        fail("nothing to bind a signature to");
    struct bytes hello = await(to, SERVER_HELLO), mine = {0};
    EVP_Digest(hello.data, hello.count, to->server_hello, NULL, EVP_sha256(), NULL);
    free(hello.data);
    uint8_t nonce[32];
    if (RAND_bytes(nonce, sizeof nonce) != 1) fail("no random bytes");
    put(&mine, nonce, sizeof nonce);
    put_text(&mine, "bench-client");
    put_vector(&mine, NULL, 0);
    EVP_Digest(mine.data, mine.count, to->client_hello, NULL, EVP_sha256(), NULL);
    put_frame(&to->output, CLIENT_HELLO, 1, &mine);
    free(mine.data);
}

void flush_connection(struct connection *to) {
    if (SSL_write(to->tls, to->output.data, (int)to->output.count) != (int)to->output.count) fail("cannot write");
    to->output.count = 0;
}

void close_connection(struct connection *connection) {
    SSL_shutdown(connection->tls);
    close(SSL_get_fd(connection->tls));
    SSL_free(connection->tls);
    free(connection->input.data);
    free(connection->output.data);
}
