/* boot_code.c -- see boot_code.h. The cache lies beside importlib's own: under sys.pycache_prefix, whose last part is a
 * hash of the instruction table and the marshal version, so that code of another build is never met.
 */
#include "boot_code.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "compile.h"
#include "config.h"
#include "marshal.h"
#include "module.h"
#include "ops.h"

/* Makes the folder and its parents; 0 on success. */
static int make_folders(char *path) {
    for (char *at = path + 1; *at; at++) {
        if (*at != '/') continue;
        *at = 0;
        int failed = mkdir(path, 0700) < 0 && errno != EEXIST;
        *at = '/';
        if (failed) return -1;
    }
    return mkdir(path, 0700) < 0 && errno != EEXIST ? -1 : 0;
}

const char *hd_boot_cache_folder(void) {
    static char folder[2048]; /* written once, by the main thread at start */
    static bool known, usable;
    if (known) return usable ? folder : NULL;
    known = true;
    const char *given = hd_runtime.config->ignore_environment ? NULL : getenv("PYTHONPYCACHEPREFIX");
    const char *cache = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");
    int length = given && *given     ? snprintf(folder, sizeof folder, "%s/heddle-%08x", given, hd_marshal_cache_key())
                 : cache && *cache   ? snprintf(folder, sizeof folder, "%s/heddle/%08x", cache, hd_marshal_cache_key())
                 : home && *home     ? snprintf(folder, sizeof folder, "%s/.cache/heddle/%08x", home, hd_marshal_cache_key())
                                     : 0;
    if (length <= 0 || length >= (int)sizeof folder) return NULL;
    usable = make_folders(folder) == 0 && access(folder, W_OK) == 0;
    return usable ? folder : NULL;
}

/* The whole file as raw bytes from malloc; NULL with errno. */
static char *read_file(const char *path, size_t *size, struct stat *info) {
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return NULL;
    char *bytes = NULL;
    if (fstat(fd, info) == 0 && (bytes = malloc((size_t)info->st_size + 1))) {
        size_t have = 0;
        ssize_t got;
        while (have < (size_t)info->st_size && (got = read(fd, bytes + have, (size_t)info->st_size - have)) > 0) have += (size_t)got;
        *size = have;
    }
    int error = errno;
    close(fd);
    errno = error;
    return bytes;
}

typedef struct BootHeader { /* in front of the marshalled code */
    uint64_t magic, modified_ns, size;
} BootHeader;
static const uint64_t BOOT_MAGIC = 0x3130746f6f426448; /* "HdBoot01" */

static HdValue code_from_cache(HdThread *t, const char *cached, const struct stat *source) {
    size_t size;
    struct stat info;
    char *bytes = read_file(cached, &size, &info);
    if (!bytes) return HD_NULL;
    BootHeader header;
    HdValue code = HD_NULL;
    if (size > sizeof header) {
        memcpy(&header, bytes, sizeof header);
        uint64_t modified = (uint64_t)source->st_mtim.tv_sec * 1000000000u + (uint64_t)source->st_mtim.tv_nsec;
        if (header.magic == BOOT_MAGIC && header.modified_ns == modified && header.size == (uint64_t)source->st_size) {
            code = hd_marshal_load(t, bytes + sizeof header, (HdSize)(size - sizeof header), NULL);
            if (hd_is_null(code)) hd_clear_raised(t);
        }
    }
    free(bytes);
    if (!hd_is_null(code) && !hd_is_code(code)) hd_clear_slot(t, &code);
    return code;
}

/* Best effort: written under another name and renamed, so that a reader sees all of it or nothing. */
static void code_to_cache(HdThread *t, const char *cached, const struct stat *source, HdValue code) {
    HD_OWNED HdValue bytes = hd_marshal_dump(t, code, -1);
    if (hd_is_null(bytes)) {
        hd_clear_raised(t);
        return;
    }
    char temporary[2300];
    snprintf(temporary, sizeof temporary, "%s.%ld", cached, (long)getpid());
    int fd = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0) return;
    BootHeader header = {BOOT_MAGIC, (uint64_t)source->st_mtim.tv_sec * 1000000000u + (uint64_t)source->st_mtim.tv_nsec,
                         (uint64_t)source->st_size};
    bool whole = write(fd, &header, sizeof header) == (ssize_t)sizeof header &&
                 write(fd, hd_bytes_data(bytes), (size_t)hd_bytes_length(bytes)) == hd_bytes_length(bytes);
    if (close(fd) < 0 || !whole || rename(temporary, cached) < 0) unlink(temporary);
}

HdValue hd_boot_code(HdThread *t, const char *path, const char *name) {
    struct stat info;
    char cached[2200] = "";
    const char *folder = hd_boot_cache_folder();
    if (folder && stat(path, &info) == 0) {
        snprintf(cached, sizeof cached, "%s/boot-%s.bin", folder, name);
        HdValue code = code_from_cache(t, cached, &info);
        if (!hd_is_null(code)) return code;
    }
    size_t size;
    char *source = read_file(path, &size, &info);
    if (!source)
        return hd_raise(t, &hd_ImportError, "cannot read %s: %s (the standard library of Python 3.11 is needed; HEDDLE_STDLIB names its folder)",
                        path, strerror(errno));
    const char *shown = strcmp(name, "_frozen_importlib") == 0            ? "<frozen importlib._bootstrap>"
                        : strcmp(name, "_frozen_importlib_external") == 0 ? "<frozen importlib._bootstrap_external>"
                                                                          : path;
    HD_OWNED HdValue filename = hd_str_from_text(t, shown);
    HdValue code = hd_is_null(filename) ? HD_NULL
                                        : hd_compile_source(t, source, (HdSize)size, filename, HD_PARSE_EXEC, 0, 0);
    free(source);
    if (!hd_is_null(code) && *cached && !hd_runtime.config->dont_write_bytecode) code_to_cache(t, cached, &info, code);
    return code;
}
