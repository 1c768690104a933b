/* options.c -- see options.h. CPython's options keep their meaning; --gil= is ours. Environment first, options win. */
#include "options.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static const char USAGE[] =
    "usage: heddle [option] ... [-c cmd | -m mod | file | -] [arg] ...\n"
    "\n"
    "What to run\n"
    "  file         a program; a folder or zip file with a __main__.py will do too\n"
    "  -c cmd       the text cmd; all further arguments are its own\n"
    "  -m mod       the module mod, found as import would; all further arguments are its own\n"
    "  -            standard input (also without any of these; a terminal gets a prompt)\n"
    "  arg ...      what the program finds in sys.argv[1:]\n"
    "\n"
    "Threads\n"
    "  --gil=on     one thread runs Python at a time (the default)\n"
    "  --gil=off    threads run Python in parallel\n"
    "               the same: -X gil=1 and -X gil=0, PYTHON_GIL=1 and PYTHON_GIL=0\n"
    "\n"
    "Options (and the variable that does the same)\n"
    "  -b           warn when bytes meet str: str(b''), b'' == ''; -bb makes it an error\n"
    "  -B           write no .pyc files (PYTHONDONTWRITEBYTECODE)\n"
    "  -d           count up sys.flags.debug (PYTHONDEBUG)\n"
    "  -E           leave all PYTHON... variables unread\n"
    "  -h           this text (also -? and --help)\n"
    "  -i           go on with a prompt after the program (PYTHONINSPECT)\n"
    "  -I           keep to itself: -E, -P and -s in one\n"
    "  -O           leave out assert and what stands under `if __debug__` (PYTHONOPTIMIZE=1)\n"
    "  -OO          leave out docstrings as well (PYTHONOPTIMIZE=2)\n"
    "  -P           keep the program's folder out of sys.path (PYTHONSAFEPATH)\n"
    "  -q           no banner before the prompt\n"
    "  -s           no packages from the user's home (PYTHONNOUSERSITE)\n"
    "  -S           do not import site\n"
    "  -u           write stdout and stderr at once (PYTHONUNBUFFERED)\n"
    "  -v           tell about each import; -vv tells more (PYTHONVERBOSE)\n"
    "  -V           the version (also --version)\n"
    "  -W filter    a warning filter, action:message:category:module:line (PYTHONWARNINGS, with commas)\n"
    "  -x           skip the first line of the program\n"
    "  -X opt       dev (PYTHONDEVMODE), faulthandler (PYTHONFAULTHANDLER), gil=0|1 (PYTHON_GIL),\n"
    "               int_max_str_digits=n (PYTHONINTMAXSTRDIGITS), no_debug_ranges (PYTHONNODEBUGRANGES),\n"
    "               utf8=0|1 (PYTHONUTF8),\n"
    "               warn_default_encoding (PYTHONWARNDEFAULTENCODING); any other goes to sys._xoptions\n"
    "  --check-hash-based-pycs default|always|never\n"
    "               whether .pyc files that carry a hash of their source are compared with it\n"
    "\n"
    "Other variables: PYTHONPATH (folders for sys.path, with colons), PYTHONSTARTUP (a file to run before the\n"
    "prompt), PYTHONHASHSEED (random, or a number), PYTHONIOENCODING (encoding:errors of the standard streams).\n";

/* argv being read; `rest` is what follows a letter within one argument ("-Wd" -> "d"). */
typedef struct Reader {
    int argc, next;
    char **argv;
} Reader;

static int bad_option(const HdConfig *c, const char *message, const char *what) {
    fprintf(
        stderr,
        "%s%s\nusage: %s [option] ... [-c cmd | -m mod | file | -] [arg] ...\nTry `heddle -h' for more information.\n",
        message, what, c->program);
    return 2;
}
static int no_memory(void) {
    fputs("heddle: not enough memory to read the options\n", stderr);
    return 2;
}

static int set_gil(HdConfig *c, const char *value, const char *where) {
    if (strcmp(value, "on") == 0 || strcmp(value, "1") == 0) c->gil_off = false;
    else if (strcmp(value, "off") == 0 || strcmp(value, "0") == 0) c->gil_off = true;
    else {
        fprintf(stderr, "heddle: %s must be on or off (1 or 0), not '%s'\n", where, value);
        return 2;
    }
    c->gil_given = true;
    return HD_OPTIONS_RUN;
}

