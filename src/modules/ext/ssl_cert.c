/* ssl_cert.c -- certificates: as the dict that getpeercert() gives, as DER, and as the class Certificate.
 *
 * Certificates are counted by OpenSSL and never change. No locks; nothing runs Python but a warning of a kind of name
 * that nobody knows.
 */
#include "ssl_types.h"

#include <openssl/pem.h>

HdValue hd_ssl_bio_text(HdThread *t, BIO *bio) {
    char *data;
    long length = BIO_get_mem_data(bio, &data);
    return hd_str_decode(t, length > 0 ? data : "", length > 0 ? length : 0, "utf-8", "replace");
}

/* Puts a value (taken over) under a key of the dict; HD_NULL: -1. */
static int put_steal(HdThread *t, HdValue dict, const char *key, HdValue v) {
    int result = hd_is_null(v) ? -1 : hd_dict_set_text(t, dict, key, v);
    hd_release(t, v);
    return result;
}
static int append_pair(HdThread *t, HdValue list, const char *kind, HdValue v) {
    HD_OWNED HdValue value = v; /* taken over */
    HD_OWNED HdValue name = hd_is_null(v) ? HD_NULL : hd_str_from_text(t, kind);
    HdValue pair = hd_is_null(name) ? HD_NULL : hd_tuple_pack(t, 2, name, value);
    return hd_is_null(pair) ? -1 : hd_list_append_steal(t, list, pair);
}

/* --- names --- */

/* An object identifier by its long name, or in figures. */
static HdValue object_text(HdThread *t, const ASN1_OBJECT *object, bool figures) {
    char buffer[256];
    int length = OBJ_obj2txt(buffer, sizeof buffer, object, figures);
    if (length < 0) return hd_ssl_raise_queue(t, NULL);
    if (length < (int)sizeof buffer) return hd_str_from_utf8(t, buffer, length);
    HD_OWNED HdValue bytes = hd_bytes_new(t, NULL, length);
    if (hd_is_null(bytes)) return bytes;
    char *data = (char *)hd_bytes_data(bytes);
    OBJ_obj2txt(data, length + 1, object, figures);
    return hd_str_from_utf8(t, data, length);
}

static HdValue entry_pair(HdThread *t, const X509_NAME_ENTRY *entry) {
    HD_OWNED HdValue name = object_text(t, X509_NAME_ENTRY_get_object(entry), false);
    unsigned char *text = NULL;
    int length = hd_is_null(name) ? -1 : ASN1_STRING_to_UTF8(&text, X509_NAME_ENTRY_get_data(entry));
    if (hd_is_null(name)) return HD_NULL;
    if (length < 0) return hd_ssl_raise_queue(t, NULL);
    HD_OWNED HdValue value = hd_str_from_utf8(t, (const char *)text, length);
    OPENSSL_free(text);
    return hd_is_null(value) ? HD_NULL : hd_tuple_pack(t, 2, name, value);
}

/* A tuple of relative distinguished names, each a tuple of pairs. */
static HdValue name_tuple(HdThread *t, const X509_NAME *name) {
    HD_OWNED HdValue all = hd_list_new(t, 0), one = hd_list_new(t, 0);
    if (hd_is_null(all) || hd_is_null(one)) return HD_NULL;
    int count = X509_NAME_entry_count(name);
    for (int i = 0; i < count; i++) {
        const X509_NAME_ENTRY *entry = X509_NAME_get_entry(name, i);
        HdValue pair = entry_pair(t, entry);
        if (hd_is_null(pair) || hd_list_append_steal(t, one, pair) < 0) return HD_NULL;
        bool last = i + 1 == count;
        if (!last && X509_NAME_ENTRY_set(X509_NAME_get_entry(name, i + 1)) == X509_NAME_ENTRY_set(entry)) continue;
        HdValue done = hd_list_as_tuple(t, one);
        if (hd_is_null(done) || hd_list_append_steal(t, all, done) < 0) return HD_NULL;
        hd_release(t, one);
        one = hd_list_new(t, 0);
        if (hd_is_null(one)) return HD_NULL;
    }
    return hd_list_as_tuple(t, all);
}

static HdValue string_text(HdThread *t, const ASN1_STRING *string) {
    return hd_str_from_utf8(t, (const char *)ASN1_STRING_get0_data(string), ASN1_STRING_length(string));
}

