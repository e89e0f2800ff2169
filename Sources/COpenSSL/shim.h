// Lets Swift import OpenSSL; only one target may: see TidyTests. The functions stand for macros.
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

// What one context offers beside its certificates: no compression, no renegotiation, the order
// of ciphers that this side has chosen, and buffers given back while a connection is idle.
static inline void openssl_harden(SSL_CTX *context) {
    SSL_CTX_set_options(context, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION |
                                     SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_PRIORITIZE_CHACHA);
    SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
}

static inline int openssl_set_versions(SSL_CTX *context, int lowest, int highest) {
    return SSL_CTX_set_min_proto_version(context, lowest) == 1 &&
           SSL_CTX_set_max_proto_version(context, highest) == 1;
}

static inline int openssl_accept_any_name(SSL *ssl, int *alert, void *argument) {
    return SSL_TLSEXT_ERR_OK;
}

// A server with one certificate takes any name, and remembers it through a resumption.
static inline void openssl_accept_names(SSL_CTX *context) {
    SSL_CTX_set_tlsext_servername_callback(context, openssl_accept_any_name);
}

static inline void openssl_set_session_cache(SSL_CTX *context, int mode) {
    SSL_CTX_set_session_cache_mode(context, mode);
}

static inline int openssl_set_server_name(SSL *ssl, const char *name) {
    return SSL_set_tlsext_host_name(ssl, name) == 1;
}

static inline void openssl_bio_wait_for_input(BIO *bio) { BIO_set_retry_read(bio); }

static inline void openssl_bio_stop_waiting(BIO *bio) { BIO_clear_retry_flags(bio); }

static inline long openssl_bio_bytes(BIO *bio, char **start) { return BIO_get_mem_data(bio, start); }

static inline int openssl_name_count(const GENERAL_NAMES *names) {
    return sk_GENERAL_NAME_num(names);
}

static inline const GENERAL_NAME *openssl_name(const GENERAL_NAMES *names, int index) {
    return sk_GENERAL_NAME_value(names, index);
}

static inline unsigned long openssl_rfc2253(void) { return XN_FLAG_RFC2253; }
