/* boot_code.c -- see boot_code.h. Compiles at every start: code is not cached as long as there is no marshal. */
#include "boot_code.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "compile.h"

const char *hd_boot_cache_folder(void) { return NULL; }

/* The whole file in a block from malloc; NULL with errno. */
static char *read_file(const char *path, size_t *size) {
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return NULL;
    char *bytes = NULL;
    struct stat info;
    if (fstat(fd, &info) == 0 && (bytes = malloc((size_t)info.st_size + 1))) {
        ssize_t got;
        *size = 0;
        while (*size < (size_t)info.st_size && (got = read(fd, bytes + *size, (size_t)info.st_size - *size)) > 0)
            *size += (size_t)got;
    }
    int error = errno;
    close(fd);
    errno = error;
    return bytes;
}

HdValue hd_boot_code(HdThread *t, const char *path, const char *name) {
    size_t size;
    char *source = read_file(path, &size);
    if (!source)
        return hd_raise(t, &hd_ImportError,
                        "cannot read %s: %s (the standard library of Python 3.11 is needed; HEDDLE_STDLIB names its folder)", path,
                        strerror(errno));
    HD_OWNED HdValue filename = hd_str_format(t, "<frozen importlib.%s>", strcmp(name, "_frozen_importlib") == 0 ? "_bootstrap" : "_bootstrap_external");
    HdValue code = hd_is_null(filename) ? HD_NULL : hd_compile_source(t, source, (HdSize)size, filename, HD_PARSE_EXEC, 0, 0);
    free(source);
    return code;
}
