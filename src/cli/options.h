/* options.h -- the command line and the environment, read into an HdConfig. */
#ifndef HD_OPTIONS_H
#define HD_OPTIONS_H

#include "config.h"

/* HD_OPTIONS_RUN: go on; otherwise exit with that status at once (everything was said). */
enum { HD_OPTIONS_RUN = -1 };
int hd_options_parse(int argc, char **argv, HdConfig *out) HD_CHECK;

#endif
