/* type.h -- HdType: what every Python class is in C, its slots, and the layout of instances.
 *
 * Slot functions follow the conventions of the house: arguments lent, results owned, HD_NULL (or -1) = exception set.
 * Binary number slots are called with the operands in source order and either of them may be of this type; they
 * return hd_NotImplemented when they do not know the other (as CPython's nb_ slots do).
 *
 * Built-in types are static HdType structs, filled by designated initialisers and completed once at start by
 * hd_type_ready; after that they change no more. Classes made by Python code are heap objects of the same struct.
 *
 * Layout of an instance: the struct of the built-in base, then the __slots__ of its classes from base to derived, then, for
 * classes whose instances have a __dict__, one HdAttrs word with inline values behind it (attrs.h). The attrs word moves
 * towards the end with each class that adds slots, so `attrs_offset` counts for one class alone, never for its subclasses:
 * 0 no __dict__; > 0 from the start of the object; HD_ATTRS_TAIL behind the built-in part and slots of an instance of
 * variable size. A native type with a __dict__ has its word last in the struct (then subclasses put slots before it) or
 * anywhere else (then it stays there). How many inline values an instance has is told by its shape (`capacity`).
 * The collector and hd_type_free see to attrs, slots and the reference to the class: a native type's traverse, clear and
 * dealloc leave them alone. Slots hold HD_NULL when empty.
 */
#ifndef HD_TYPE_H
#define HD_TYPE_H

#include "count.h"
#include "gc.h"

/* --- slot function types --- */
typedef HdValue (*HdUnary)(HdThread *t, HdValue self);
typedef HdValue (*HdBinary)(HdThread *t, HdValue left, HdValue right);
typedef HdValue (*HdBinaryOne)(HdThread *t, HdValue self, HdValue key);
typedef HdValue (*HdInPlace)(HdThread *t, HdValue self, HdValue right);
typedef HdValue (*HdTernary)(HdThread *t, HdValue base, HdValue exponent, HdValue modulus_or_none);
typedef int (*HdInquiry)(HdThread *t, HdValue self);  /* 1, 0, -1 */
typedef HdSize (*HdLength)(HdThread *t, HdValue self); /* -1 = raised */
typedef int64_t (*HdHash)(HdThread *t, HdValue self);  /* -1 = raised; a hash of -1 is given as -2 */
typedef HdValue (*HdCompare)(HdThread *t, HdValue left, HdValue right, int op);
typedef int (*HdContains)(HdThread *t, HdValue self, HdValue item);
typedef int (*HdSetItem)(HdThread *t, HdValue self, HdValue key, HdValue value); /* HD_NULL value deletes */
typedef HdValue (*HdGetAttr)(HdThread *t, HdValue self, HdValue name);
typedef int (*HdSetAttr)(HdThread *t, HdValue self, HdValue name, HdValue value); /* HD_NULL value deletes */
typedef HdValue (*HdNext)(HdThread *t, HdValue self); /* HD_NULL without an exception: exhausted */
typedef HdValue (*HdDescrGet)(HdThread *t, HdValue descr, HdValue object_or_null, HdValue type_or_null);
typedef int (*HdDescrSet)(HdThread *t, HdValue descr, HdValue object, HdValue value); /* HD_NULL deletes */
/* Calls take their arguments where they lie: nargs positional ones, then the values of the names in the tuple
 * kwnames (HD_NULL: none). The slots are lent. */
typedef HdValue (*HdCall)(HdThread *t, HdValue self, const HdRef *args, HdSize nargs, HdValue kwnames);
typedef HdValue (*HdNew)(HdThread *t, HdType *type, const HdRef *args, HdSize nargs, HdValue kwnames);
typedef int (*HdInit)(HdThread *t, HdValue self, const HdRef *args, HdSize nargs, HdValue kwnames);
typedef void (*HdFinalize)(HdThread *t, HdValue self); /* must not leave an exception behind */
typedef void (*HdDealloc)(HdThread *t, HdObject *self); /* count is zero: drop fields, then hd_type_free(t, self) */
typedef int (*HdTraverse)(HdObject *self, HdVisit visit, void *context);
typedef void (*HdClear)(HdThread *t, HdObject *self); /* break cycles: drop references, stay valid */
/* Sends into a generator or iterator. Results: HD_SEND_… ; *result is owned unless HD_SEND_ERROR. */
typedef enum { HD_SEND_ERROR = -1, HD_SEND_RETURN = 0, HD_SEND_NEXT = 1 } HdSendStatus;
typedef HdSendStatus (*HdSend)(HdThread *t, HdValue self, HdValue value, HdValue *result);
struct HdBuffer;
typedef int (*HdGetBuffer)(HdThread *t, HdValue self, struct HdBuffer *view, int flags);
typedef void (*HdReleaseBuffer)(HdThread *t, HdValue self, struct HdBuffer *view);

