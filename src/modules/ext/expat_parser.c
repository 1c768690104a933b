/* expat_parser.c -- the parser object of the module pyexpat. See expat_types.h for who may be inside it.
 */
#include "expat_types.h"

#include <limits.h>
#include <stdlib.h>

enum {
    BUFFER_FIRST = 8192,
    PIECE = 1 << 20, /* of data given at once: libexpat counts in int */
    READ_SIZE = 2048,
};

/* --- who is inside --- */

static HdExpatParser *root_of(HdExpatParser *p) {
    while (!hd_is_null(p->parent)) p = hd_expat_parser(p->parent);
    return p;
}

int hd_expat_enter(HdThread *t, HdExpatParser *p, bool *nested) {
    uint64_t *user = &root_of(p)->user, nobody = 0;
    *nested = HD_LOAD_ACQUIRE(user) == t->serial;
    if (*nested || HD_CAS(user, &nobody, t->serial)) return 0;
    return hd_raise_int(t, &hd_RuntimeError, "the parser is in use by another thread");
}
void hd_expat_leave(HdExpatParser *p, bool nested) {
    if (!nested) HD_STORE_RELEASE(&root_of(p)->user, 0);
}

/* --- encodings that libexpat does not know --- */

static int unknown_encoding(void *data, const XML_Char *encoding, XML_Encoding *info) {
    HdThread *t = hd_thread_current();
    char all[256];
    if (hd_raised(t)) return XML_STATUS_ERROR;
    for (int i = 0; i < 256; i++) all[i] = (char)i;
    HD_OWNED HdValue chars = hd_str_decode(t, all, 256, encoding, "replace");
    if (hd_is_null(chars)) return XML_STATUS_ERROR;
    if (hd_str_length(chars) != 256) {
        hd_raise(t, &hd_ValueError, "multi-byte encodings are not supported");
        return XML_STATUS_ERROR;
    }
    for (int i = 0; i < 256; i++) {
        uint32_t c = hd_str_at(chars, i);
        info->map[i] = c == 0xfffd ? -1 : (int)c;
    }
    info->data = NULL;
    info->convert = NULL;
    info->release = NULL;
    return XML_STATUS_OK;
}

/* --- life --- */

HdValue hd_expat_parser_new(HdThread *t, XML_Parser xml, HdValue error, HdValue intern_or_null,
                            HdValue parent_or_null) {
    HdValue self = xml ? hd_type_alloc(t, &hd_expat_parser_type) : hd_raise_no_memory(t);
    if (hd_is_null(self)) {
        if (xml) XML_ParserFree(xml);
        return HD_NULL;
    }
    HdExpatParser *p = hd_expat_parser(self);
    p->xml = xml;
    p->error = hd_retain(t, error);
    p->intern = hd_retain(t, intern_or_null);
    p->parent = hd_retain(t, parent_or_null);
    p->buffer_size = BUFFER_FIRST;
    XML_SetUserData(xml, p);
    XML_SetUnknownEncodingHandler(xml, unknown_encoding, NULL);
    return self;
}

static int parser_traverse(HdObject *self, HdVisit visit, void *context) {
    HdExpatParser *p = (HdExpatParser *)self;
    for (int i = 0; i < HD_EXPAT_HANDLER_COUNT; i++) HD_VISIT(p->handlers[i]);
    HD_VISIT(p->intern);
    HD_VISIT(p->error);
    HD_VISIT(p->parent);
    return 0;
}
static void parser_clear(HdThread *t, HdObject *self) {
    HdExpatParser *p = (HdExpatParser *)self;
    for (int i = 0; i < HD_EXPAT_HANDLER_COUNT; i++) hd_clear_slot(t, &p->handlers[i]);
    hd_clear_slot(t, &p->intern);
}
static void parser_dealloc(HdThread *t, HdObject *self) {
    HdExpatParser *p = (HdExpatParser *)self;
    if (p->xml) XML_ParserFree(p->xml);
    free(p->buffer);
    parser_clear(t, self);
    hd_clear_slot(t, &p->error);
    hd_clear_slot(t, &p->parent); /* after the parser of its own, which uses the parent's DTD */
    hd_type_free(t, self);
}

