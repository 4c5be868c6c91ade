// SPDX-License-Identifier: Apache-2.0
// `order-shredder doctor`: settings of PostgreSQL, Kafka and the system that would let personal data
// or keys out, as a list of checks with their reasons and remedies. It changes nothing.
#ifndef SHREDDER_DOCTOR_H
#define SHREDDER_DOCTOR_H

#include "runtime/cli.h"

enum finding_state { FINDING_OK, FINDING_WARN, FINDING_BAD };

enum { DOCTOR_MOST_FINDINGS = 64 };

/* Texts are static, but for what was seen. */
struct finding {
    const char *area; /* "postgresql", "kafka", "system", "vault" */
    const char *name;
    enum finding_state state;
    char seen[96];
    const char *why;
    const char *remedy; /* NULL when there is nothing to do */
};

struct doctor {
    struct finding findings[DOCTOR_MOST_FINDINGS];
    size_t count;
};

/* Adds a finding; `remedy` counts only when the state is not ok. */
struct check {
    const char *area;
    const char *name;
    const char *why;
    const char *remedy;
};
void doctor_add(
    struct doctor *doctor,
    const struct check *check,
    enum finding_state state,
    const char *format,
    ...) PRINTF_LIKE(4, 5);

/* The parts. What cannot be asked is a finding too. */
void doctor_look_at_postgres(struct doctor *doctor, const char *conninfo);
void doctor_look_at_kafka(struct doctor *doctor, const char *brokers);
void doctor_look_at_system(struct doctor *doctor);
void doctor_look_at_vault(struct doctor *doctor, const char *vault, const char *holders);

extern const struct verb doctor_verb;

#endif
