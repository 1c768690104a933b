/* expat_handlers.c -- from libexpat's events to calls of Python handlers.
 *
 * libexpat goes on after a handler raised; from then on all handlers are gone and external entities are refused, so
 * that
 * it ends soon. What is being called is kept by the call itself: a handler may replace handlers.
 */
#include "expat_types.h"

#include <stdarg.h>

/* --- values --- */

static HdValue text(HdThread *t, const XML_Char *s) {
    return s ? hd_str_from_utf8(t, s, (HdSize)strlen(s)) : hd_None;
}

/* The one str of this text that the parser knows. */
static HdValue name(HdThread *t, HdExpatParser *p, const XML_Char *s) {
    HdValue v = text(t, s);
    if (hd_is_null(v) || !s || hd_is_null(p->intern)) return v;
    HdValue known = hd_dict_set_default(t, p->intern, v, v);
    hd_release(t, v);
    return known;
}

/* --- calling --- */

static void fail(HdThread *t, HdExpatParser *p) {
    p->failed = true;
    for (int i = 0; i < HD_EXPAT_HANDLER_COUNT; i++) {
        hd_field_set_steal(t, p, &p->handlers[i], HD_NULL);
        hd_expat_install(p, i, false);
    }
}

/* The handler's answer, owned, HD_NULL: none was called, or it raised. Takes over `args`, a tuple. */
static HdValue call(HdThread *t, HdExpatParser *p, int number, HdValue args) {
    HD_OWNED HdValue tuple = args;
    HD_OWNED HdValue handler = hd_field_get(t, p, &p->handlers[number]);
    HdValue result = hd_is_null(tuple) || hd_is_null(handler) ? HD_NULL : hd_object_call_ex(t, handler, tuple, HD_NULL);
    if (hd_is_null(result) && hd_raised(t)) fail(t, p);
    return result;
}

int hd_expat_flush(HdThread *t, HdExpatParser *p) {
    if (!p->buffer || !p->buffer_used) return 0;
    HD_OWNED HdValue data = hd_str_from_utf8(t, (char *)p->buffer, p->buffer_used);
    p->buffer_used = 0;
    HdValue args = hd_is_null(data) ? HD_NULL : hd_tuple_pack(t, 1, data);
    hd_release(t, call(t, p, HD_EXPAT_CharacterData, args));
    return hd_raised(t) ? -1 : 0;
}

/* Where an event begins: NULL when there is nothing to do. */
static HdExpatParser *begin(HdThread *t, void *data, int number) {
    HdExpatParser *p = data;
    if (p->failed || hd_is_null(p->handlers[number]) || hd_expat_flush(t, p) < 0) return NULL;
    return hd_is_null(p->handlers[number]) ? NULL : p;
}

/* Calls with arguments described by letters: N name, T text, i int; HdValue v is taken over. */
static HdValue call_with(HdThread *t, HdExpatParser *p, int number, const char *kinds, ...) {
    HdSize count = (HdSize)strlen(kinds);
    HdValue args = hd_tuple_new(t, count);
    va_list list;
    va_start(list, kinds);
    for (HdSize i = 0; i < count; i++) {
        HdValue v;
        if (kinds[i] == 'N') v = name(t, p, va_arg(list, const XML_Char *));
        else if (kinds[i] == 'T') v = text(t, va_arg(list, const XML_Char *));
        else if (kinds[i] == 'i') v = hd_imm_int(va_arg(list, int));
        else v = va_arg(list, HdValue);
        if (hd_is_null(args)) hd_release(t, v);
        else hd_tuple_put_steal(args, i, v);
        if (hd_is_null(v) && !hd_is_null(args)) {
            hd_release(t, args);
            args = HD_NULL;
        }
    }
    va_end(list);
    if (hd_is_null(args)) {
        fail(t, p);
        return HD_NULL;
    }
    return call(t, p, number, args);
}

/* The truth of an answer as C's int; 0 when it raised. */
static int answer(HdThread *t, HdExpatParser *p, HdValue result) {
    if (hd_is_null(result)) return 0;
    int n = hd_number_as_int(t, result);
    hd_release(t, result);
    if (n == -1 && hd_raised(t)) {
        fail(t, p);
        return 0;
    }
    return n;
}

