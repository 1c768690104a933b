/* mod_pwd.c -- the module pwd: the password database.
 *
 * Entries are read into memory of the caller's; the whole list goes through getpwent, which has one cursor for the
 * process: `cursor` in the module's state lets one thread at a time use it. Looking one up may wait and gives up the
 * GIL.
 */
#include <errno.h>
#include <pwd.h>
#include <stdlib.h>
#include <unistd.h>

#include "mutex.h"
#include "posix.h"

typedef struct State {
    HdValue struct_passwd;
    HdMutex cursor;
} State;
static State *state_of(HdValue module) { return hd_module_state(module); }

static HdValue text_or_none(HdThread *t, const char *text) {
    return text ? hd_str_from_fs(t, text, (HdSize)strlen(text)) : hd_None;
}
static HdValue make_entry(HdThread *t, HdValue module, const struct passwd *p) {
    HdValue values[] = {text_or_none(t, p->pw_name),  text_or_none(t, p->pw_passwd), hd_posix_from_id(t, p->pw_uid),
                        hd_posix_from_id(t, p->pw_gid), text_or_none(t, p->pw_gecos), text_or_none(t, p->pw_dir),
                        text_or_none(t, p->pw_shell)};
    return hd_structseq_new_steal(t, state_of(module)->struct_passwd, values, HD_COUNT_OF(values));
}
/* Looks up by name, or by id when name is NULL. HD_NULL and no exception: not there. */
static HdValue look_up(HdThread *t, HdValue module, const char *name, uid_t id) {
    for (size_t size = 1024;; size *= 2) {
        char *room = malloc(size);
        if (!room) return hd_raise_no_memory(t);
        struct passwd entry, *found = NULL;
        hd_blocking_enter(t, HD_BLOCK_MAYBE);
        int error = name ? getpwnam_r(name, &entry, room, size, &found) : getpwuid_r(id, &entry, room, size, &found);
        hd_blocking_leave(t);
        HdValue result = found ? make_entry(t, module, found) : HD_NULL;
        free(room);
        if (found || error != ERANGE || size > 1 << 20) return result;
    }
}
static HdValue missing(HdThread *t, const char *format, HdValue what) {
    HD_OWNED HdValue text = hd_str_format(t, format, what);
    return hd_is_null(text) ? HD_NULL : hd_raise_value(t, &hd_KeyError, text);
}
static HdValue pwd_getpwuid(HdThread *t, HdValue self, const HdValue *args) {
    uint32_t id;
    if (hd_posix_id(t, args[0], "uid", &id) < 0) {
        if (!hd_raised_is(t, &hd_OverflowError)) return HD_NULL;
        hd_clear_raised(t);
        return missing(t, "getpwuid(): uid not found", HD_NULL);
    }
    HdValue entry = look_up(t, self, NULL, id);
    if (!hd_is_null(entry) || hd_raised(t)) return entry;
    return missing(t, "getpwuid(): uid not found: %V", hd_posix_from_id(t, id));
}
static HdValue pwd_getpwnam(HdThread *t, HdValue self, const HdValue *args) {
    if (!hd_is_str(args[0])) return hd_raise(t, &hd_TypeError, "getpwnam() argument must be str, not %T", args[0]);
    HD_OWNED HdValue name = hd_posix_fs_bytes(t, args[0]);
    if (hd_is_null(name)) return HD_NULL;
    HdValue entry = look_up(t, self, (const char *)hd_bytes_data(name), 0);
    if (!hd_is_null(entry) || hd_raised(t)) return entry;
    return missing(t, "getpwnam(): name not found: %R", args[0]);
}
static HdValue pwd_getpwall(HdThread *t, HdValue self, const HdValue *args) {
    HD_OWNED HdValue list = hd_list_new(t, 0);
    if (hd_is_null(list)) return HD_NULL;
    hd_mutex_lock(t, &state_of(self)->cursor);
    setpwent();
    for (struct passwd *p; !hd_is_null(list) && (p = getpwent());) {
        HdValue entry = make_entry(t, self, p);
        if (hd_is_null(entry) || hd_list_append_steal(t, list, entry) < 0) hd_clear_slot(t, &list);
    }
    endpwent();
    hd_mutex_unlock(&state_of(self)->cursor);
    return hd_move(&list);
}

static const HdMethodDef pwd_functions[] = {
    HD_METHOD(pwd_getpwuid, "getpwuid(uidobj, /)", "The entry of the password database for a user id."),
    HD_METHOD(pwd_getpwnam, "getpwnam(name, /)", "The entry of the password database for a user name."),
    HD_METHOD(pwd_getpwall, "getpwall()", "A list of all entries of the password database, in no order."),
    HD_METHODS_END,
};
static const HdStructSeqField passwd_fields[] = {
    {"pw_name", "user name"}, {"pw_passwd", "password"}, {"pw_uid", "user id"}, {"pw_gid", "group id"},
    {"pw_gecos", "real name"}, {"pw_dir", "home directory"}, {"pw_shell", "shell program"}, {NULL, NULL},
};
static int pwd_exec(HdThread *t, HdValue module) {
    state_of(module)->struct_passwd =
        hd_structseq_type_new(t, "pwd.struct_passwd", "pwd.struct_passwd: Results from getpw*() routines.",
                              passwd_fields, HD_COUNT_OF(passwd_fields) - 1);
    if (hd_is_null(state_of(module)->struct_passwd)) return -1;
    return hd_module_set(t, module, "struct_passwd", state_of(module)->struct_passwd);
}
static int pwd_traverse(HdValue module, HdVisit visit, void *context) {
    HD_VISIT(state_of(module)->struct_passwd);
    return 0;
}
static void pwd_clear(HdThread *t, HdValue module) { hd_clear_slot(t, &state_of(module)->struct_passwd); }

const HdModuleDef hd_module_pwd = {
    .name = "pwd",
    .doc = "The password database: entries are 7-tuples of\n"
           "pw_name, pw_passwd, pw_uid, pw_gid, pw_gecos, pw_dir, pw_shell.",
    .state_size = sizeof(State),
    .functions = pwd_functions,
    .exec = pwd_exec,
    .traverse = pwd_traverse,
    .clear = pwd_clear,
};