/* --- errors --- */

static int set_number(HdThread *t, HdValue exception, const char *name, uint64_t number) {
    HD_OWNED HdValue key = hd_str_intern_text(t, name);
    HD_OWNED HdValue value = hd_is_null(key) ? HD_NULL : hd_int_from_u64(t, number);
    return hd_is_null(value) ? -1 : hd_object_setattr(t, exception, key, value);
}

HdValue hd_expat_raise(HdThread *t, HdExpatParser *p, enum XML_Error code) {
    uint64_t line = XML_GetErrorLineNumber(p->xml), column = XML_GetErrorColumnNumber(p->xml);
    HD_OWNED HdValue words =
        hd_str_format(t, "%s: line %lu, column %lu", XML_ErrorString(code), (unsigned long)line, (unsigned long)column);
    HD_OWNED HdValue exception =
        hd_is_null(words) ? HD_NULL : hd_exception_new1(t, HD_AS(HdType, p->error), words);
    if (hd_is_null(exception) || set_number(t, exception, "code", code) < 0 ||
        set_number(t, exception, "offset", column) < 0 || set_number(t, exception, "lineno", line) < 0) {
        return HD_NULL;
    }
    return hd_raise_instance(t, exception);
}

/* --- parsing --- */

static int begin_parse(HdThread *t, HdExpatParser *p, bool *nested) {
    if (hd_expat_enter(t, p, nested) < 0) return -1;
    if (!p->parsing) {
        p->parsing = true;
        p->failed = false;
        return 0;
    }
    hd_expat_leave(p, *nested);
    return hd_raise_int(t, &hd_RuntimeError, "a handler cannot parse with the parser that called it");
}

static HdValue end_parse(HdThread *t, HdExpatParser *p, enum XML_Status status, bool nested) {
    if (!hd_raised(t) && status != XML_STATUS_ERROR && hd_expat_flush(t, p) < 0) status = XML_STATUS_ERROR;
    if (!hd_raised(t) && status == XML_STATUS_ERROR) hd_expat_raise(t, p, XML_GetErrorCode(p->xml));
    p->parsing = false;
    hd_expat_leave(p, nested);
    return hd_raised(t) ? HD_NULL : hd_imm_int(status);
}

static enum XML_Status feed(HdThread *t, HdExpatParser *p, const char *data, HdSize length, int is_final) {
    enum XML_Status status = XML_STATUS_OK;
    for (; length > PIECE && status == XML_STATUS_OK && !hd_raised(t); data += PIECE, length -= PIECE) {
        status = XML_Parse(p->xml, data, PIECE, 0);
    }
    if (status != XML_STATUS_OK || hd_raised(t)) return status;
    return XML_Parse(p->xml, data, (int)length, is_final);
}

static HdValue parser_parse(HdThread *t, HdValue self, const HdValue *args) {
    HdExpatParser *p = hd_expat_parser(self);
    int is_final = hd_is_null(args[1]) ? 0 : hd_object_truth(t, args[1]);
    bool nested;
    if (is_final < 0) return HD_NULL;
    if (hd_is_str(args[0])) {
        HdSize length;
        const char *utf8 = hd_str_utf8(t, args[0], &length);
        if (!utf8 || begin_parse(t, p, &nested) < 0) return HD_NULL;
        (void)XML_SetEncoding(p->xml, "utf-8"); /* refused once parsing has begun */
        return end_parse(t, p, feed(t, p, utf8, length, is_final), nested);
    }
    HdBuffer buffer;
    if (hd_buffer_get(t, args[0], &buffer, HD_BUFFER_SIMPLE) < 0) return HD_NULL;
    HdValue result = HD_NULL;
    if (begin_parse(t, p, &nested) == 0) {
        result = end_parse(t, p, feed(t, p, buffer.data, buffer.length, is_final), nested);
    }
    hd_buffer_release(t, &buffer);
    return result;
}