/* --- events --- */

static HdValue attributes_of(HdThread *t, HdExpatParser *p, const XML_Char **pairs) {
    int count = 0;
    if (p->specified_attributes) count = XML_GetSpecifiedAttributeCount(p->xml);
    else while (pairs[count]) count += 2;
    HD_OWNED HdValue all = p->ordered_attributes ? hd_list_new(t, count) : hd_dict_new(t);
    for (int i = 0; i < count && !hd_is_null(all); i += 2) {
        HD_OWNED HdValue key = name(t, p, pairs[i]);
        HD_OWNED HdValue value = hd_is_null(key) ? HD_NULL : text(t, pairs[i + 1]);
        if (hd_is_null(value)) return HD_NULL;
        int result = p->ordered_attributes ? hd_list_append(t, all, key) : hd_dict_set(t, all, key, value);
        if (result == 0 && p->ordered_attributes) result = hd_list_append(t, all, value);
        if (result < 0) return HD_NULL;
    }
    return hd_move(&all);
}

static void start_element(void *data, const XML_Char *element, const XML_Char **pairs) {
    HdThread *t = hd_thread_current();
    HdExpatParser *p = begin(t, data, HD_EXPAT_StartElement);
    if (!p) return;
    HdValue attributes = attributes_of(t, p, pairs);
    if (hd_is_null(attributes)) {
        fail(t, p);
        return;
    }
    hd_release(t, call_with(t, p, HD_EXPAT_StartElement, "Nv", element, attributes));
}

static void character_data(void *data, const XML_Char *s, int length) {
    HdThread *t = hd_thread_current();
    HdExpatParser *p = data;
    if (p->failed || hd_is_null(p->handlers[HD_EXPAT_CharacterData])) return;
    if (p->buffer) {
        if (p->buffer_used + length > p->buffer_size && hd_expat_flush(t, p) < 0) return;
        if (p->buffer && length <= p->buffer_size) {
            memcpy(p->buffer + p->buffer_used, s, (size_t)length);
            p->buffer_used += length;
            return;
        }
    }
    HdValue piece = hd_str_from_utf8(t, s, length);
    if (hd_is_null(piece)) fail(t, p);
    else hd_release(t, call_with(t, p, HD_EXPAT_CharacterData, "v", piece));
}

static void any_text(void *data, const XML_Char *s, int length, int number) {
    HdThread *t = hd_thread_current();
    HdExpatParser *p = begin(t, data, number);
    if (!p) return;
    HdValue piece = hd_str_from_utf8(t, s, length);
    if (hd_is_null(piece)) fail(t, p);
    else hd_release(t, call_with(t, p, number, "v", piece));
}
static void default_text(void *data, const XML_Char *s, int length) { any_text(data, s, length, HD_EXPAT_Default); }
static void default_text_expand(void *data, const XML_Char *s, int length) {
    any_text(data, s, length, HD_EXPAT_DefaultHandlerExpand);
}

