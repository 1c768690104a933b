/* ssl_errors.c -- SSLError and its family, and how an exception is made from OpenSSL's errors (see ssl_types.h).
 *
 * OpenSSL's names of reasons are its texts in capitals, so there is no table of them. No locks; cold paths.
 */
#include "ssl_types.h"

#include <ctype.h>
#include <errno.h>

#define EOF_TEXT "EOF occurred in violation of protocol"

/* --- classes --- */

static HdValue error_str(HdThread *t, HdValue self) {
    HD_OWNED HdValue text = hd_field_get(t, hd_as_object(self), &HD_AS(HdOSError, self)->strerror);
    if (!hd_is_null(text) && hd_is_str(text)) return hd_move(&text);
    HD_OWNED HdValue args = hd_object_getattr(t, self, HD_NAME("args"));
    return hd_is_null(args) ? HD_NULL : hd_object_str(t, args);
}

HdType hd_ssl_SSLError = {
    HD_TYPE_HEAD("ssl.SSLError"),
    .doc = "An error occurred in the SSL implementation.",
    .base = &hd_OSError,
    .flags = HD_TYPE_BASE,
    .str = error_str,
};
#define DEFINE(error_name, error_doc)                                                                      \
    HdType hd_ssl_##error_name = {                                                                         \
        HD_TYPE_HEAD("ssl." #error_name),                                                                  \
        .doc = error_doc,                                                                                  \
        .base = &hd_ssl_SSLError,                                                                          \
        .flags = HD_TYPE_BASE,                                                                             \
    };
DEFINE(SSLZeroReturnError, "SSL/TLS session closed cleanly.")
DEFINE(SSLWantReadError,
       "Non-blocking SSL socket needs to read more data\nbefore the requested operation can be completed.")
DEFINE(SSLWantWriteError,
       "Non-blocking SSL socket needs to write more data\nbefore the requested operation can be completed.")
DEFINE(SSLSyscallError, "System error when attempting SSL operation.")
DEFINE(SSLEOFError, "SSL/TLS connection terminated abruptly.")
#undef DEFINE

/* --- names --- */

static const struct {
    int number;
    const char *name;
} libraries[] = {
    {ERR_LIB_NONE, "NONE"}, {ERR_LIB_SYS, "SYS"}, {ERR_LIB_BN, "BN"}, {ERR_LIB_RSA, "RSA"}, {ERR_LIB_DH, "DH"},
    {ERR_LIB_EVP, "EVP"}, {ERR_LIB_BUF, "BUF"}, {ERR_LIB_OBJ, "OBJ"}, {ERR_LIB_PEM, "PEM"}, {ERR_LIB_DSA, "DSA"},
    {ERR_LIB_X509, "X509"}, {ERR_LIB_ASN1, "ASN1"}, {ERR_LIB_CONF, "CONF"}, {ERR_LIB_CRYPTO, "CRYPTO"},
    {ERR_LIB_EC, "EC"}, {ERR_LIB_SSL, "SSL"}, {ERR_LIB_BIO, "BIO"}, {ERR_LIB_PKCS7, "PKCS7"},
    {ERR_LIB_X509V3, "X509V3"}, {ERR_LIB_PKCS12, "PKCS12"}, {ERR_LIB_RAND, "RAND"}, {ERR_LIB_DSO, "DSO"},
    {ERR_LIB_ENGINE, "ENGINE"}, {ERR_LIB_OCSP, "OCSP"}, {ERR_LIB_UI, "UI"}, {ERR_LIB_COMP, "COMP"},
    {ERR_LIB_ECDSA, "ECDSA"}, {ERR_LIB_ECDH, "ECDH"}, {ERR_LIB_OSSL_STORE, "OSSL_STORE"}, {ERR_LIB_FIPS, "FIPS"},
    {ERR_LIB_CMS, "CMS"}, {ERR_LIB_TS, "TS"}, {ERR_LIB_HMAC, "HMAC"}, {ERR_LIB_CT, "CT"}, {ERR_LIB_ASYNC, "ASYNC"},
    {ERR_LIB_KDF, "KDF"}, {ERR_LIB_SM2, "SM2"}, {ERR_LIB_ESS, "ESS"}, {ERR_LIB_PROP, "PROP"}, {ERR_LIB_CRMF, "CRMF"},
    {ERR_LIB_PROV, "PROV"}, {ERR_LIB_CMP, "CMP"}, {ERR_LIB_OSSL_ENCODER, "OSSL_ENCODER"},
    {ERR_LIB_OSSL_DECODER, "OSSL_DECODER"}, {ERR_LIB_HTTP, "HTTP"}, {ERR_LIB_USER, "USER"},
};