/* The next piece of a file put into libexpat's buffer; its length, -1 raised. */
static int read_piece(HdThread *t, HdExpatParser *p, HdValue read) {
    HD_OWNED HdValue piece = hd_object_call1(t, read, hd_imm_int(READ_SIZE));
    if (hd_is_null(piece)) return -1;
    if (!hd_is_bytes(piece) && !hd_is_bytearray(piece)) {
        return hd_raise_int(t, &hd_TypeError, "read() did not return a bytes object (type=%s)", hd_type_name(piece));
    }
    HdBuffer buffer;
    if (hd_buffer_get(t, piece, &buffer, HD_BUFFER_SIMPLE) < 0) return -1;
    int length = (int)buffer.length;
    void *room = buffer.length > READ_SIZE ? NULL : XML_GetBuffer(p->xml, READ_SIZE);
    if (room) memcpy(room, buffer.data, (size_t)length);
    HdSize given = buffer.length;
    hd_buffer_release(t, &buffer);
    if (given > READ_SIZE) {
        return hd_raise_int(t, &hd_ValueError, "read() returned too much data: %d bytes requested, %zd returned",
                            READ_SIZE, given);
    }
    return room ? length : (hd_expat_raise(t, p, XML_GetErrorCode(p->xml)), -1);
}

static HdValue parser_parse_file(HdThread *t, HdValue self, const HdValue *args) {
    HdExpatParser *p = hd_expat_parser(self);
    HD_OWNED HdValue read = HD_NULL;
    int found = hd_object_find_attr(t, args[0], HD_NAME("read"), &read);
    if (found < 0) return HD_NULL;
    if (!found) return hd_raise(t, &hd_TypeError, "argument must have 'read' attribute");
    bool nested;
    if (begin_parse(t, p, &nested) < 0) return HD_NULL;
    enum XML_Status status = XML_STATUS_OK;
    for (int length = 1; length && status == XML_STATUS_OK && !hd_raised(t);) {
        length = read_piece(t, p, read);
        if (length < 0) break;
        status = XML_ParseBuffer(p->xml, length, length == 0);
    }
    return end_parse(t, p, status, nested);
}

/* --- other methods; each is inside the parser for a moment --- */

#define INSIDE(t, p)                                        \
    bool nested;                                            \
    if (hd_expat_enter((t), (p), &nested) < 0) return HD_NULL

static HdValue parser_set_base(HdThread *t, HdValue self, const HdValue *args) {
    if (!hd_is_str(args[0])) {
        return hd_raise(t, &hd_TypeError, "SetBase() argument must be str, not %s", hd_type_name(args[0]));
    }
    const char *base = hd_str_utf8(t, args[0], NULL);
    if (!base) return HD_NULL;
    INSIDE(t, hd_expat_parser(self));
    enum XML_Status status = XML_SetBase(hd_expat_parser(self)->xml, base);
    hd_expat_leave(hd_expat_parser(self), nested);
    return status == XML_STATUS_OK ? hd_None : hd_raise_no_memory(t);
}

static HdValue parser_get_base(HdThread *t, HdValue self, const HdValue *unused) {
    INSIDE(t, hd_expat_parser(self));
    const XML_Char *base = XML_GetBase(hd_expat_parser(self)->xml);
    HdValue result = base ? hd_str_from_text(t, base) : hd_None;
    hd_expat_leave(hd_expat_parser(self), nested);
    return result;
}

static HdValue parser_get_input_context(HdThread *t, HdValue self, const HdValue *unused) {
    HdExpatParser *p = hd_expat_parser(self);
    INSIDE(t, p);
    int offset, size;
    const char *context = p->parsing ? XML_GetInputContext(p->xml, &offset, &size) : NULL;
    HdValue result = context ? hd_bytes_new(t, context + offset, size - offset) : hd_None;
    hd_expat_leave(p, nested);
    return result;
}

