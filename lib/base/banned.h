// SPDX-License-Identifier: Apache-2.0
// Calls that do not compile here. Include last: the names are poisoned from this line on.
#ifndef BASE_BANNED_H
#define BASE_BANNED_H

/* No bound: use snprintf, struct slice, struct writer. */
#pragma GCC poison strcpy strcat strncpy strncat sprintf vsprintf gets
/* No error: use text_parse_i64. */
#pragma GCC poison atoi atol atoll
/* Static buffers or the locale decide. */
#pragma GCC poison strtok asctime ctime gmtime localtime
/* libpq's large object calls (CVE-2026-6473, CVE-2026-6477). */
#pragma GCC poison lo_import lo_export lo_read lo_write

#endif