/* None when it has none. */
static HdValue library_name(HdThread *t, unsigned long code) {
    for (size_t i = 0; i < HD_COUNT_OF(libraries); i++) {
        if (code && libraries[i].number == ERR_GET_LIB(code)) return hd_str_intern_text(t, libraries[i].name);
    }
    return hd_None;
}
static HdValue reason_name(HdThread *t, unsigned long code) {
    const char *text = code ? ERR_reason_error_string(code) : NULL;
    char name[128];
    bool plain = !ERR_SYSTEM_ERROR(code) && !(ERR_GET_REASON(code) & ERR_RFLAG_COMMON); /* the library's own */
    if (!text || !plain || strlen(text) >= sizeof name) return hd_None;
    size_t length = strlen(text);
    for (size_t i = 0; i < length; i++) name[i] = isalnum((unsigned char)text[i]) ? (char)toupper(text[i]) : '_';
    return hd_str_from_utf8(t, name, (HdSize)length);
}

/* --- making one --- */

/* What was wrong with a certificate, as str. */
static HdValue verify_text(HdThread *t, HdSslSocket *s, long verify) {
    const char *what = verify == X509_V_ERR_HOSTNAME_MISMATCH     ? "Hostname"
                       : verify == X509_V_ERR_IP_ADDRESS_MISMATCH ? "IP address"
                                                                  : NULL;
    if (!what) return hd_str_from_text(t, X509_verify_cert_error_string(verify));
    HD_OWNED HdValue name = hd_field_get(t, s, &s->server_hostname);
    return hd_str_format(t, "%s mismatch, certificate is not valid for '%V'.", what, hd_is_null(name) ? hd_None : name);
}

static HdValue whole_text(HdThread *t, HdValue library, HdValue reason, const char *words, HdValue verify) {
    if (hd_is_none(library)) return hd_str_format(t, "%s (_ssl)", words);
    if (hd_is_none(reason)) return hd_str_format(t, "[%U] %s (_ssl)", library, words);
    if (hd_is_null(verify)) return hd_str_format(t, "[%U: %U] %s (_ssl)", library, reason, words);
    return hd_str_format(t, "[%U: %U] %s: %U (_ssl)", library, reason, words, verify);
}

/* `s` is given for failed verifications. */
static HdValue raise_error(HdThread *t, HdValue type, int number, const char *words, unsigned long code,
                           HdSslSocket *s_or_null) {
    HD_OWNED HdValue library = library_name(t, code);
    HD_OWNED HdValue reason = hd_is_null(library) ? HD_NULL : reason_name(t, code);
    if (hd_is_null(reason)) return HD_NULL;
    if (!words && code) words = ERR_reason_error_string(code);
    if (!words) words = "unknown error";
    HD_OWNED HdValue verify = HD_NULL;
    long verify_code = s_or_null ? SSL_get_verify_result(s_or_null->ssl) : 0;
    if (s_or_null && hd_is_null(verify = verify_text(t, s_or_null, verify_code))) return HD_NULL;
    HD_OWNED HdValue text = whole_text(t, library, reason, words, verify);
    HD_OWNED HdValue error = hd_is_null(text) ? HD_NULL : hd_object_call2(t, type, hd_imm_int(number), text);
    if (hd_is_null(error)) return HD_NULL;
    if (hd_object_setattr(t, error, HD_NAME("reason"), reason) < 0) return HD_NULL;
    if (hd_object_setattr(t, error, HD_NAME("library"), library) < 0) return HD_NULL;
    if (s_or_null) {
        if (hd_object_setattr(t, error, HD_NAME("verify_code"), hd_imm_int(verify_code)) < 0) return HD_NULL;
        if (hd_object_setattr(t, error, HD_NAME("verify_message"), verify) < 0) return HD_NULL;
    }
    return hd_raise_instance(t, error);
}

HdValue hd_ssl_raise_queue(HdThread *t, const char *message) {
    unsigned long code = message ? 0 : ERR_peek_last_error();
    ERR_clear_error();
    return raise_error(t, hd_type_value(&hd_ssl_SSLError), ERR_GET_REASON(code), message, code, NULL);
}
HdValue hd_ssl_raise_code(HdThread *t, unsigned long code) {
    return raise_error(t, hd_type_value(&hd_ssl_SSLError), ERR_GET_REASON(code), NULL, code, NULL);
}
HdValue hd_ssl_raise_gone(HdThread *t) {
    return raise_error(t, hd_type_value(&hd_ssl_SSLError), HD_SSL_ERROR_NO_SOCKET,
                       "Underlying socket connection gone", 0, NULL);
}

void hd_ssl_note(HdSslOutcome *outcome, SSL *ssl, int result) {
    outcome->error = errno;
    outcome->result = result;
    outcome->ssl_error = SSL_get_error(ssl, result);
    outcome->code = ERR_peek_last_error();
    ERR_clear_error();
}

static bool is_reason(unsigned long code, int reason) {
    return ERR_GET_LIB(code) == ERR_LIB_SSL && ERR_GET_REASON(code) == reason;
}