enum { HD_LT, HD_LE, HD_EQ, HD_NE, HD_GT, HD_GE };

/* --- what a type is made of, as data --- */
struct HdMethodDef; /* native.h */
typedef struct HdGetSetDef {
    const char *name;
    HdValue (*get)(HdThread *t, HdValue self, void *closure);
    int (*set)(HdThread *t, HdValue self, HdValue value_or_null, void *closure); /* NULL: read-only */
    const char *doc;
    void *closure;
} HdGetSetDef;
typedef enum {
    HD_MEMBER_VALUE,   /* HdValue; reads None when empty */
    HD_MEMBER_SLOT,    /* HdValue; AttributeError when empty (__slots__) */
    HD_MEMBER_INT,     /* int */
    HD_MEMBER_SIZE,    /* HdSize */
    HD_MEMBER_BOOL,    /* bool/uint8_t */
    HD_MEMBER_DOUBLE,  /* double */
    HD_MEMBER_STRING,  /* const char *, read-only */
    HD_MEMBER_U32,     /* uint32_t */
    HD_MEMBER_U64,     /* uint64_t */
} HdMemberKind;
typedef struct HdMemberDef {
    const char *name;
    HdMemberKind kind;
    HdSize offset; /* from the object's start, or from hd_type_tail when tail */
    bool read_only;
    const char *doc;
    bool tail;
} HdMemberDef;

enum { HD_ATTRS_NONE = 0, HD_ATTRS_TAIL = -1 };

/* HdType.flags; the numbers are CPython's where Python code can see them in __flags__. */
enum {
    HD_TYPE_SEQUENCE = 1 << 5, /* match: sequence pattern */
    HD_TYPE_MAPPING = 1 << 6,
    HD_TYPE_DISALLOW_NEW = 1 << 7, /* cannot create '…' instances */
    HD_TYPE_IMMUTABLE = 1 << 8,
    HD_TYPE_HEAP = 1 << 9,
    HD_TYPE_BASE = 1 << 10, /* may be subclassed */
    HD_TYPE_READY = 1 << 12,
    HD_TYPE_GC = 1 << 14, /* instances are seen by the collector */
    HD_TYPE_METHOD_DESCRIPTOR = 1 << 17, /* unbound call with self is the same as bound call */
    HD_TYPE_ABSTRACT = 1 << 20,
    HD_TYPE_MATCH_SELF = 1 << 22,
    HD_TYPE_ITER_NATIVE = 1 << 23, /* its iterator runs no Python by itself */
    HD_TYPE_INT = 1 << 24, /* fast subclass tests */
    HD_TYPE_LIST = 1 << 25,
    HD_TYPE_TUPLE = 1 << 26,
    HD_TYPE_BYTES = 1 << 27,
    HD_TYPE_STR = 1 << 28,
    HD_TYPE_DICT = 1 << 29,
    HD_TYPE_EXCEPTION = 1 << 30,
};
#define HD_TYPE_TYPE (1u << 31)
/* HdType.flags2: ours alone */
enum {
    HD_TYPE2_FLOAT = 1 << 0,
    HD_TYPE2_NO_WEAKREF = 1 << 1,    /* instances cannot be weakly referenced */
    HD_TYPE2_GETATTR_HOOK = 1 << 2,  /* defines __getattr__ in Python */
    HD_TYPE2_GENERIC_GETATTR = 1 << 3, /* getattr is hd_object_generic_getattr: caches may look through it */
    HD_TYPE2_GENERIC_SETATTR = 1 << 4,
    HD_TYPE2_DEL = 1 << 5, /* __del__ defined in Python */
    HD_TYPE2_DATA_DESCR = 1 << 6,
    HD_TYPE2_ATTRS_LAST = 1 << 7, /* the attrs word is the last thing in an instance: subclasses may move it */
    HD_TYPE2_GC_HIDDEN = 1 << 9,  /* part of cycles here, but no container in CPython: not counted among what gc found */
    HD_TYPE2_SIZED = 1 << 10,     /* len() is the word behind the head (hd_type_size_here) */
    HD_TYPE2_CONCAT = 1 << 8,     /* a sequence: its add is concatenation, its multiply repetition */
};