static HdValue address_text(HdThread *t, const ASN1_OCTET_STRING *address) {
    const unsigned char *p = ASN1_STRING_get0_data(address);
    int length = ASN1_STRING_length(address);
    if (length == 4) return hd_str_format(t, "%d.%d.%d.%d", p[0], p[1], p[2], p[3]);
    if (length != 16) return hd_str_from_text(t, "<invalid>");
    char text[40];
    int at = 0;
    for (int i = 0; i < 16; i += 2) {
        at += snprintf(text + at, sizeof text - (size_t)at, "%s%X", i ? ":" : "", p[i] << 8 | p[i + 1]);
    }
    return hd_str_from_text(t, text);
}

/* What OpenSSL prints of a name of another kind: "kind:value". */
static int append_printed(HdThread *t, HdValue list, GENERAL_NAME *name, int kind) {
    if (kind != GEN_OTHERNAME && kind != GEN_X400 && kind != GEN_EDIPARTY &&
        hd_warn(t, &hd_RuntimeWarning, 1, "Unknown general name type %d", kind) < 0) {
        return -1;
    }
    BIO *bio = BIO_new(BIO_s_mem());
    if (!bio) {
        hd_raise_no_memory(t);
        return -1;
    }
    char text[2048];
    GENERAL_NAME_print(bio, name);
    int length = BIO_read(bio, text, sizeof text - 1);
    BIO_free(bio);
    text[length > 0 ? length : 0] = 0;
    char *colon = strchr(text, ':');
    if (!colon) return hd_raise_int(t, &hd_ValueError, "Invalid value %.200s", text);
    *colon = 0;
    return append_pair(t, list, text, hd_str_from_text(t, colon + 1));
}

static int append_name(HdThread *t, HdValue list, GENERAL_NAME *name) {
    int kind;
    const void *value = GENERAL_NAME_get0_value(name, &kind);
    switch (kind) {
    case GEN_DIRNAME: return append_pair(t, list, "DirName", name_tuple(t, value));
    case GEN_EMAIL: return append_pair(t, list, "email", string_text(t, value));
    case GEN_DNS: return append_pair(t, list, "DNS", string_text(t, value));
    case GEN_URI: return append_pair(t, list, "URI", string_text(t, value));
    case GEN_RID: return append_pair(t, list, "Registered ID", object_text(t, value, false));
    case GEN_IPADD: return append_pair(t, list, "IP Address", address_text(t, value));
    default: return append_printed(t, list, name, kind);
    }
}

/* --- extensions: 0, also when the certificate does not have it --- */

static int put_alternative_names(HdThread *t, HdValue dict, X509 *certificate) {
    HD_OWNED HdValue list = hd_list_new(t, 0);
    if (hd_is_null(list)) return -1;
    for (int i = -1; (i = X509_get_ext_by_NID(certificate, NID_subject_alt_name, i)) >= 0;) {
        GENERAL_NAMES *names = X509V3_EXT_d2i(X509_get_ext(certificate, i));
        int result = names ? 0 : (hd_ssl_raise_queue(t, NULL), -1);
        for (int n = 0; result == 0 && n < sk_GENERAL_NAME_num(names); n++) {
            result = append_name(t, list, sk_GENERAL_NAME_value(names, n));
        }
        GENERAL_NAMES_free(names);
        if (result < 0) return -1;
    }
    return hd_list_length(list) ? put_steal(t, dict, "subjectAltName", hd_list_as_tuple(t, list)) : 0;
}

static int append_uri(HdThread *t, HdValue list, const GENERAL_NAME *name) {
    int kind;
    const void *value = GENERAL_NAME_get0_value(name, &kind);
    if (kind != GEN_URI) return 0;
    HdValue text = string_text(t, value);
    return hd_is_null(text) ? -1 : hd_list_append_steal(t, list, text);
}
static int put_list(HdThread *t, HdValue dict, const char *key, HdValue list) {
    return hd_list_length(list) ? put_steal(t, dict, key, hd_list_as_tuple(t, list)) : 0;
}