static HdValue parser_create_for_entity(HdThread *t, HdValue self, const HdValue *args) {
    HdExpatParser *p = hd_expat_parser(self);
    const char *context = NULL, *encoding = NULL;
    if (!hd_is_none(args[0])) {
        if (!hd_is_str(args[0])) {
            return hd_raise(t, &hd_TypeError, "ExternalEntityParserCreate() argument 1 must be str or None, not %s",
                            hd_type_name(args[0]));
        }
        context = hd_str_utf8(t, args[0], NULL);
        if (!context) return HD_NULL;
    }
    if (!hd_is_null(args[1])) {
        if (!hd_is_str(args[1])) {
            return hd_raise(t, &hd_TypeError, "ExternalEntityParserCreate() argument 2 must be str, not %s",
                            hd_type_name(args[1]));
        }
        encoding = hd_str_utf8(t, args[1], NULL);
        if (!encoding) return HD_NULL;
    }
    INSIDE(t, p);
    XML_Parser xml = XML_ExternalEntityParserCreate(p->xml, context, encoding);
    hd_expat_leave(p, nested);
    HD_OWNED HdValue made = hd_expat_parser_new(t, xml, p->error, p->intern, self);
    if (hd_is_null(made)) return made;
    HdExpatParser *child = hd_expat_parser(made);
    child->ordered_attributes = p->ordered_attributes;
    child->specified_attributes = p->specified_attributes;
    child->namespace_prefixes = p->namespace_prefixes;
    child->buffer_size = p->buffer_size;
    if (p->buffer) {
        child->buffer = malloc((size_t)child->buffer_size);
        if (!child->buffer) return hd_raise_no_memory(t);
    }
    for (int i = 0; i < HD_EXPAT_HANDLER_COUNT; i++) child->handlers[i] = hd_field_get(t, p, &p->handlers[i]);
    hd_expat_install_all(child);
    return hd_move(&made);
}

static HdValue parser_set_param_entity_parsing(HdThread *t, HdValue self, const HdValue *args) {
    int flag = hd_number_as_int(t, args[0]);
    if (flag == -1 && hd_raised(t)) return HD_NULL;
    INSIDE(t, hd_expat_parser(self));
    int result = XML_SetParamEntityParsing(hd_expat_parser(self)->xml, (enum XML_ParamEntityParsing)flag);
    hd_expat_leave(hd_expat_parser(self), nested);
    return hd_imm_int(result);
}

static HdValue parser_use_foreign_dtd(HdThread *t, HdValue self, const HdValue *args) {
    int flag = hd_is_null(args[0]) ? 1 : hd_object_truth(t, args[0]);
    if (flag < 0) return HD_NULL;
    INSIDE(t, hd_expat_parser(self));
    enum XML_Error code = XML_UseForeignDTD(hd_expat_parser(self)->xml, flag ? XML_TRUE : XML_FALSE);
    HdValue result = code == XML_ERROR_NONE ? hd_None : hd_expat_raise(t, hd_expat_parser(self), code);
    hd_expat_leave(hd_expat_parser(self), nested);
    return result;
}

/* --- attributes --- */

static HdValue get_handler(HdThread *t, HdValue self, void *closure) {
    HdExpatParser *p = hd_expat_parser(self);
    HdValue v = hd_field_get(t, p, &p->handlers[(uintptr_t)closure]);
    return hd_is_null(v) ? hd_None : v;
}
static int set_handler(HdThread *t, HdValue self, HdValue v, void *closure) {
    HdExpatParser *p = hd_expat_parser(self);
    int number = (int)(uintptr_t)closure;
    if (hd_is_null(v)) return hd_raise_int(t, &hd_RuntimeError, "Cannot delete attribute");
    bool nested;
    if (hd_expat_enter(t, p, &nested) < 0) return -1;
    int result = number == HD_EXPAT_CharacterData ? hd_expat_flush(t, p) : 0; /* what waits is for the old one */
    if (result == 0) {
        bool on = !hd_is_none(v);
        hd_field_set_steal(t, p, &p->handlers[number], on ? hd_retain(t, v) : HD_NULL);
        hd_expat_install(p, number, on);
    }
    hd_expat_leave(p, nested);
    return result;
}

enum { ERROR_CODE, ERROR_LINE, ERROR_COLUMN, ERROR_BYTE, CURRENT_LINE, CURRENT_COLUMN, CURRENT_BYTE };
static HdValue get_position(HdThread *t, HdValue self, void *closure) {
    XML_Parser x = hd_expat_parser(self)->xml;
    int64_t number = 0;
    INSIDE(t, hd_expat_parser(self));
    switch ((uintptr_t)closure) {
    case ERROR_CODE: number = (int64_t)XML_GetErrorCode(x); break;
    case ERROR_LINE: case CURRENT_LINE: number = (int64_t)XML_GetCurrentLineNumber(x); break;
    case ERROR_COLUMN: case CURRENT_COLUMN: number = (int64_t)XML_GetCurrentColumnNumber(x); break;
    default: number = (int64_t)XML_GetCurrentByteIndex(x); break;
    }
    hd_expat_leave(hd_expat_parser(self), nested);
    return hd_int_from_i64(t, number);
}

