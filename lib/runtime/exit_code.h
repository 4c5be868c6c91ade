// SPDX-License-Identifier: Apache-2.0
// Exit codes of all programs: one list.
#ifndef RUNTIME_EXIT_CODE_H
#define RUNTIME_EXIT_CODE_H

/* X(name, number, meaning) */
#define EXIT_CODES(X) \
    X(OK, 0, "done; also a daemon that was stopped by SIGTERM") \
    X(FAILED, 1, "the operation failed") \
    X(USAGE, 2, "wrong usage or configuration") \
    X(UNMET, 3, "a condition is not met: a difference was found, nothing matched") \
    X(UNAVAILABLE, 4, "a server is not available: safe to try again") \
    X(CONFLICT, 5, "conflict, or a lock is held elsewhere") \
    X(DENIED, 6, "denied: rights or password") \
    X(PARTIAL, 7, "done in part") \
    X(INTEGRITY, 8, "stored data contradicts itself: stop and alarm")

enum exit_code {
#define X(name, number, meaning) EXIT_CODE_##name = number,
    EXIT_CODES(X)
#undef X
};

#endif