static int put_access(HdThread *t, HdValue dict, X509 *certificate, int method, const char *key) {
    AUTHORITY_INFO_ACCESS *all = X509_get_ext_d2i(certificate, NID_info_access, NULL, NULL);
    HD_OWNED HdValue list = hd_list_new(t, 0);
    int result = hd_is_null(list) ? -1 : 0;
    for (int i = 0; result == 0 && all && i < sk_ACCESS_DESCRIPTION_num(all); i++) {
        ACCESS_DESCRIPTION *one = sk_ACCESS_DESCRIPTION_value(all, i);
        if (OBJ_obj2nid(one->method) == method) result = append_uri(t, list, one->location);
    }
    AUTHORITY_INFO_ACCESS_free(all);
    return result < 0 ? -1 : put_list(t, dict, key, list);
}

static int put_distribution_points(HdThread *t, HdValue dict, X509 *certificate) {
    CRL_DIST_POINTS *points = X509_get_ext_d2i(certificate, NID_crl_distribution_points, NULL, NULL);
    HD_OWNED HdValue list = hd_list_new(t, 0);
    int result = hd_is_null(list) ? -1 : 0;
    for (int i = 0; result == 0 && points && i < sk_DIST_POINT_num(points); i++) {
        DIST_POINT_NAME *name = sk_DIST_POINT_value(points, i)->distpoint;
        if (!name || name->type != 0) continue; /* without a name, or relative to the issuer (CVE-2019-5010) */
        GENERAL_NAMES *names = name->name.fullname;
        for (int n = 0; result == 0 && n < sk_GENERAL_NAME_num(names); n++) {
            result = append_uri(t, list, sk_GENERAL_NAME_value(names, n));
        }
    }
    CRL_DIST_POINTS_free(points);
    return result < 0 ? -1 : put_list(t, dict, "crlDistributionPoints", list);
}

/* --- the whole --- */

static int put_printed(HdThread *t, HdValue dict, const char *key, BIO *bio, int printed) {
    HdValue text = printed > 0 ? hd_ssl_bio_text(t, bio) : hd_ssl_raise_queue(t, NULL);
    (void)BIO_reset(bio);
    return put_steal(t, dict, key, text);
}

static int fill_dict(HdThread *t, HdValue dict, X509 *certificate, BIO *bio) {
    if (put_steal(t, dict, "subject", name_tuple(t, X509_get_subject_name(certificate))) < 0 ||
        put_steal(t, dict, "issuer", name_tuple(t, X509_get_issuer_name(certificate))) < 0 ||
        put_steal(t, dict, "version", hd_imm_int(X509_get_version(certificate) + 1)) < 0) {
        return -1;
    }
    int printed = i2a_ASN1_INTEGER(bio, X509_get0_serialNumber(certificate));
    if (put_printed(t, dict, "serialNumber", bio, printed) < 0) return -1;
    printed = ASN1_TIME_print(bio, X509_get0_notBefore(certificate));
    if (put_printed(t, dict, "notBefore", bio, printed) < 0) return -1;
    printed = ASN1_TIME_print(bio, X509_get0_notAfter(certificate));
    if (put_printed(t, dict, "notAfter", bio, printed) < 0) return -1;
    if (put_alternative_names(t, dict, certificate) < 0) return -1;
    if (put_access(t, dict, certificate, NID_ad_OCSP, "OCSP") < 0) return -1;
    if (put_access(t, dict, certificate, NID_ad_ca_issuers, "caIssuers") < 0) return -1;
    return put_distribution_points(t, dict, certificate);
}

HdValue hd_ssl_cert_dict(HdThread *t, X509 *certificate) {
    HD_OWNED HdValue dict = hd_dict_new(t);
    BIO *bio = BIO_new(BIO_s_mem());
    if (!bio) return hd_raise_no_memory(t);
    int result = hd_is_null(dict) ? -1 : fill_dict(t, dict, certificate, bio);
    BIO_free(bio);
    ERR_clear_error(); /* extensions that could not be read are left out */
    return result < 0 ? HD_NULL : hd_move(&dict);
}

HdValue hd_ssl_cert_der(HdThread *t, X509 *certificate) {
    unsigned char *data = NULL;
    int length = i2d_X509(certificate, &data);
    if (length < 0) return hd_ssl_raise_queue(t, NULL);
    HdValue bytes = hd_bytes_new(t, data, length);
    OPENSSL_free(data);
    return bytes;
}

