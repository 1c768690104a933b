/* mod_grp.c -- the module grp: the group database.
 *
 * As mod_pwd.c: entries are read into memory of the caller's, the whole list under a mutex for the process's cursor.
 */
#include <errno.h>
#include <grp.h>
#include <stdlib.h>
#include <unistd.h>

#include "mutex.h"
#include "posix.h"

typedef struct State {
    HdValue struct_group;
    HdMutex cursor;
} State;
static State *state_of(HdValue module) { return hd_module_state(module); }

static HdValue text_or_none(HdThread *t, const char *text) {
    return text ? hd_str_from_fs(t, text, (HdSize)strlen(text)) : hd_None;
}
static HdValue make_entry(HdThread *t, HdValue module, const struct group *g) {
    HD_OWNED HdValue members = hd_list_new(t, 0);
    for (char **member = g->gr_mem; member && *member && !hd_is_null(members); member++) {
        HdValue name = text_or_none(t, *member);
        if (hd_is_null(name) || hd_list_append_steal(t, members, name) < 0) return HD_NULL;
    }
    if (hd_is_null(members)) return HD_NULL;
    HdValue values[] = {text_or_none(t, g->gr_name), text_or_none(t, g->gr_passwd), hd_posix_from_id(t, g->gr_gid),
                        hd_move(&members)};
    return hd_structseq_new_steal(t, state_of(module)->struct_group, values, HD_COUNT_OF(values));
}
/* Looks up by name, or by id when name is NULL. HD_NULL and no exception: not there. */
static HdValue look_up(HdThread *t, HdValue module, const char *name, gid_t id) {
    for (size_t size = 1024;; size *= 2) {
        char *room = malloc(size);
        if (!room) return hd_raise_no_memory(t);
        struct group entry, *found = NULL;
        hd_blocking_enter(t, HD_BLOCK_MAYBE);
        int error = name ? getgrnam_r(name, &entry, room, size, &found) : getgrgid_r(id, &entry, room, size, &found);
        hd_blocking_leave(t);
        HdValue result = found ? make_entry(t, module, found) : HD_NULL;
        free(room);
        if (found || error != ERANGE || size > 1 << 24) return result;
    }
}
static HdValue missing(HdThread *t, const char *format, HdValue what) {
    HD_OWNED HdValue text = hd_str_format(t, format, what);
    return hd_is_null(text) ? HD_NULL : hd_raise_value(t, &hd_KeyError, text);
}
static HdValue grp_getgrgid(HdThread *t, HdValue self, const HdValue *args) {
    uint32_t id;
    if (hd_posix_id(t, args[0], "gid", &id) < 0) return HD_NULL;
    HdValue entry = look_up(t, self, NULL, id);
    if (!hd_is_null(entry) || hd_raised(t)) return entry;
    return missing(t, "getgrgid(): gid not found: %V", hd_posix_from_id(t, id));
}
static HdValue grp_getgrnam(HdThread *t, HdValue self, const HdValue *args) {
    if (!hd_is_str(args[0]))
        return hd_raise(t, &hd_TypeError, "getgrnam() argument 'name' must be str, not %T", args[0]);
    HD_OWNED HdValue name = hd_posix_fs_bytes(t, args[0]);
    if (hd_is_null(name)) return HD_NULL;
    HdValue entry = look_up(t, self, (const char *)hd_bytes_data(name), 0);
    if (!hd_is_null(entry) || hd_raised(t)) return entry;
    return missing(t, "getgrnam(): name not found: %R", args[0]);
}
static HdValue grp_getgrall(HdThread *t, HdValue self, const HdValue *args) {
    HD_OWNED HdValue list = hd_list_new(t, 0);
    if (hd_is_null(list)) return HD_NULL;
    hd_mutex_lock(t, &state_of(self)->cursor);
    setgrent();
    for (struct group *g; !hd_is_null(list) && (g = getgrent());) {
        HdValue entry = make_entry(t, self, g);
        if (hd_is_null(entry) || hd_list_append_steal(t, list, entry) < 0) hd_clear_slot(t, &list);
    }
    endgrent();
    hd_mutex_unlock(&state_of(self)->cursor);
    return hd_move(&list);
}

static const HdMethodDef grp_functions[] = {
    HD_METHOD(grp_getgrgid, "getgrgid(id)", "The entry of the group database for a group id."),
    HD_METHOD(grp_getgrnam, "getgrnam(name)", "The entry of the group database for a group name."),
    HD_METHOD(grp_getgrall, "getgrall()", "A list of all entries of the group database, in no order."),
    HD_METHODS_END,
};
static const HdStructSeqField group_fields[] = {
    {"gr_name", "group name"},
    {"gr_passwd", "password"},
    {"gr_gid", "group id"},
    {"gr_mem", "group members"},
    {NULL, NULL},
};
static int grp_exec(HdThread *t, HdValue module) {
    state_of(module)->struct_group =
        hd_structseq_type_new(t, "grp.struct_group", "grp.struct_group: Results from getgr*() routines.", group_fields,
                              HD_COUNT_OF(group_fields) - 1);
    if (hd_is_null(state_of(module)->struct_group)) return -1;
    return hd_module_set(t, module, "struct_group", state_of(module)->struct_group);
}
static int grp_traverse(HdValue module, HdVisit visit, void *context) {
    HD_VISIT(state_of(module)->struct_group);
    return 0;
}
static void grp_clear(HdThread *t, HdValue module) { hd_clear_slot(t, &state_of(module)->struct_group); }

const HdModuleDef hd_module_grp = {
    .name = "grp",
    .doc = "The group database: entries are 4-tuples of gr_name, gr_passwd, gr_gid and gr_mem, a list of members.",
    .state_size = sizeof(State),
    .functions = grp_functions,
    .exec = grp_exec,
    .traverse = grp_traverse,
    .clear = grp_clear,
};
