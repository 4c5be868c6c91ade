// SPDX-License-Identifier: Apache-2.0
// The content of a database as its server gives it out: every table with its values decompressed and
// put together, and the statistics the planner keeps of them.
#ifndef SHREDDER_SCAN_SQL_H
#define SHREDDER_SCAN_SQL_H

#include "shredder/scan_work.h"

/* conninfo: of a role that may read all tables; tables it may not are noted as trouble. */
MUST_USE bool scan_database(struct scan *scan, const char *conninfo, struct error *err);

#endif
