/* boot_code.c -- see boot_code.h.
 *
 * A cached file is a head (what the source was: size and time of change), then the marshalled code. It is written under
 * another name and renamed, so a reader sees all of it or nothing. Whatever is wrong with a cached file (it may be cut, or
 * of another user's making) the source is compiled instead; code is verified when it is unmarshalled. Runs on the main
 * thread before there is a second one.
 */
#include "boot_code.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bytes.h"
#include "compile.h"
#include "config.h"
#include "errors.h"
#include "marshal.h"

typedef struct BootHead {
    uint64_t size, seconds, nanoseconds;
} BootHead;

/* --- where the cache is --- */

static const char *find_cache_folder(char *room, size_t size) {
    const HdConfig *config = hd_runtime.config;
    for (int i = 0; i < config->x_count; i++) {
        if (strncmp(config->x_options[i], "pycache_prefix=", 15) == 0 && config->x_options[i][15])
            return config->x_options[i] + 15;
    }
    const char *given = config->ignore_environment ? NULL : getenv("PYTHONPYCACHEPREFIX");
    if (given && *given) return given;
    const char *base = getenv("XDG_CACHE_HOME"), *below = "";
    if (!base || *base != '/') base = getenv("HOME"), below = "/.cache";
    if (!base || *base != '/') return NULL;
    int length = snprintf(room, size, "%s%s/heddle/%08x", base, below, hd_marshal_cache_key());
    return length > 0 && (size_t)length < size ? room : NULL;
}

const char *hd_boot_cache_folder(void) {
    static char room[1024]; /* the process's own, filled on the first call, on the main thread */
    static const char *folder;
    static bool known;
    if (!known) folder = find_cache_folder(room, sizeof room);
    known = true;
    return folder;
}

static bool cache_path(char *out, size_t size, const char *name) {
    const char *folder = hd_boot_cache_folder();
    if (!folder) return false;
    int length = snprintf(out, size, "%s/%s.boot", folder, name);
    return length > 0 && (size_t)length < size;
}

/* --- files --- */

/* The whole file in a block from malloc, and what it is; NULL with errno. */
static char *read_file(const char *path, size_t *size, struct stat *info) {
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return NULL;
    char *bytes = NULL;
    if (fstat(fd, info) == 0 && (bytes = malloc((size_t)info->st_size + 1))) {
        ssize_t got;
        *size = 0;
        while (*size < (size_t)info->st_size && (got = read(fd, bytes + *size, (size_t)info->st_size - *size)) > 0)
            *size += (size_t)got;
    }
    int error = errno;
    close(fd);
    errno = error;
    return bytes;
}

/* Makes the folders that `path` lies in. */
static void make_folders(char *path) {
    for (char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
        *slash = 0;
        mkdir(path, 0777);
        *slash = '/';
    }
}

static bool write_all(int fd, const void *bytes, size_t size) {
    for (const char *at = bytes; size;) {
        ssize_t written = write(fd, at, size);
        if (written <= 0) return false;
        at += written;
        size -= (size_t)written;
    }
    return true;
}

/* --- the cache --- */

static BootHead head_of(const struct stat *info) {
    return (BootHead){(uint64_t)info->st_size, (uint64_t)info->st_mtim.tv_sec, (uint64_t)info->st_mtim.tv_nsec};
}

/* HD_NULL without an exception: nothing usable is there. */
static HdValue load_cached(HdThread *t, const char *name, const BootHead *head) {
    char path[1200];
    struct stat info;
    size_t size;
    char *bytes = cache_path(path, sizeof path, name) ? read_file(path, &size, &info) : NULL;
    if (!bytes) return HD_NULL;
    HdValue code = HD_NULL;
    if (size > sizeof *head && memcmp(bytes, head, sizeof *head) == 0) {
        code = hd_marshal_load(t, bytes + sizeof *head, (HdSize)(size - sizeof *head), NULL);
        if (!hd_is_null(code) && !hd_is_code(code)) hd_clear_slot(t, &code);
        hd_clear_raised(t);
    }
    free(bytes);
    return code;
}

/* A cache that cannot be written is no error. */
static void store_cached(HdThread *t, const char *name, const BootHead *head, HdValue code) {
    char path[1200], partial[1240];
    if (hd_runtime.config->dont_write_bytecode || !cache_path(path, sizeof path, name)) return;
    HD_OWNED HdValue bytes = hd_marshal_dump(t, code, HD_MARSHAL_VERSION);
    if (hd_is_null(bytes)) {
        hd_clear_raised(t);
        return;
    }
    snprintf(partial, sizeof partial, "%s.%ld", path, (long)getpid());
    make_folders(path);
    int fd = open(partial, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (fd < 0) return;
    bool written = write_all(fd, head, sizeof *head) && write_all(fd, hd_bytes_data(bytes), (size_t)hd_bytes_length(bytes));
    if (close(fd) < 0 || !written || rename(partial, path) < 0) unlink(partial);
}

static HdValue compile_source(HdThread *t, const char *path, const char *name) {
    struct stat info;
    size_t size;
    char *source = read_file(path, &size, &info);
    if (!source)
        return hd_raise(t, &hd_ImportError,
                        "cannot read %s: %s (the standard library of Python 3.11 is needed; HEDDLE_STDLIB names its folder)", path,
                        strerror(errno));
    bool external = strcmp(name, "_frozen_importlib_external") == 0;
    HD_OWNED HdValue filename = hd_str_format(t, "<frozen importlib.%s>", external ? "_bootstrap_external" : "_bootstrap");
    HdValue code = hd_is_null(filename) ? HD_NULL : hd_compile_source(t, source, (HdSize)size, filename, HD_PARSE_EXEC, 0, 0);
    free(source);
    return code;
}

HdValue hd_boot_code(HdThread *t, const char *path, const char *name) {
    struct stat info;
    BootHead head = {0};
    bool known = stat(path, &info) == 0;
    if (known) {
        head = head_of(&info);
        HdValue cached = load_cached(t, name, &head);
        if (!hd_is_null(cached)) return cached;
    }
    HdValue code = compile_source(t, path, name);
    if (known && !hd_is_null(code)) store_cached(t, name, &head, code);
    return code;
}
