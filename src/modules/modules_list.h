/* modules_list.h -- the table of native modules, made from the file names in src/modules (tools/modules.sh). */
#ifndef HD_MODULES_LIST_H
#define HD_MODULES_LIST_H

#include "import.h"

const HdBuiltinModule *hd_modules_list(void);

#endif
