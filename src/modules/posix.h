/* posix.h -- what the files of the module posix share: state, paths, errors.
 *
 *   mod_posix.c      the module: constants, environ
 *   posix_names.c    sysconf, confstr, pathconf
 *   posix_files.c    names, folders, links, permissions, times
 *   posix_stat.c     stat and its result, scandir and DirEntry
 *   posix_io.c       descriptors
 *   posix_transfer.c many buffers at once, from descriptor to descriptor
 *   posix_process.c  fork, exec, waiting, signals to processes
 *   posix_spawn.c    posix_spawn
 *   posix_system.c   environment, scheduling, times, the machine
 *   posix_users.c    users, groups, sessions
 * System calls that may wait go through sync/blocking.h.
 */
#ifndef HD_POSIX_H
#define HD_POSIX_H

#include "blocking.h"
#include "descriptor_arg.h"
#include "heddle/module.h"

typedef struct PosixState {
    HdValue stat_result, statvfs_result, terminal_size, times_result, uname_result, sched_param, waitid_result;
    HdValue before_fork, after_fork_parent, after_fork_child; /* lists */
} PosixState;

/* A path argument: str, bytes, os.PathLike, or an open descriptor when allowed. Cleared by hd_posix_path_clear. */
typedef struct PosixPath {
    const char *text; /* NULL: a descriptor */
    int fd;           /* -1: a path */
    HdValue object;   /* as given, for error messages; lent */
    HdValue bytes;    /* keeps text alive; owned */
    bool is_bytes;    /* results are bytes too */
} PosixPath;
int hd_posix_path(HdThread *t, HdValue v, const char *function, const char *name, bool allow_fd, bool allow_none,
                  PosixPath *out) HD_CHECK;
void hd_posix_path_clear(PosixPath *path);
/* OSError of errno with the path. */
HdValue hd_posix_error(HdThread *t, const PosixPath *path);
HdValue hd_posix_error2(HdThread *t, const PosixPath *path, const PosixPath *path2);
/* dir_fd arguments: None or HD_NULL is AT_FDCWD. -1 with an exception on error. */
int hd_posix_dir_fd(HdThread *t, HdValue v, int *out) HD_CHECK;
int hd_posix_flag(HdThread *t, HdValue v, bool fallback) HD_CHECK; /* a bool argument; -1 raised */
HdValue hd_posix_name(HdThread *t, const char *text, size_t length,
                      bool bytes) HD_CHECK; /* str or bytes from the system */
HD_INLINE PosixState *posix_state(HdValue module) { return hd_module_state(module); }

extern const HdMethodDef hd_posix_file_functions[], hd_posix_stat_functions[], hd_posix_io_functions[],
    hd_posix_name_functions[];
extern const HdMethodDef hd_posix_process_functions[], hd_posix_spawn_functions[], hd_posix_transfer_functions[],
    hd_posix_system_functions[], hd_posix_user_functions[];
extern const HdModuleDef hd_module_posix;
extern HdType hd_posix_dir_entry_type, hd_posix_scandir_type;
int hd_posix_stat_init(HdThread *t, HdValue module) HD_CHECK;
int hd_posix_system_init(HdThread *t, HdValue module) HD_CHECK;
int hd_posix_names_init(HdThread *t, HdValue module) HD_CHECK;
/* What PyUnicode_FSConverter does: str, bytes or os.PathLike to bytes without NUL; owned. */
HdValue hd_posix_fs_bytes(HdThread *t, HdValue v) HD_CHECK;
/* A user or group number; `what` is "uid" or "gid". -1 is (uid_t)-1: leave as it is. */
int hd_posix_id(HdThread *t, HdValue v, const char *what, uint32_t *out) HD_CHECK;
HdValue hd_posix_from_id(HdThread *t, uint32_t id) HD_CHECK;

/* A NULL-terminated array of texts that lives as long as its owner; cleared by hd_posix_strings_clear. */
typedef struct PosixStrings {
    char **at;
    HdSize count;
    HdValue owner; /* list of bytes */
} PosixStrings;
int hd_posix_strings(HdThread *t, HdValue sequence, PosixStrings *out) HD_CHECK; /* of a list or tuple of path-likes */
int hd_posix_env(HdThread *t, HdValue mapping, PosixStrings *out) HD_CHECK;      /* "name=value" of a mapping */
void hd_posix_strings_clear(PosixStrings *strings);
/* argv of exec and spawn; messages read "<where> must be a tuple or list". */
int hd_posix_argv(HdThread *t, HdValue v, const char *where, PosixStrings *out) HD_CHECK;
bool hd_posix_is_mapping(HdValue v); /* has __getitem__ of mappings */
struct sched_param;
int hd_posix_sched_param(HdThread *t, HdValue module, HdValue v, struct sched_param *out) HD_CHECK;

/* Runs the hooks of os.register_at_fork before fork(), and afterwards on either side, and src/sync's parts. */
void hd_posix_before_fork(HdThread *t);
void hd_posix_after_fork(HdThread *t, bool child);
enum { HD_POSIX_SPAWN_OPEN, HD_POSIX_SPAWN_CLOSE, HD_POSIX_SPAWN_DUP2 };
HdValue hd_posix_stat_module(HdThread *t); /* the module object, owned */

#endif