enum { FLAG_BUFFER, FLAG_PREFIXES, FLAG_ORDERED, FLAG_SPECIFIED };
static HdValue get_flag(HdThread *t, HdValue self, void *closure) {
    HdExpatParser *p = hd_expat_parser(self);
    switch ((uintptr_t)closure) {
    case FLAG_BUFFER: return hd_bool(p->buffer != NULL);
    case FLAG_PREFIXES: return hd_bool(p->namespace_prefixes);
    case FLAG_ORDERED: return hd_bool(p->ordered_attributes);
    default: return hd_bool(p->specified_attributes);
    }
}
static int buffer_on_off(HdThread *t, HdExpatParser *p, bool on) {
    if (on == (p->buffer != NULL)) return 0;
    if (on) {
        p->buffer = malloc((size_t)p->buffer_size);
        p->buffer_used = 0;
        return p->buffer ? 0 : (hd_raise_no_memory(t), -1);
    }
    if (hd_expat_flush(t, p) < 0) return -1;
    free(p->buffer);
    p->buffer = NULL;
    return 0;
}
static int set_flag(HdThread *t, HdValue self, HdValue v, void *closure) {
    HdExpatParser *p = hd_expat_parser(self);
    if (hd_is_null(v)) return hd_raise_int(t, &hd_RuntimeError, "Cannot delete attribute");
    int on = hd_object_truth(t, v);
    bool nested;
    if (on < 0 || hd_expat_enter(t, p, &nested) < 0) return -1;
    int result = 0;
    switch ((uintptr_t)closure) {
    case FLAG_BUFFER: result = buffer_on_off(t, p, on != 0); break;
    case FLAG_PREFIXES:
        p->namespace_prefixes = (uint8_t)on;
        XML_SetReturnNSTriplet(p->xml, on);
        break;
    case FLAG_ORDERED: p->ordered_attributes = (uint8_t)on; break;
    default: p->specified_attributes = (uint8_t)on; break;
    }
    hd_expat_leave(p, nested);
    return result;
}

static HdValue get_buffer_size(HdThread *t, HdValue self, void *closure) {
    return hd_imm_int(hd_expat_parser(self)->buffer_size);
}
static int set_buffer_size(HdThread *t, HdValue self, HdValue v, void *closure) {
    HdExpatParser *p = hd_expat_parser(self);
    int64_t size;
    if (hd_is_null(v)) return hd_raise_int(t, &hd_RuntimeError, "Cannot delete attribute");
    if (!hd_is_int(v)) return hd_raise_int(t, &hd_TypeError, "buffer_size must be an integer");
    if (hd_int_sign(v) <= 0) return hd_raise_int(t, &hd_ValueError, "buffer_size must be greater than zero");
    if (!hd_int_try_i64(v, &size) || size > INT_MAX) {
        return hd_raise_int(t, &hd_ValueError, "buffer_size must not be greater than %d", INT_MAX);
    }
    bool nested;
    if (hd_expat_enter(t, p, &nested) < 0) return -1;
    int result = 0;
    if (p->buffer && size != p->buffer_size && (result = hd_expat_flush(t, p)) == 0) {
        uint8_t *made = malloc((size_t)size);
        if (made) {
            free(p->buffer);
            p->buffer = made;
        } else {
            hd_raise_no_memory(t);
            result = -1;
        }
    }
    if (result == 0) p->buffer_size = (int)size;
    hd_expat_leave(p, nested);
    return result;
}
static HdValue get_buffer_used(HdThread *t, HdValue self, void *closure) {
    return hd_imm_int(hd_expat_parser(self)->buffer_used);
}