static int set_digits(HdConfig *c, const char *value, const char *where) {
    char *end;
    long digits = strtol(value, &end, 10);
    if (!*value || *end || digits < 0 || (digits != 0 && digits < 640) || digits > 0x7fffffff) {
        fprintf(stderr,
                "Fatal Python error: config_init_int_max_str_digits: %s: invalid limit; must be >= 640 or 0 for "
                "unlimited.\n"
                "Python runtime state: preinitialized\n\n",
                where);
        return 1;
    }
    c->int_max_str_digits = (int)digits;
    return HD_OPTIONS_RUN;
}

static int append(const char ***list, int *count, const char *item) {
    const char **grown = realloc(*list, (size_t)(*count + 1) * sizeof *grown);
    if (!grown) return no_memory();
    *list = grown;
    grown[(*count)++] = item;
    return HD_OPTIONS_RUN;
}

static int x_option(HdConfig *c, const char *option) {
    if (strncmp(option, "gil=", 4) == 0) {
        int status = set_gil(c, option + 4, "-X gil");
        if (status != HD_OPTIONS_RUN) return status;
    } else if (strcmp(option, "faulthandler") == 0) c->faulthandler = true;
    else if (strcmp(option, "dev") == 0) c->dev_mode = 1, c->faulthandler = true;
    else if (strcmp(option, "utf8") == 0 || strcmp(option, "utf8=1") == 0) c->utf8_mode = c->utf8_given = 1;
    else if (strcmp(option, "utf8=0") == 0) c->utf8_mode = 0, c->utf8_given = true;
    else if (strncmp(option, "utf8=", 5) == 0) {
        fputs("Fatal Python error: preconfig_init_utf8_mode: invalid -X utf8 option value\nPython runtime state: "
              "preinitializing\n\n",
              stderr);
        return 1;
    } else if (strcmp(option, "warn_default_encoding") == 0) c->warn_default_encoding = 1;
    else if (strcmp(option, "no_debug_ranges") == 0) c->no_debug_ranges = true;
    else if (strncmp(option, "int_max_str_digits=", 19) == 0) {
        int status = set_digits(c, option + 19, "-X int_max_str_digits");
        if (status != HD_OPTIONS_RUN) return status;
    }
    return append(&c->x_options, &c->x_count, option);
}

/* The value of an option: the rest of its argument or the next one; NULL: there is none. */
static const char *value_of(Reader *r, const char *rest) {
    if (*rest) return rest;
    return r->next < r->argc ? r->argv[r->next++] : NULL;
}

static int long_option(HdConfig *c, Reader *r, const char *argument) {
    if (strcmp(argument, "--help") == 0) {
        fputs(USAGE, stdout);
        return 0;
    }
    if (strcmp(argument, "--version") == 0) {
        puts("Heddle 0.1.0 (Python 3.11)");
        return 0;
    }
    if (strncmp(argument, "--gil=", 6) == 0) return set_gil(c, argument + 6, "--gil");
    if (strcmp(argument, "--gil") == 0) {
        if (r->next >= r->argc) return bad_option(c, "Argument expected for the --gil option", "");
        return set_gil(c, r->argv[r->next++], "--gil");
    }
    if (strncmp(argument, "--check-hash-based-pycs", 23) == 0) {
        const char *value = argument[23] == '=' ? argument + 24 : r->next < r->argc ? r->argv[r->next++] : NULL;
        if (!value) return bad_option(c, "Argument expected for the --check-hash-based-pycs options", "");
        if (strcmp(value, "default") && strcmp(value, "always") && strcmp(value, "never"))
            return bad_option(c, "--check-hash-based-pycs must be one of 'default', 'always', or 'never'", "");
        c->check_pycs = value;
        return HD_OPTIONS_RUN;
    }
    return bad_option(c, "unknown option ", argument);
}

/* One letter; *done: it took the rest of the argument; *last: it ends the options. */
static int short_option(HdConfig *c, Reader *r, char letter, const char *rest, bool *done, bool *last) {
    const char *value;
    switch (letter) {
    case 'b': c->bytes_warning++; break;
    case 'B': c->dont_write_bytecode = 1; break;
    case 'd': c->debug++; break;
    case 'E': c->ignore_environment = 1; break;
    case 'i': c->inspect = c->interactive = 1; break;
    case 'I': c->isolated = c->ignore_environment = c->no_user_site = c->safe_path = 1; break;
    case 'O': c->optimize++; break;
    case 'P': c->safe_path = 1; break;
    case 'q': c->quiet = 1; break;
    case 'R': break;
    case 's': c->no_user_site = 1; break;
    case 'S': c->no_site = 1; break;
    case 't': break;
    case 'u': c->unbuffered = true; break;
    case 'v': c->verbose++; break;
    case 'x': c->skip_first_line = true; break;
    case 'h': case '?': fputs(USAGE, stdout); return 0;
    case 'V': puts("Heddle 0.1.0 (Python 3.11)"); return 0;
    case 'c': case 'm': case 'W': case 'X':
        *done = true;
        value = value_of(r, rest);
        if (!value) {
            char text[64];
            snprintf(text, sizeof text, "Argument expected for the -%c option", letter);
            return bad_option(c, text, "");
        }
        if (letter == 'W') return append(&c->warn_options, &c->warn_count, value);
        if (letter == 'X') return x_option(c, value);
        *(letter == 'c' ? &c->command : &c->module) = value;
        *last = true;
        break;
    default: {
        char text[32];
        snprintf(text, sizeof text, "-%c", letter);
        return bad_option(c, "Unknown option: ", text);
    }
    }
    return HD_OPTIONS_RUN;
}