struct HdShape;
struct HdDict;

struct HdType {
    HdObject head; /* head.type: the metaclass */
    const char *name;      /* UTF-8, what tp_name is: "module.qualname" for built-ins outside builtins, else short */
    const char *doc;       /* built-ins; NULL for heap types (in __doc__) */
    HdSize basicsize;      /* bytes of a fixed-size instance, without attrs and __slots__ of variable-size types */
    HdSize itemsize;       /* nonzero: instances vary in size */
    HdSize (*var_size)(HdObject *self); /* itemsize != 0: bytes of the built-in part, rounded up to 8 */
    HdSize attrs_offset;   /* see head comment */
    HdSize tail_size;      /* bytes that attrs and __slots__ take behind the built-in part */
    uint32_t flags, flags2;
    uint32_t version;      /* changes whenever the type or a base changes; 0: not given out yet (hd_type_version) */
    uint16_t inline_values; /* values with room inside an instance, behind the attrs word */
    uint16_t attrs_hint;    /* inline values that the root shape to be made gets */
    struct HdShape *root_shape; /* the empty shape of this class's instances; NULL until the first instance */

    HdType *base;      /* the best base: decides layout */
    HdValue bases;     /* tuple of classes, never HD_NULL once ready */
    HdValue mro;       /* tuple of types; NULL before ready */
    HdValue dict;      /* dict object with the class's own attributes */
    HdType **subclasses; /* those that live, in order of creation; raw block, guarded by the type's lock */
    uint32_t subclass_count, subclass_capacity;
    HdValue qualname, name_object, module; /* heap types */
    void *native_data; /* free for native types */
    struct HdTypeCache *cache;

    /* life */
    HdDealloc dealloc;
    HdTraverse traverse;
    HdClear clear;
    /* the slots of slots.def */
#define HD_SLOT(field, Kind, dunder, reflected) Hd##Kind field;
#include "slots.def"
#undef HD_SLOT
    /* slots without a special method of their own */
    HdSend send;
    HdGetBuffer getbuffer;
    HdReleaseBuffer releasebuffer;

    /* tables, ended by a zero entry; NULL: none */
    const struct HdMethodDef *methods;
    const HdGetSetDef *getsets;
    const HdMemberDef *members;
};

extern HdType hd_type_type, hd_object_type;

#define HD_TYPE_HEAD(type_name) .head = HD_STATIC_HEADER(&hd_type_type), .name = (type_name)

/* Completes a static type: base (default object), mro, inherited slots, dict. Once, at start. */
int hd_type_ready(HdThread *t, HdType *type) HD_CHECK;

