/* runtime_state.h -- HdRuntime: all state of the runtime that does not belong to one thread. */
#ifndef HD_RUNTIME_STATE_H
#define HD_RUNTIME_STATE_H

#include "type.h"

struct HdRuntime {
    /* configuration, fixed at start */
    bool gil_enabled;
    bool finalizing; /* set once the main thread tears down */
    uint64_t hash_key[2];
    /* the modules everybody needs; owned */
    HdValue modules;       /* sys.modules, dict */
    HdValue builtins;      /* dict of builtins */
    HdValue sys_dict;      /* dict of sys */
    HdValue builtins_module, sys_module;
    HdValue import_func;   /* builtins.__import__ as it was made: lets the VM skip the lookup of an override */
    HdValue importlib;     /* importlib._bootstrap module */
    HdValue exception_group; /* class ExceptionGroup */
    HdType *text_io_type;  /* _io.TextIOWrapper: print writes to it in one piece; NULL until _io is there */
    HdValue memory_error;  /* ready-made instance, so that raising it needs no memory */
    /* limits */
    int recursion_limit;
    int int_max_str_digits;
    bool no_debug_ranges; /* -X no_debug_ranges: code knows lines, no columns */
    bool checks_codecs; /* -X dev: encode and decode look up the names they are given, needed or not; set after the start */
    bool bytes_warning; /* -b: warn of str(bytes) and comparisons of bytes with str or int */
    /* options of the command line and environment: -O, -B, -v, … (runtime/config.h) */
    struct HdConfig *config;
    /* state of rooms and of types that need some; each is made by its own init */
    struct HdInternTable *interned;
    struct HdCodecState *codecs;
    struct HdWeakrefTable *weakrefs;
    struct HdSignatureTable *signatures; /* native.c */
    struct HdGcState *gc;
    HdValue warnings_module; /* _warnings, the first: its filters are still asked when sys.modules is empty */
    struct HdVmState *vm;
    struct HdImportState *import;
    struct HdModuleStates *module_states;
    uint32_t next_type_version;
    uint8_t types_lock;      /* versions and lookup caches of all types, lists of subclasses (type.c) */
    uint32_t next_keys_version;
};
extern HdRuntime hd_runtime;

/* What lower rooms need from upper ones; registered at start, never changed afterwards. */
typedef struct HdObjectHooks {
    HdValue (*import_module)(HdThread *t, HdValue name); /* vm/runtime: import and return the module of this exact str */
    int (*safe_point)(HdThread *t); /* vm: signals, pending calls, switches; -1 = raised */
    void (*unraisable)(HdThread *t, const char *message_or_null, HdValue where); /* runtime: sys.unraisablehook */
    HdValue (*current_globals)(HdThread *t); /* vm: globals of the running frame, owned; HD_NULL: none */
    /* vm: what super() without arguments means in the running frame: `__class__` and the first argument, both owned; -1 raised */
    int (*super_arguments)(HdThread *t, HdValue *type, HdValue *self);
    int (*attrs_hint)(HdThread *t, HdValue namespace); /* vm: how many attributes a class's methods seem to store; 0: no idea */
    /* runtime: the state of a native module (HdModuleDef is not known here) */
    int (*module_traverse)(HdValue module, HdVisit visit, void *context);
    void (*module_clear)(HdThread *t, HdValue module);
    void (*module_free)(HdThread *t, HdValue module);
    int (*warn)(HdThread *t, HdType *category, HdValue message, HdSize stack_level, HdValue source_or_null);
} HdObjectHooks;
extern HdObjectHooks hd_object_hooks;
/* Imports a module by its full name from C; owned. */
HdValue hd_object_import(HdThread *t, const char *name) HD_CHECK;
/* getattr(import(module), attribute) */
HdValue hd_object_import_from(HdThread *t, const char *module, const char *attribute) HD_CHECK;

#endif