static int read_options(HdConfig *c, Reader *r) {
    while (r->next < r->argc) {
        const char *argument = r->argv[r->next];
        if (argument[0] != '-' || argument[1] == 0) break; /* a script, or "-" */
        r->next++;
        if (strcmp(argument, "--") == 0) break;
        bool done = false, last = false;
        if (argument[1] == '-') {
            int status = long_option(c, r, argument);
            if (status != HD_OPTIONS_RUN) return status;
            continue;
        }
        for (const char *at = argument + 1; *at && !done; at++) {
            int status = short_option(c, r, *at, at + 1, &done, &last);
            if (status != HD_OPTIONS_RUN) return status;
        }
        if (last) break;
    }
    return HD_OPTIONS_RUN;
}

static bool environment_flag(const char *name) {
    const char *value = getenv(name);
    return value && *value;
}
static int environment_level(const char *name, int level) {
    const char *value = getenv(name);
    if (!value || !*value) return level;
    char *end;
    long n = strtol(value, &end, 10);
    int given = *end || n < 0 ? 1 : (int)n;
    return given > level ? given : level;
}

static int read_hash_seed(HdConfig *c) {
    c->hash_randomization = 1;
    const char *seed = getenv("PYTHONHASHSEED");
    if (!seed || !*seed || strcmp(seed, "random") == 0) return HD_OPTIONS_RUN;
    char *end;
    unsigned long n = strtoul(seed, &end, 10);
    if (*end || seed[0] == '-' || n > 4294967295ul) {
        fputs("Fatal Python error: config_init_hash_seed: PYTHONHASHSEED must be \"random\" or an integer in range [0; "
              "4294967295]\n"
              "Python runtime state: preinitialized\n\n",
              stderr);
        return 1;
    }
    c->hash_seed = (uint32_t)n;
    c->hash_seed_given = true;
    c->hash_randomization = n != 0;
    return HD_OPTIONS_RUN;
}

/* Splits PYTHONWARNINGS at commas; its options come before those of the command line. */
static int environment_warnings(HdConfig *c) {
    const char *given = getenv("PYTHONWARNINGS");
    if (!given || !*given) return HD_OPTIONS_RUN;
    char *copy = strdup(given);
    if (!copy) return no_memory();
    const char **own = c->warn_options;
    int own_count = c->warn_count;
    c->warn_options = NULL;
    c->warn_count = 0;
    for (char *save, *item = strtok_r(copy, ",", &save); item; item = strtok_r(NULL, ",", &save)) {
        int status = append(&c->warn_options, &c->warn_count, item);
        if (status != HD_OPTIONS_RUN) return status;
    }
    for (int i = 0; i < own_count; i++) {
        int status = append(&c->warn_options, &c->warn_count, own[i]);
        if (status != HD_OPTIONS_RUN) return status;
    }
    free(own);
    return HD_OPTIONS_RUN;
}

