/* pickle_names.c -- where names of modules were found last, so that pickles that name the same things again cost no import.
 *
 * An entry says: while sys.modules and the module's dict have the key tables they had (their versions tell), the module and
 * the object are at these places; what is there now is the answer. The spec must be the one that was seen when the module was
 * not being initialised. Entries hold no modules and no objects. Without the GIL they are not used: nothing guards them.
 */
#include <stdlib.h>

#include "pickle_types.h"

typedef struct HdPickleName {
    HdValue module_name, name; /* interned; owned */
    HdValue spec;              /* compared alone, not owned */
    uint32_t modules_version, dict_version;
    uint32_t module_at, spec_at, object_at; /* entry numbers */
} Name;
enum { NAMES = 64 };

HdPickleName *hd_pickle_names_new(void) { return calloc(NAMES, sizeof(Name)); }

static Name *entry_of(HdValue module_name, HdValue name) {
    return hd_pickle_state()->names + (((uint64_t)hd_str_hash(module_name) * 31 ^ (uint64_t)hd_str_hash(name)) & (NAMES - 1));
}
static const HdDictKeys *keys_of(HdValue dict) { return HD_AS(HdDict, dict)->keys; }

HdValue hd_pickle_name_find(HdThread *t, HdValue module_name, HdValue name, HdValue *module) {
    if (t->locks || !hd_is_exact_str(module_name) || !hd_is_exact_str(name)) return HD_NULL;
    const Name *entry = entry_of(module_name, name);
    HdValue modules = hd_runtime.modules;
    if (hd_is_null(entry->name) || !hd_is_exact_dict(modules) || !hd_str_equal(entry->module_name, module_name) ||
        !hd_str_equal(entry->name, name)) {
        return HD_NULL;
    }
    const HdDictKeys *keys = keys_of(modules);
    if (keys->version != entry->modules_version) return HD_NULL;
    *module = keys->entries[entry->module_at].value;
    if (!hd_is_exact_object(*module, &hd_module_type)) return HD_NULL;
    HdValue dict = HD_AS(HdModule, *module)->dict;
    if (hd_is_null(dict)) return HD_NULL;
    keys = keys_of(dict);
    if (keys->version != entry->dict_version || !hd_same(keys->entries[entry->spec_at].value, entry->spec)) return HD_NULL;
    return hd_retain(t, keys->entries[entry->object_at].value);
}

static bool is_initializing(HdThread *t, HdValue spec) {
    HD_OWNED HdValue flag = HD_NULL;
    int found = hd_is_none(spec) ? 0 : hd_object_find_attr(t, spec, HD_NAME("_initializing"), &flag);
    if (found < 0) hd_clear_raised(t);
    return found && !hd_same(flag, hd_False);
}

void hd_pickle_name_note(HdThread *t, HdValue module_name, HdValue name, HdValue module) {
    HdValue modules = hd_runtime.modules;
    if (t->locks || !hd_is_exact_str(module_name) || !hd_is_exact_str(name) || !hd_is_exact_dict(modules) ||
        !hd_is_exact_object(module, &hd_module_type) ||
        !hd_is_null(hd_type_lookup_borrowed(t, &hd_module_type, name))) {
        return;
    }
    HdValue dict = HD_AS(HdModule, module)->dict;
    if (hd_is_null(dict)) return;
    HdSize module_at = hd_dict_entry_index(t, modules, module_name), object_at = hd_dict_entry_index(t, dict, name);
    HdSize spec_at = hd_dict_entry_index(t, dict, HD_NAME("__spec__"));
    if (module_at < 0 || object_at < 0 || spec_at < 0) return;
    HD_OWNED HdValue spec = hd_retain(t, keys_of(dict)->entries[spec_at].value);
    if (is_initializing(t, spec)) return;
    uint32_t modules_version = hd_dict_keys_version(t, HD_AS(HdDict, modules));
    uint32_t dict_version = hd_dict_keys_version(t, HD_AS(HdDict, dict));
    /* what is_initializing ran may have changed the dicts: the versions are those of the places, or there is no entry */
    if (!modules_version || !dict_version || hd_dict_entry_index(t, modules, module_name) != module_at ||
        hd_dict_entry_index(t, dict, name) != object_at || hd_dict_entry_index(t, dict, HD_NAME("__spec__")) != spec_at) {
        return;
    }
    Name *entry = entry_of(module_name, name);
    Name old = *entry;
    *entry = (Name){.module_name = hd_str_intern_steal(t, hd_retain(t, module_name)),
                    .name = hd_str_intern_steal(t, hd_retain(t, name)),
                    .spec = spec,
                    .modules_version = modules_version,
                    .dict_version = dict_version,
                    .module_at = (uint32_t)module_at,
                    .spec_at = (uint32_t)spec_at,
                    .object_at = (uint32_t)object_at};
    hd_release(t, old.module_name);
    hd_release(t, old.name);
}
