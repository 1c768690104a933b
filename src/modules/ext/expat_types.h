/* expat_types.h -- what the files of the module pyexpat share: the parser object and its handlers.
 *
 * libexpat's parser is not for two threads at once, so a parser belongs to the thread that is inside it (`user`, taken
 * by compare-and-swap at the root of a family of parsers, which share a DTD): others that try meanwhile get a
 * RuntimeError. Handlers run Python with no lock held, and may use the parser, but not parse with it.
 */
#ifndef HD_EXPAT_TYPES_H
#define HD_EXPAT_TYPES_H

#include <expat.h>

#include "heddle/module.h"
#include "object_internal.h"

/* One row per handler, for the attribute nameHandler; the order is that of the handlers' numbers. */
#define HD_EXPAT_HANDLERS(X)                                                                                          \
    X(StartElement) X(EndElement) X(ProcessingInstruction) X(CharacterData) X(UnparsedEntityDecl) X(NotationDecl)     \
    X(StartNamespaceDecl) X(EndNamespaceDecl) X(Comment) X(StartCdataSection) X(EndCdataSection) X(Default)           \
    X(DefaultHandlerExpand) X(NotStandalone) X(ExternalEntityRef) X(StartDoctypeDecl) X(EndDoctypeDecl) X(EntityDecl) \
    X(XmlDecl) X(ElementDecl) X(AttlistDecl) X(SkippedEntity)
enum {
#define HD_EXPAT_NUMBER(name) HD_EXPAT_##name,
    HD_EXPAT_HANDLERS(HD_EXPAT_NUMBER)
#undef HD_EXPAT_NUMBER
    HD_EXPAT_HANDLER_COUNT,
};

typedef struct HdExpatParser {
    HdObject head;
    XML_Parser xml;
    HdValue error;  /* ExpatError */
    HdValue parent; /* the parser that made this one for an external entity, HD_NULL: none */
    HdValue intern; /* dict, or HD_NULL */
    uint64_t user;  /* atomic, at the root: serial of the thread inside, 0: none */
    uint8_t parsing;
    uint8_t ordered_attributes, specified_attributes, namespace_prefixes;
    uint8_t failed; /* a handler raised: the rest is read in silence */
    uint8_t *buffer; /* character data that wait to be handed on; NULL: not buffered. From malloc */
    int buffer_size, buffer_used;
    HdValue handlers[HD_EXPAT_HANDLER_COUNT]; /* HD_NULL: none */
} HdExpatParser;
extern HdType hd_expat_parser_type;

HD_INLINE HdExpatParser *hd_expat_parser(HdValue v) { return HD_AS(HdExpatParser, v); }

/* Enters the parser; *nested: this thread was inside already. -1 = raised. */
int hd_expat_enter(HdThread *t, HdExpatParser *p, bool *nested) HD_CHECK;
void hd_expat_leave(HdExpatParser *p, bool nested);

/* --- expat_handlers.c --- */
/* Tells libexpat to call handler `number`, or not to. */
void hd_expat_install(HdExpatParser *p, int number, bool on);
void hd_expat_install_all(HdExpatParser *p);
/* Hands on the character data that wait. -1 = raised (the parser knows already). */
int hd_expat_flush(HdThread *t, HdExpatParser *p) HD_CHECK;
/* --- expat_parser.c --- */
HdValue hd_expat_parser_new(HdThread *t, XML_Parser xml, HdValue error, HdValue intern_or_null,
                            HdValue parent_or_null) HD_CHECK;
HD_COLD HdValue hd_expat_raise(HdThread *t, HdExpatParser *p, enum XML_Error code);

#endif