static int read_environment(HdConfig *c) {
    c->dont_write_bytecode |= environment_flag("PYTHONDONTWRITEBYTECODE");
    c->no_user_site |= environment_flag("PYTHONNOUSERSITE");
    c->safe_path |= environment_flag("PYTHONSAFEPATH");
    c->unbuffered |= environment_flag("PYTHONUNBUFFERED");
    c->faulthandler |= environment_flag("PYTHONFAULTHANDLER");
    c->inspect |= environment_flag("PYTHONINSPECT");
    c->optimize = environment_level("PYTHONOPTIMIZE", c->optimize);
    c->verbose = environment_level("PYTHONVERBOSE", c->verbose);
    c->debug = environment_level("PYTHONDEBUG", c->debug);
    if (environment_flag("PYTHONDEVMODE")) c->dev_mode = c->faulthandler = 1;
    if (environment_flag("PYTHONWARNDEFAULTENCODING")) c->warn_default_encoding = 1;
    c->no_debug_ranges |= environment_flag("PYTHONNODEBUGRANGES");
    const char *utf8 = getenv("PYTHONUTF8");
    if (utf8 && *utf8 && !c->utf8_given) {
        if (strcmp(utf8, "0") != 0 && strcmp(utf8, "1") != 0) {
            fputs("Fatal Python error: preconfig_init_utf8_mode: invalid PYTHONUTF8 environment variable value\n"
                  "Python runtime state: preinitializing\n\n", stderr);
            return 1;
        }
        c->utf8_mode = *utf8 == '1';
    }
    const char *digits = getenv("PYTHONINTMAXSTRDIGITS");
    if (digits && *digits && c->int_max_str_digits < 0) {
        int status = set_digits(c, digits, "PYTHONINTMAXSTRDIGITS");
        if (status != HD_OPTIONS_RUN) return status;
    }
    int status = environment_warnings(c);
    return status != HD_OPTIONS_RUN ? status : read_hash_seed(c);
}

/* The mode as the environment has it, unless an option gave it. Children run in the mode of their parent, however they are
 * started (multiprocessing and subprocess pass on only the options they know): a mode that an option gave is put into the
 * environment, as PYTHON_GIL, and for children that leave that unread (-E, -I) as HEDDLE_GIL. */
static int inherit_gil(HdConfig *c) {
    bool by_option = c->gil_given;
    const char *const names[] = {"PYTHON_GIL", "HEDDLE_GIL"};
    for (int i = c->ignore_environment; i < 2 && !c->gil_given; i++) {
        const char *value = getenv(names[i]);
        if (!value || !*value) continue;
        int status = set_gil(c, value, names[i]);
        if (status != HD_OPTIONS_RUN) return status;
    }
    if (!c->gil_given || (!by_option && !getenv("HEDDLE_GIL"))) return HD_OPTIONS_RUN;
    const char *mode = c->gil_off ? "0" : "1";
    if (by_option && setenv("PYTHON_GIL", mode, 1) < 0) return no_memory();
    return setenv("HEDDLE_GIL", mode, 1) < 0 ? no_memory() : HD_OPTIONS_RUN;
}

/* The script's name from the root, not otherwise changed; the name itself if there is no current folder. */
static int script_path(HdConfig *c) {
    if (!c->script || strcmp(c->script, "-") == 0) return HD_OPTIONS_RUN;
    c->script_path = c->script;
    char here[PATH_MAX];
    if (c->script[0] == '/' || !getcwd(here, sizeof here)) return HD_OPTIONS_RUN;
    const char *name = strcmp(c->script, ".") == 0 ? "" : c->script;
    size_t size = strlen(here) + strlen(name) + 2;
    char *path = malloc(size);
    if (!path) return no_memory();
    snprintf(path, size, "%s%s%s", here, *name && here[1] ? "/" : "", name);
    c->script_path = path;
    return HD_OPTIONS_RUN;
}

/* -X dev puts its filter first, -b its filter last. */
static int implied_warnings(HdConfig *c) {
    if (c->dev_mode) {
        int status = append(&c->warn_options, &c->warn_count, "default");
        if (status != HD_OPTIONS_RUN) return status;
        memmove(c->warn_options + 1, c->warn_options, (size_t)(c->warn_count - 1) * sizeof *c->warn_options);
        c->warn_options[0] = "default";
    }
    if (!c->bytes_warning) return HD_OPTIONS_RUN;
    return append(&c->warn_options, &c->warn_count,
                  c->bytes_warning > 1 ? "error::BytesWarning" : "default::BytesWarning");
}

int hd_options_parse(int argc, char **argv, HdConfig *out) {
    *out = (HdConfig){.int_max_str_digits = -1, .check_pycs = "default", .original = argv, .original_count = argc,
                      .program = argc ? argv[0] : "heddle", .hash_randomization = 1};
    Reader r = {.argc = argc, .next = 1, .argv = argv};
    int status = read_options(out, &r);
    if (status != HD_OPTIONS_RUN) return status;
    if (!out->command && !out->module && r.next < argc) out->script = argv[r.next++];
    out->args = argv + r.next;
    out->arg_count = argc - r.next;
    if (!out->ignore_environment) {
        status = read_environment(out);
        if (status != HD_OPTIONS_RUN) return status;
    }
    status = inherit_gil(out);
    if (status == HD_OPTIONS_RUN) status = script_path(out);
    if (status == HD_OPTIONS_RUN) status = implied_warnings(out);
    return status;
}