/* An event whose answer does not matter. */
#define EVENT(function, number, parameters, kinds, ...)                    \
    static void function parameters {                                      \
        HdThread *t = hd_thread_current();                                 \
        HdExpatParser *p = begin(t, data, number);                         \
        if (p) hd_release(t, call_with(t, p, number, kinds, ##__VA_ARGS__)); \
    }
EVENT(end_element, HD_EXPAT_EndElement, (void *data, const XML_Char *s), "N", s)
EVENT(instruction, HD_EXPAT_ProcessingInstruction, (void *data, const XML_Char *target, const XML_Char *words), "NT",
      target, words)
EVENT(unparsed_entity, HD_EXPAT_UnparsedEntityDecl,
      (void *data, const XML_Char *entity, const XML_Char *base, const XML_Char *system, const XML_Char *public,
       const XML_Char *notation),
      "NNNNN", entity, base, system, public, notation)
EVENT(notation, HD_EXPAT_NotationDecl,
      (void *data, const XML_Char *notation, const XML_Char *base, const XML_Char *system, const XML_Char *public),
      "NNNN", notation, base, system, public)
EVENT(start_namespace, HD_EXPAT_StartNamespaceDecl, (void *data, const XML_Char *prefix, const XML_Char *uri), "NN",
      prefix, uri)
EVENT(end_namespace, HD_EXPAT_EndNamespaceDecl, (void *data, const XML_Char *prefix), "N", prefix)
EVENT(comment, HD_EXPAT_Comment, (void *data, const XML_Char *words), "T", words)
EVENT(start_cdata, HD_EXPAT_StartCdataSection, (void *data), "")
EVENT(end_cdata, HD_EXPAT_EndCdataSection, (void *data), "")
EVENT(start_doctype, HD_EXPAT_StartDoctypeDecl,
      (void *data, const XML_Char *doctype, const XML_Char *system, const XML_Char *public, int internal), "NNNi",
      doctype, system, public, internal)
EVENT(end_doctype, HD_EXPAT_EndDoctypeDecl, (void *data), "")
EVENT(xml_declaration, HD_EXPAT_XmlDecl,
      (void *data, const XML_Char *version, const XML_Char *encoding, int standalone), "TTi", version, encoding,
      standalone)
EVENT(attlist, HD_EXPAT_AttlistDecl,
      (void *data, const XML_Char *element, const XML_Char *attribute, const XML_Char *type, const XML_Char *fallback,
       int required),
      "NNTTi", element, attribute, type, fallback, required)
EVENT(skipped_entity, HD_EXPAT_SkippedEntity, (void *data, const XML_Char *entity, int is_parameter), "Ni", entity,
      is_parameter)

static void entity(void *data, const XML_Char *entity_name, int is_parameter, const XML_Char *value, int length,
                   const XML_Char *base, const XML_Char *system, const XML_Char *public,
                   const XML_Char *notation_name) {
    HdThread *t = hd_thread_current();
    HdExpatParser *p = begin(t, data, HD_EXPAT_EntityDecl);
    if (!p) return;
    HdValue content = value ? hd_str_from_utf8(t, value, length) : hd_None;
    if (hd_is_null(content)) {
        fail(t, p);
        return;
    }
    hd_release(t, call_with(t, p, HD_EXPAT_EntityDecl, "NivNNNN", entity_name, is_parameter, content, base, system,
                            public, notation_name));
}

/* (type, quantifier, name, children) */
static HdValue model_value(HdThread *t, HdExpatParser *p, const XML_Content *model) {
    if (hd_object_enter(t, "") < 0) return HD_NULL;
    HD_OWNED HdValue children = hd_tuple_new(t, (HdSize)model->numchildren);
    for (unsigned i = 0; i < model->numchildren && !hd_is_null(children); i++) {
        HdValue child = model_value(t, p, &model->children[i]);
        if (hd_is_null(child)) return HD_NULL;
        hd_tuple_put_steal(children, i, child);
    }
    HD_OWNED HdValue label = hd_is_null(children) ? HD_NULL : name(t, p, model->name);
    if (hd_is_null(label)) return HD_NULL;
    return hd_tuple_pack(t, 4, hd_imm_int(model->type), hd_imm_int(model->quant), label, children);
}

static void element(void *data, const XML_Char *element_name, XML_Content *model) {
    HdThread *t = hd_thread_current();
    HdExpatParser *owner = data, *p = begin(t, data, HD_EXPAT_ElementDecl);
    if (p) {
        HdValue value = model_value(t, p, model);
        if (hd_is_null(value)) fail(t, p);
        else hd_release(t, call_with(t, p, HD_EXPAT_ElementDecl, "Nv", element_name, value));
    }
    XML_FreeContentModel(owner->xml, model);
}

static int not_standalone(void *data) {
    HdThread *t = hd_thread_current();
    HdExpatParser *p = begin(t, data, HD_EXPAT_NotStandalone);
    return p ? answer(t, p, call_with(t, p, HD_EXPAT_NotStandalone, "")) : 0;
}

static int external_entity(XML_Parser xml, const XML_Char *context, const XML_Char *base, const XML_Char *system,
                           const XML_Char *public) {
    HdThread *t = hd_thread_current();
    HdExpatParser *p = begin(t, XML_GetUserData(xml), HD_EXPAT_ExternalEntityRef);
    if (!p) return 0;
    return answer(t, p, call_with(t, p, HD_EXPAT_ExternalEntityRef, "TNNN", context, base, system, public));
}
static int refuse_entity(XML_Parser xml, const XML_Char *context, const XML_Char *base, const XML_Char *system,
                         const XML_Char *public) {
    return 0;
}

/* --- which events libexpat tells of --- */

void hd_expat_install(HdExpatParser *p, int number, bool on) {
    XML_Parser x = p->xml;
    switch (number) {
    case HD_EXPAT_StartElement: XML_SetStartElementHandler(x, on ? start_element : NULL); break;
    case HD_EXPAT_EndElement: XML_SetEndElementHandler(x, on ? end_element : NULL); break;
    case HD_EXPAT_ProcessingInstruction: XML_SetProcessingInstructionHandler(x, on ? instruction : NULL); break;
    case HD_EXPAT_CharacterData: XML_SetCharacterDataHandler(x, on ? character_data : NULL); break;
    case HD_EXPAT_UnparsedEntityDecl: XML_SetUnparsedEntityDeclHandler(x, on ? unparsed_entity : NULL); break;
    case HD_EXPAT_NotationDecl: XML_SetNotationDeclHandler(x, on ? notation : NULL); break;
    case HD_EXPAT_StartNamespaceDecl: XML_SetStartNamespaceDeclHandler(x, on ? start_namespace : NULL); break;
    case HD_EXPAT_EndNamespaceDecl: XML_SetEndNamespaceDeclHandler(x, on ? end_namespace : NULL); break;
    case HD_EXPAT_Comment: XML_SetCommentHandler(x, on ? comment : NULL); break;
    case HD_EXPAT_StartCdataSection: XML_SetStartCdataSectionHandler(x, on ? start_cdata : NULL); break;
    case HD_EXPAT_EndCdataSection: XML_SetEndCdataSectionHandler(x, on ? end_cdata : NULL); break;
    case HD_EXPAT_Default: XML_SetDefaultHandler(x, on ? default_text : NULL); break;
    case HD_EXPAT_DefaultHandlerExpand: XML_SetDefaultHandlerExpand(x, on ? default_text_expand : NULL); break;
    case HD_EXPAT_NotStandalone: XML_SetNotStandaloneHandler(x, on ? not_standalone : NULL); break;
    case HD_EXPAT_ExternalEntityRef:
        XML_SetExternalEntityRefHandler(x, on ? external_entity : p->failed ? refuse_entity : NULL);
        break;
    case HD_EXPAT_StartDoctypeDecl: XML_SetStartDoctypeDeclHandler(x, on ? start_doctype : NULL); break;
    case HD_EXPAT_EndDoctypeDecl: XML_SetEndDoctypeDeclHandler(x, on ? end_doctype : NULL); break;
    case HD_EXPAT_EntityDecl: XML_SetEntityDeclHandler(x, on ? entity : NULL); break;
    case HD_EXPAT_XmlDecl: XML_SetXmlDeclHandler(x, on ? xml_declaration : NULL); break;
    case HD_EXPAT_ElementDecl: XML_SetElementDeclHandler(x, on ? element : NULL); break;
    case HD_EXPAT_AttlistDecl: XML_SetAttlistDeclHandler(x, on ? attlist : NULL); break;
    case HD_EXPAT_SkippedEntity: XML_SetSkippedEntityHandler(x, on ? skipped_entity : NULL); break;
    default: break;
    }
}

void hd_expat_install_all(HdExpatParser *p) {
    for (int i = 0; i < HD_EXPAT_HANDLER_COUNT; i++) {
        if (!hd_is_null(p->handlers[i])) hd_expat_install(p, i, true);
    }
}