static const HdGetSetDef parser_getsets[] = {
#define HANDLER(name) {#name "Handler", get_handler, set_handler, NULL, (void *)HD_EXPAT_##name},
    HANDLER(StartElement) HANDLER(EndElement) HANDLER(ProcessingInstruction) HANDLER(CharacterData)
    HANDLER(UnparsedEntityDecl) HANDLER(NotationDecl) HANDLER(StartNamespaceDecl) HANDLER(EndNamespaceDecl)
    HANDLER(Comment) HANDLER(StartCdataSection) HANDLER(EndCdataSection) HANDLER(Default) HANDLER(NotStandalone)
    HANDLER(ExternalEntityRef) HANDLER(StartDoctypeDecl) HANDLER(EndDoctypeDecl) HANDLER(EntityDecl) HANDLER(XmlDecl)
    HANDLER(ElementDecl) HANDLER(AttlistDecl) HANDLER(SkippedEntity)
    {"DefaultHandlerExpand", get_handler, set_handler, NULL, (void *)HD_EXPAT_DefaultHandlerExpand},
#undef HANDLER
    {"ErrorCode", get_position, NULL, NULL, (void *)ERROR_CODE},
    {"ErrorLineNumber", get_position, NULL, NULL, (void *)ERROR_LINE},
    {"ErrorColumnNumber", get_position, NULL, NULL, (void *)ERROR_COLUMN},
    {"ErrorByteIndex", get_position, NULL, NULL, (void *)ERROR_BYTE},
    {"CurrentLineNumber", get_position, NULL, NULL, (void *)CURRENT_LINE},
    {"CurrentColumnNumber", get_position, NULL, NULL, (void *)CURRENT_COLUMN},
    {"CurrentByteIndex", get_position, NULL, NULL, (void *)CURRENT_BYTE},
    {"buffer_text", get_flag, set_flag, NULL, (void *)FLAG_BUFFER},
    {"namespace_prefixes", get_flag, set_flag, NULL, (void *)FLAG_PREFIXES},
    {"ordered_attributes", get_flag, set_flag, NULL, (void *)FLAG_ORDERED},
    {"specified_attributes", get_flag, set_flag, NULL, (void *)FLAG_SPECIFIED},
    {"buffer_size", get_buffer_size, set_buffer_size, NULL, NULL},
    {"buffer_used", get_buffer_used, NULL, NULL, NULL},
    {0},
};
static const HdMemberDef parser_members[] = {
    {"intern", HD_MEMBER_VALUE, offsetof(HdExpatParser, intern), true, NULL, false},
    {0},
};
static const HdMethodDef parser_methods[] = {
    HD_METHOD(parser_parse, "Parse($self, data, isfinal=False, /)", "Parses a piece; isfinal: it is the last one."),
    HD_METHOD(parser_parse_file, "ParseFile($self, file, /)", "Parses what an open binary file holds."),
    HD_METHOD(parser_set_base, "SetBase($self, base, /)", "Sets the base for relative system identifiers."),
    HD_METHOD(parser_get_base, "GetBase($self, /)", "The base that SetBase was given, or None."),
    HD_METHOD(parser_get_input_context, "GetInputContext($self, /)",
              "The text from which the present event came; None outside a handler."),
    HD_METHOD(parser_create_for_entity, "ExternalEntityParserCreate($self, context, encoding=<none>, /)",
              "A parser for an external entity, with the handlers of this one."),
    HD_METHOD(parser_set_param_entity_parsing, "SetParamEntityParsing($self, flag, /)",
              "Whether parameter entities are read: a constant XML_PARAM_ENTITY_PARSING_…; true if accepted."),
    HD_METHOD(parser_use_foreign_dtd, "UseForeignDTD($self, flag=True, /)",
              "Whether a document without a DTD has an external one."),
    HD_METHODS_END,
};
HdType hd_expat_parser_type = {
    HD_TYPE_HEAD("pyexpat.xmlparser"),
    .doc = "XML parser",
    .basicsize = sizeof(HdExpatParser),
    .flags = HD_TYPE_GC | HD_TYPE_DISALLOW_NEW,
    .dealloc = parser_dealloc,
    .traverse = parser_traverse,
    .clear = parser_clear,
    .methods = parser_methods,
    .members = parser_members,
    .getsets = parser_getsets,
};
