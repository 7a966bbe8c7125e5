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

static inline int shim_SSL_CTX_set_min_proto_version(SSL_CTX *c, int v) { return (int)SSL_CTX_set_min_proto_version(c, v); }
#endif
