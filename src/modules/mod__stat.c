/* mod__stat.c -- the module _stat: the parts of a file's mode. Constants of systems that have what Linux lacks are the
 * numbers those use, as the library's stat.py has them.
 */
#include <sys/stat.h>

#include <heddle/module.h>

/* A mode as given by Python, -1 when it raised. */
static int64_t mode_of(HdThread *t, HdValue v) {
    if (!hd_is_int(v)) return hd_raise_int(t, &hd_TypeError, "an integer is required");
    int64_t mode;
    if (!hd_int_try_i64(v, &mode)) {
        if (hd_int_sign(v) > 0)
            return hd_raise_int(t, &hd_OverflowError, "Python int too large to convert to C unsigned long");
        mode = -1;
    }
    if (mode < 0) return hd_raise_int(t, &hd_OverflowError, "can't convert negative value to unsigned int");
    return mode <= UINT32_MAX ? mode : hd_raise_int(t, &hd_OverflowError, "mode out of range");
}

#define IS(name, kind)                                                                                                 \
    static HdValue name(HdThread *t, HdValue module, const HdValue *a) {                                               \
        int64_t mode = mode_of(t, a[0]);                                                                               \
        return mode < 0 ? HD_NULL : hd_bool((mode & S_IFMT) == (kind));                                                \
    }
IS(is_dir, S_IFDIR)
IS(is_chr, S_IFCHR)
IS(is_blk, S_IFBLK)
IS(is_reg, S_IFREG)
IS(is_fifo, S_IFIFO)
IS(is_lnk, S_IFLNK)
IS(is_sock, S_IFSOCK)
IS(is_none, -1) /* kinds that this system does not have */

static HdValue imode(HdThread *t, HdValue module, const HdValue *a) {
    int64_t mode = mode_of(t, a[0]);
    return mode < 0 ? HD_NULL : hd_imm_int(mode & 07777);
}
static HdValue ifmt(HdThread *t, HdValue module, const HdValue *a) {
    int64_t mode = mode_of(t, a[0]);
    return mode < 0 ? HD_NULL : hd_imm_int(mode & S_IFMT);
}

static char kind_char(int64_t mode) {
    switch (mode & S_IFMT) {
    case S_IFREG: return '-';
    case S_IFDIR: return 'd';
    case S_IFLNK: return 'l';
    case S_IFBLK: return 'b';
    case S_IFCHR: return 'c';
    case S_IFIFO: return 'p';
    case S_IFSOCK: return 's';
    default: return '?';
    }
}
static HdValue filemode(HdThread *t, HdValue module, const HdValue *a) {
    int64_t mode = mode_of(t, a[0]);
    if (mode < 0) return HD_NULL;
    char text[10];
    text[0] = kind_char(mode);
    for (int i = 0; i < 9; i++) text[1 + i] = mode & (0400 >> i) ? "rwx"[i % 3] : '-';
    if (mode & S_ISUID) text[3] = mode & S_IXUSR ? 's' : 'S';
    if (mode & S_ISGID) text[6] = mode & S_IXGRP ? 's' : 'S';
    if (mode & S_ISVTX) text[9] = mode & S_IXOTH ? 't' : 'T';
    return hd_str_from_ascii(t, text, sizeof text);
}

#define TEST(function, name, text) HD_METHOD(function, #name "($module, mode, /)", #name "(mode) -> bool\n\n" text)
static const HdMethodDef functions[] = {
    TEST(is_dir, S_ISDIR, "Whether the mode is that of a directory."),
    TEST(is_chr, S_ISCHR, "Whether the mode is that of a character device."),
    TEST(is_blk, S_ISBLK, "Whether the mode is that of a block device."),
    TEST(is_reg, S_ISREG, "Whether the mode is that of a regular file."),
    TEST(is_fifo, S_ISFIFO, "Whether the mode is that of a named pipe."),
    TEST(is_lnk, S_ISLNK, "Whether the mode is that of a symbolic link."),
    TEST(is_sock, S_ISSOCK, "Whether the mode is that of a socket."),
    TEST(is_none, S_ISDOOR, "Whether the mode is that of a door: never here."),
    TEST(is_none, S_ISPORT, "Whether the mode is that of an event port: never here."),
    TEST(is_none, S_ISWHT, "Whether the mode is that of a whiteout: never here."),
    HD_METHOD(imode, "S_IMODE($module, mode, /)", "The part of the mode that os.chmod() can set."),
    HD_METHOD(ifmt, "S_IFMT($module, mode, /)", "The part of the mode that tells the kind of file."),
    HD_METHOD(filemode, "filemode($module, mode, /)", "The mode as text of the form '-rwxrwxrwx'."),
    HD_METHODS_END,
};

static const struct {
    const char *name;
    int value;
} constants[] = {
    {"S_IFDIR", S_IFDIR},
    {"S_IFCHR", S_IFCHR},
    {"S_IFBLK", S_IFBLK},
    {"S_IFREG", S_IFREG},
    {"S_IFIFO", S_IFIFO},
    {"S_IFLNK", S_IFLNK},
    {"S_IFSOCK", S_IFSOCK},
    {"S_IFDOOR", 0},
    {"S_IFPORT", 0},
    {"S_IFWHT", 0},
    {"S_ISUID", S_ISUID},
    {"S_ISGID", S_ISGID},
    {"S_ISVTX", S_ISVTX},
    {"S_ENFMT", S_ISGID},
    {"S_IREAD", S_IRUSR},
    {"S_IWRITE", S_IWUSR},
    {"S_IEXEC", S_IXUSR},
    {"S_IRWXU", S_IRWXU},
    {"S_IRUSR", S_IRUSR},
    {"S_IWUSR", S_IWUSR},
    {"S_IXUSR", S_IXUSR},
    {"S_IRWXG", S_IRWXG},
    {"S_IRGRP", S_IRGRP},
    {"S_IWGRP", S_IWGRP},
    {"S_IXGRP", S_IXGRP},
    {"S_IRWXO", S_IRWXO},
    {"S_IROTH", S_IROTH},
    {"S_IWOTH", S_IWOTH},
    {"S_IXOTH", S_IXOTH},
    {"UF_NODUMP", 1},
    {"UF_IMMUTABLE", 2},
    {"UF_APPEND", 4},
    {"UF_OPAQUE", 8},
    {"UF_NOUNLINK", 16},
    {"UF_COMPRESSED", 32},
    {"UF_HIDDEN", 0x8000},
    {"SF_ARCHIVED", 0x10000},
    {"SF_IMMUTABLE", 0x20000},
    {"SF_APPEND", 0x40000},
    {"SF_NOUNLINK", 0x100000},
    {"SF_SNAPSHOT", 0x200000},
    {"ST_MODE", 0},
    {"ST_INO", 1},
    {"ST_DEV", 2},
    {"ST_NLINK", 3},
    {"ST_UID", 4},
    {"ST_GID", 5},
    {"ST_SIZE", 6},
    {"ST_ATIME", 7},
    {"ST_MTIME", 8},
    {"ST_CTIME", 9},
};

static int exec(HdThread *t, HdValue module) {
    for (size_t i = 0; i < HD_COUNT_OF(constants); i++) {
        if (hd_module_set_int(t, module, constants[i].name, constants[i].value) < 0) return -1;
    }
    return 0;
}

extern const HdModuleDef hd_module__stat;
const HdModuleDef hd_module__stat = {
    .name = "_stat",
    .doc = "The parts of a file's mode, and the numbers of stat results.",
    .functions = functions,
    .exec = exec,
};