/* For the tests of the library: the dict of a certificate in a file. */
HdValue hd_ssl_test_decode_cert(HdThread *t, HdValue module, const HdValue *a) {
    HD_OWNED HdValue path = hd_ssl_path(t, a[0], NULL);
    if (hd_is_null(path)) return HD_NULL;
    BIO *bio = BIO_new_file((const char *)hd_bytes_data(path), "r");
    X509 *certificate = bio ? PEM_read_bio_X509(bio, NULL, NULL, NULL) : NULL;
    BIO_free(bio);
    ERR_clear_error();
    if (!bio) return hd_ssl_raise_queue(t, "Can't open file");
    if (!certificate) return hd_ssl_raise_queue(t, "Error decoding PEM-encoded file");
    HdValue dict = hd_ssl_cert_dict(t, certificate);
    X509_free(certificate);
    return dict;
}

/* --- Certificate --- */

typedef struct Certificate {
    HdObject head;
    X509 *x509;
} Certificate;
HD_INLINE X509 *x509_of(HdValue v) { return HD_AS(Certificate, v)->x509; }

HdValue hd_ssl_cert_object(HdThread *t, X509 *certificate) {
    HdValue made = hd_type_alloc(t, &hd_ssl_certificate_type);
    if (hd_is_null(made)) return made;
    X509_up_ref(certificate);
    HD_AS(Certificate, made)->x509 = certificate;
    return made;
}
static void certificate_dealloc(HdThread *t, HdObject *self) {
    X509_free(((Certificate *)self)->x509);
    hd_type_free(t, self);
}

static HdValue certificate_public_bytes(HdThread *t, HdValue self, const HdValue *a) {
    int format = hd_is_null(a[0]) ? HD_SSL_ENCODING_PEM : hd_number_as_int(t, a[0]);
    if (format == -1 && hd_raised(t)) return HD_NULL;
    if (format == HD_SSL_ENCODING_DER) return hd_ssl_cert_der(t, x509_of(self));
    if (format != HD_SSL_ENCODING_PEM) return hd_raise(t, &hd_ValueError, "Unsupported format");
    BIO *bio = BIO_new(BIO_s_mem());
    if (!bio) return hd_raise_no_memory(t);
    HdValue text = PEM_write_bio_X509(bio, x509_of(self)) ? hd_ssl_bio_text(t, bio) : hd_ssl_raise_queue(t, NULL);
    BIO_free(bio);
    return text;
}
static HdValue certificate_get_info(HdThread *t, HdValue self, const HdValue *a) {
    return hd_ssl_cert_dict(t, x509_of(self));
}

static HdValue certificate_repr(HdThread *t, HdValue self) {
    BIO *bio = BIO_new(BIO_s_mem());
    if (!bio) return hd_raise_no_memory(t);
    X509_NAME_print_ex(bio, X509_get_subject_name(x509_of(self)), 0, XN_FLAG_RFC2253);
    HD_OWNED HdValue subject = hd_ssl_bio_text(t, bio);
    BIO_free(bio);
    return hd_is_null(subject) ? HD_NULL : hd_str_format(t, "<_ssl.Certificate '%U'>", subject);
}
static int64_t certificate_hash(HdThread *t, HdValue self) {
    int64_t hash = (int64_t)X509_subject_name_hash(x509_of(self));
    return hash == -1 ? -2 : hash;
}
static HdValue certificate_compare(HdThread *t, HdValue left, HdValue right, int op) {
    if (!hd_is_instance(left, &hd_ssl_certificate_type) || !hd_is_instance(right, &hd_ssl_certificate_type) ||
        (op != HD_EQ && op != HD_NE)) {
        return hd_NotImplemented;
    }
    bool equal = X509_cmp(x509_of(left), x509_of(right)) == 0;
    return hd_bool(equal == (op == HD_EQ));
}

static const HdMethodDef certificate_methods[] = {
    HD_METHOD(certificate_public_bytes, "public_bytes($self, /, format=Encoding.PEM)", NULL),
    HD_METHOD(certificate_get_info, "get_info($self, /)", NULL),
    HD_METHODS_END,
};
HdType hd_ssl_certificate_type = {
    HD_TYPE_HEAD("_ssl.Certificate"),
    .basicsize = sizeof(Certificate),
    .flags = HD_TYPE_DISALLOW_NEW,
    .dealloc = certificate_dealloc,
    .repr = certificate_repr,
    .hash = certificate_hash,
    .compare = certificate_compare,
    .methods = certificate_methods,
};