/* --- questions --- */
extern HdType hd_int_type, hd_float_type;
/* The type of any value. */
HD_INLINE HdType *hd_type_of(HdValue v) {
    if (HD_LIKELY(hd_is_object(v))) return HD_LOAD_RELAXED(&hd_as_object(v)->type);
    return hd_is_imm_int(v) ? &hd_int_type : &hd_float_type;
}
HD_INLINE bool hd_is_exact(HdValue v, const HdType *type) { return hd_type_of(v) == type; }
/* For types whose instances are never immediate: one load and one compare. */
HD_INLINE bool hd_is_exact_object(HdValue v, const HdType *type) {
    return hd_is_object(v) && HD_LOAD_RELAXED(&hd_as_object(v)->type) == type;
}
HD_INLINE bool hd_has_type_flag(HdValue v, uint32_t flag) { return (hd_type_of(v)->flags & flag) != 0; }
bool hd_type_is_subtype(const HdType *sub, const HdType *super); /* by MRO; runs no Python */
HD_INLINE bool hd_is_instance(HdValue v, const HdType *type) { /* real type only, not __class__ */
    HdType *own = hd_type_of(v);
    return own == type || hd_type_is_subtype(own, type);
}
HD_INLINE bool hd_is_type(HdValue v) { return (hd_type_of(v)->flags & HD_TYPE_TYPE) != 0; }
HD_INLINE HdValue hd_type_value(HdType *type) { return hd_from_object(type); } /* lent */
const char *hd_type_name(HdValue v); /* short name of v's type, for messages: "list" */
const char *hd_type_short_name(const HdType *type); /* the part of name behind the last dot */

/* The attribute `name` (interned str) found along the MRO, lent; HD_NULL: none, no exception. Cached by version. */
HdValue hd_type_lookup_borrowed(HdThread *t, HdType *type, HdValue name);
/* Slots, base, bases and MRO of a type that is in use change only between these two: with the GIL off the world is stopped,
 * so that all may read them without a lock as long as they do not wait. No Python runs between them. */
void hd_type_stop_readers(HdThread *t);
void hd_type_start_readers(HdThread *t);
/* Of an instance of a type with HD_TYPE2_SIZED, exactly. */
HD_INLINE HdSize hd_type_size_here(const HdObject *object) { return HD_LOAD_ACQUIRE((const HdSize *)(object + 1)); }
/* The type's version for caches, giving one out if needed; 0 when versions are used up. */
uint32_t hd_type_version(HdThread *t, HdType *type);
/* Must be called after any change of type->dict, bases or slots: new versions for it and its subclasses. */
void hd_type_modified(HdThread *t, HdType *type);
int hd_type_setattr(HdThread *t, HdType *type, HdValue name, HdValue value) HD_CHECK; /* updates slots too */

/* --- instances --- */
/* Runs the finalizer unless it ran before; for hd_type_dealloc and the collector. */
void hd_type_finalize(HdThread *t, HdObject *object);
/* What an object refers to, attributes, slots and class included. */
int hd_type_traverse_object(HdObject *object, HdVisit visit, void *context);
/* A zeroed instance of exactly basicsize (+ tail) bytes, counted once, type retained if a heap type. MemoryError. */
HdValue hd_type_alloc(HdThread *t, HdType *type) HD_CHECK;
/* The same for a type without items, not made by Python code; HD_NULL without an exception when memory is out. */
HdValue hd_type_alloc_quiet(HdThread *t, HdType *type) HD_CHECK;
/* The same with `var_bytes` as size of the built-in part of a variable-size type. */
HdValue hd_type_alloc_var(HdThread *t, HdType *type, HdSize var_bytes) HD_CHECK;
#define HD_NEW(t, Type, type_ptr) ((Type *)hd_as_object(hd_type_alloc((t), (type_ptr))))
/* Last step of dealloc: drops attrs and slots of the class, weak references were cleared before; frees; drops type. */
void hd_type_free(HdThread *t, HdObject *self);
/* Called by mem/ when a count reaches zero: finalizer, weak references, then the type's dealloc; bounded C depth. */
void hd_type_dealloc(HdThread *t, HdObject *self);
/* Where attrs and __slots__ of a variable-size instance begin. */
HD_INLINE char *hd_type_tail(HdObject *self) { return (char *)self + HD_LOAD_RELAXED(&self->type)->var_size(self); }

/* --- classes made at run time --- */
/* What `type(name, bases, namespace, **kwargs)` does, with `metatype` as the class of the result. */
HdValue hd_type_new_class(HdThread *t, HdType *metatype, HdValue name, HdValue bases, HdValue namespace,
                          const HdRef *kwargs, HdValue kwnames) HD_CHECK;
/* The most derived metaclass of `bases` and `winner`; NULL = raised (metaclass conflict). */
HdType *hd_type_metaclass(HdThread *t, HdType *winner, HdValue bases) HD_CHECK;

#endif
