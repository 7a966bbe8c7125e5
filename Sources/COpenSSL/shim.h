// OpenSSL 3.0 as Swift can see it: many of its "functions" are macros, which the importer skips.
// Each is reached through a static inline function of the same name with the prefix `shim_`.
#ifndef CHAT_COPENSSL_SHIM_H
#define CHAT_COPENSSL_SHIM_H
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "selection.h"

static inline int shim_SSL_CTX_set_min_proto_version(SSL_CTX *c, int v) { return (int)SSL_CTX_set_min_proto_version(c, v); }
static inline int shim_SSL_CTX_set_max_proto_version(SSL_CTX *c, int v) { return (int)SSL_CTX_set_max_proto_version(c, v); }
static inline int shim_SSL_CTX_set1_groups_list(SSL_CTX *c, const char *list) { return (int)SSL_CTX_set1_groups_list(c, list); }
static inline void shim_SSL_CTX_set_mode(SSL_CTX *c, long mode) { (void)SSL_CTX_set_mode(c, mode); }
static inline void shim_SSL_CTX_set_session_cache_mode(SSL_CTX *c, long mode) { (void)SSL_CTX_set_session_cache_mode(c, mode); }
static inline int shim_SSL_CTX_add1_chain_cert(SSL_CTX *c, X509 *x) { return (int)SSL_CTX_add1_chain_cert(c, x); }
static inline int shim_SSL_set_tlsext_host_name(SSL *s, const char *name) { return (int)SSL_set_tlsext_host_name(s, name); }
static inline EVP_PKEY *shim_EVP_EC_gen(const char *curve) { return EVP_EC_gen(curve); }
static inline long shim_BIO_get_mem_data(BIO *b, const char **out) { return BIO_get_mem_data(b, (char **)out); }
// The sentences of what fails outside TLS, which are not loaded before something does.
static inline void shim_load_reasons(void) {
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
    ERR_load_ERR_strings();
    ERR_load_ASN1_strings();
    ERR_load_EVP_strings();
    ERR_load_PEM_strings();
    ERR_load_X509_strings();
#pragma GCC diagnostic pop
}
static inline int shim_ERR_GET_REASON(unsigned long e) { return ERR_GET_REASON(e); }
static inline uint64_t shim_SSL_OP_CIPHER_SERVER_PREFERENCE(void) { return SSL_OP_CIPHER_SERVER_PREFERENCE; }
static inline uint64_t shim_SSL_OP_PRIORITIZE_CHACHA(void) { return SSL_OP_PRIORITIZE_CHACHA; }
static inline uint64_t shim_SSL_OP_NO_TICKET(void) { return SSL_OP_NO_TICKET; }

// The names that a certificate is for (a GENERAL_NAMES of X509_get_ext_d2i), by number and kind.
static inline int shim_names_count(void *names) { return sk_GENERAL_NAME_num((GENERAL_NAMES *)names); }
static inline const unsigned char *shim_names_bytes(void *names, int index, int kind, int *length) {
    GENERAL_NAME *name = sk_GENERAL_NAME_value((GENERAL_NAMES *)names, index);
    if (name->type != kind) return NULL;
    ASN1_STRING *text = kind == GEN_IPADD ? name->d.iPAddress : name->d.dNSName;
    *length = ASN1_STRING_length(text);
    return ASN1_STRING_get0_data(text);
}
static inline void shim_names_free(void *names) { GENERAL_NAMES_free((GENERAL_NAMES *)names); }

// What verifying `own` with the certificates beside it against the system's authorities comes to, whatever the time is.
static inline int shim_verify_chain(X509 *own, X509 **beside, int count) {
    int result = X509_V_ERR_OUT_OF_MEM;
    X509_STORE *store = X509_STORE_new();
    X509_STORE_CTX *context = X509_STORE_CTX_new();
    STACK_OF(X509) *chain = sk_X509_new_null();
    for (int i = 0; chain && i < count; i++) sk_X509_push(chain, beside[i]);
    if (store && context && chain && X509_STORE_set_default_paths(store) == 1 &&
        X509_STORE_CTX_init(context, store, own, chain) == 1) {
        X509_STORE_CTX_set_flags(context, X509_V_FLAG_NO_CHECK_TIME);
        result = X509_verify_cert(context) == 1 ? X509_V_OK : X509_STORE_CTX_get_error(context);
    }
    sk_X509_free(chain);
    X509_STORE_CTX_free(context);
    X509_STORE_free(store);
    return result;
}
#endif
