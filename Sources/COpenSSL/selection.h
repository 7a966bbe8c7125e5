// The algorithms of OpenSSL's own provider that a client needs, and no others.
//
// An SSL_CTX looks for every cipher, digest and key that TLS ever knew, and whoever looks for one has OpenSSL make all of
// its kind, some two hundred: a millisecond of a command of ten. Here a provider stands before OpenSSL's own, in a library
// context of its own, that knows the few that can be used at all. What computes is the same code with the same state:
// provider(7) says how a provider answers.
#ifndef CHAT_COPENSSL_SELECTION_H
#define CHAT_COPENSSL_SELECTION_H
#include <errno.h>
#include <openssl/core_dispatch.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/params.h>
#include <openssl/provider.h>
#include <openssl/rand.h>
#include <string.h>
#include <strings.h>
#include <sys/random.h>

enum { SHIM_CHOSEN = 8, SHIM_FOUND = 32 };

typedef struct {
    int operation;
    const char *names[SHIM_CHOSEN]; // the first name of each
    OSSL_ALGORITHM found[SHIM_FOUND + 1];
} shim_choice;

// Those of TLS 1.3 as a client offers it, of the certificates by which a server may show itself, and of a device's keys.
static shim_choice shim_choices[] = {
    {OSSL_OP_DIGEST, {"SHA2-256", "SHA2-384", "SHA2-512"}, {{0}}},
    {OSSL_OP_CIPHER, {"AES-128-GCM", "AES-256-GCM", "ChaCha20-Poly1305"}, {{0}}},
    {OSSL_OP_MAC, {"HMAC"}, {{0}}},
    {OSSL_OP_KDF, {"HKDF", "TLS13-KDF"}, {{0}}},
    {OSSL_OP_KEYMGMT, {"ED25519", "X25519", "EC", "RSA", "RSA-PSS", "HMAC"}, {{0}}},
    {OSSL_OP_KEYEXCH, {"X25519", "ECDH"}, {{0}}},
    {OSSL_OP_SIGNATURE, {"ED25519", "ECDSA", "RSA", "HMAC"}, {{0}}},
    {OSSL_OP_DECODER, {"ED25519", "EC", "RSA", "RSA-PSS"}, {{0}}},
};
// OpenSSL's own.
static inline OSSL_PROVIDER *shim_whole(void) {
    static OSSL_PROVIDER *provider = NULL;
    if (!provider) provider = OSSL_PROVIDER_load(NULL, "default");
    return provider;
}

static inline int shim_is_chosen(const shim_choice *choice, const OSSL_ALGORITHM *algorithm) {
    const char *first = algorithm->algorithm_names;
    size_t length = strcspn(first, ":");
    for (int i = 0; i < SHIM_CHOSEN && choice->names[i]; i++)
        if (strlen(choice->names[i]) == length && strncasecmp(first, choice->names[i], length) == 0) return 1;
    return 0;
}

// Decoders have several algorithms under one name, for each form in which a key may stand.
static inline void shim_choose(shim_choice *choice) {
    int kept = 0, none = 0;
    const OSSL_ALGORITHM *all = OSSL_PROVIDER_query_operation(shim_whole(), choice->operation, &none);
    for (; all && all->algorithm_names; all++)
        if (shim_is_chosen(choice, all) && kept < SHIM_FOUND) choice->found[kept++] = *all;
}

static inline const OSSL_ALGORITHM *shim_query(void *context, int operation, int *no_cache) {
    (void)context;
    *no_cache = 0;
    for (size_t i = 0; i < sizeof shim_choices / sizeof *shim_choices; i++)
        if (shim_choices[i].operation == operation) return shim_choices[i].found;
    return NULL;
}

// The groups of TLS that are offered, by their numbers (RFC 8446 §4.2.7): P-256 and X25519. For each of the others OpenSSL
// would look for an algorithm.
typedef struct {
    OSSL_CALLBACK *tell;
    void *listener;
} shim_listener;
static inline int shim_tell(const OSSL_PARAM group[], void *context) {
    const shim_listener *to = context;
    const OSSL_PARAM *number = OSSL_PARAM_locate_const(group, OSSL_CAPABILITY_TLS_GROUP_ID);
    unsigned int id = 0;
    if (number && OSSL_PARAM_get_uint(number, &id) && id != 0x0017 && id != 0x001d) return 1;
    return to->tell(group, to->listener);
}
static inline int shim_capabilities(void *context, const char *capability, OSSL_CALLBACK *tell, void *listener) {
    (void)context;
    shim_listener to = {tell, listener};
    return OSSL_PROVIDER_get_capabilities(shim_whole(), capability, shim_tell, &to);
}

static inline int shim_begin(
    const OSSL_CORE_HANDLE *handle, const OSSL_DISPATCH *offered, const OSSL_DISPATCH **answered, void **context) {
    static const OSSL_DISPATCH functions[] = {
        {OSSL_FUNC_PROVIDER_QUERY_OPERATION, (void (*)(void))shim_query},
        {OSSL_FUNC_PROVIDER_GET_CAPABILITIES, (void (*)(void))shim_capabilities},
        {0, NULL},
    };
    (void)handle;
    (void)offered;
    *answered = functions;
    *context = OSSL_PROVIDER_get0_provider_ctx(shim_whole());
    return *context != NULL;
}

// The kernel's random bytes themselves, and no generators that are seeded with them: four would be made for a handshake, and
// all ciphers for these.
static inline int shim_random_bytes(unsigned char *to, int count) {
    for (int filled = 0; filled < count;) {
        ssize_t more = getrandom(to + filled, (size_t)(count - filled), 0);
        if (more > 0) filled += (int)more;
        else if (errno != EINTR) return 0;
    }
    return 1;
}
static inline int shim_random_status(void) { return 1; }
static inline int shim_take_random_bytes_from_the_kernel(void) {
    static const RAND_METHOD kernel = {
        .bytes = shim_random_bytes, .pseudorand = shim_random_bytes, .status = shim_random_status};
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
    return RAND_set_rand_method(&kernel);
#pragma GCC diagnostic pop
}

// A library context with them; NULL where OpenSSL will not have it, and then all that it has is used. Once a process.
static inline OSSL_LIB_CTX *shim_selected_algorithms(void) {
    OSSL_LIB_CTX *context = OSSL_LIB_CTX_new();
    if (context && shim_whole()) {
        for (size_t i = 0; i < sizeof shim_choices / sizeof *shim_choices; i++) shim_choose(&shim_choices[i]);
        if (OSSL_PROVIDER_add_builtin(context, "chat", shim_begin) == 1 && OSSL_PROVIDER_load(context, "chat") &&
            shim_take_random_bytes_from_the_kernel() == 1)
            return context;
    }
    ERR_clear_error();
    OSSL_LIB_CTX_free(context);
    return NULL;
}
#endif
