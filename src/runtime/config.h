/* config.h -- what the command line and the environment ask for. Filled once by cli/, read by everybody after. */
#ifndef HD_CONFIG_H
#define HD_CONFIG_H

#include "object.h"

typedef struct HdConfig {
    bool gil_off;
    /* sys.flags */
    int debug, inspect, interactive, optimize, dont_write_bytecode, no_user_site, no_site, ignore_environment, verbose;
    int bytes_warning, quiet, isolated, dev_mode, utf8_mode, warn_default_encoding, safe_path;
    int hash_randomization;
    bool utf8_given, gil_given; /* asked for by an option, which beats the environment */
    bool unbuffered, no_debug_ranges;
    bool faulthandler;
    uint32_t hash_seed;
    bool hash_seed_given;
    int int_max_str_digits; /* -1: default */
    bool skip_first_line;
    const char **warn_options; /* in order */
    int warn_count;
    const char **x_options;
    int x_count;
    const char *check_pycs;
    /* what to run: at most one of them */
    const char *command;
    const char *module;
    const char *script; /* "-" or NULL: standard input */
    const char *script_path; /* script, absolute; NULL without one */
    char **args;        /* sys.argv[1:] */
    int arg_count;
    char **original;    /* sys.orig_argv */
    int original_count;
    const char *program; /* argv[0] as given */
} HdConfig;

#endif