/* SSL_ERROR_SYSCALL without an error in the queue. */
static HdValue raise_system(HdThread *t, HdSslSocket *s, const HdSslOutcome *o) {
    if (o->result == 0 || hd_is_null(s->socket) || (o->result == -1 && !o->error)) {
        return raise_error(t, hd_type_value(&hd_ssl_SSLEOFError), HD_SSL_ERROR_EOF, EOF_TEXT, 0, NULL);
    }
    if (o->result == -1) return hd_raise_errno(t, o->error, HD_NULL);
    return raise_error(t, hd_type_value(&hd_ssl_SSLSyscallError), HD_SSL_ERROR_SYSCALL, "Some I/O error occurred", 0,
                       NULL);
}

static HdValue raise_library(HdThread *t, HdSslSocket *s, const HdSslOutcome *o, int number) {
    if (is_reason(o->code, SSL_R_CERTIFICATE_VERIFY_FAILED)) {
        HD_OWNED HdValue type = hd_object_import_from(t, "_ssl", "SSLCertVerificationError");
        return hd_is_null(type) ? HD_NULL : raise_error(t, type, number, NULL, o->code, s);
    }
    if (is_reason(o->code, SSL_R_UNEXPECTED_EOF_WHILE_READING)) {
        return raise_error(t, hd_type_value(&hd_ssl_SSLEOFError), HD_SSL_ERROR_EOF, EOF_TEXT, o->code, NULL);
    }
    const char *words = o->code ? NULL : "A failure in the SSL library occurred";
    return raise_error(t, hd_type_value(&hd_ssl_SSLError), number, words, o->code, NULL);
}

HdValue hd_ssl_raise_outcome(HdThread *t, HdSslSocket *s, const HdSslOutcome *o) {
    static const struct {
        int ssl_error, number;
        HdType *type;
        const char *words;
    } plain[] = {
        {SSL_ERROR_ZERO_RETURN, HD_SSL_ERROR_ZERO_RETURN, &hd_ssl_SSLZeroReturnError,
         "TLS/SSL connection has been closed (EOF)"},
        {SSL_ERROR_WANT_READ, HD_SSL_ERROR_WANT_READ, &hd_ssl_SSLWantReadError,
         "The operation did not complete (read)"},
        {SSL_ERROR_WANT_WRITE, HD_SSL_ERROR_WANT_WRITE, &hd_ssl_SSLWantWriteError,
         "The operation did not complete (write)"},
        {SSL_ERROR_WANT_X509_LOOKUP, HD_SSL_ERROR_WANT_X509_LOOKUP, &hd_ssl_SSLError,
         "The operation did not complete (X509 lookup)"},
        {SSL_ERROR_WANT_CONNECT, HD_SSL_ERROR_WANT_CONNECT, &hd_ssl_SSLError,
         "The operation did not complete (connect)"},
    };
    for (size_t i = 0; i < HD_COUNT_OF(plain); i++) {
        if (plain[i].ssl_error != o->ssl_error) continue;
        return raise_error(t, hd_type_value(plain[i].type), plain[i].number, plain[i].words, o->code, NULL);
    }
    if (o->ssl_error == SSL_ERROR_SYSCALL) {
        return o->code ? raise_library(t, s, o, HD_SSL_ERROR_SYSCALL) : raise_system(t, s, o);
    }
    if (o->ssl_error == SSL_ERROR_SSL) return raise_library(t, s, o, HD_SSL_ERROR_SSL);
    return raise_error(t, hd_type_value(&hd_ssl_SSLError), HD_SSL_ERROR_INVALID, "Invalid error code", o->code, NULL);
}

/* --- the module's part --- */

/* The one with two bases. */
static int add_verification_error(HdThread *t, HdValue module) {
    HD_OWNED HdValue bases = hd_tuple_pack(t, 2, hd_type_value(&hd_ssl_SSLError), hd_type_value(&hd_ValueError));
    if (hd_is_null(bases)) return -1;
    HD_OWNED HdValue type = hd_module_add_exception(t, module, "ssl.SSLCertVerificationError", bases);
    HD_OWNED HdValue doc = hd_is_null(type) ? HD_NULL : hd_str_from_text(t, "A certificate could not be verified.");
    return hd_is_null(doc) ? -1 : hd_object_setattr(t, type, HD_NAME("__doc__"), doc);
}

int hd_ssl_add_errors(HdThread *t, HdValue module) {
    static HdType *const types[] = {&hd_ssl_SSLError, &hd_ssl_SSLZeroReturnError, &hd_ssl_SSLWantReadError,
                                    &hd_ssl_SSLWantWriteError, &hd_ssl_SSLSyscallError, &hd_ssl_SSLEOFError};
    for (size_t i = 0; i < HD_COUNT_OF(types); i++) {
        if (hd_module_add_type(t, module, types[i]) < 0) return -1;
    }
    return add_verification_error(t, module);
}
