// SPDX-License-Identifier: Apache-2.0
// Text of commands that is kept as it was sent, unsealed and for ever. It is about things; what a person
// could be known by has no place in it. Titles, SKUs and the like are of the shop's catalogue and not
// looked at.
#ifndef DOMAIN_CLEAR_TEXT_H
#define DOMAIN_CLEAR_TEXT_H

#include "domain/aggregates.h"

enum clear_text {
    CLEAR_CODE,      /* of a machine: letters, digits and _ . : - only, and no number of a card */
    CLEAR_NAME,      /* of a company or a service: neither '@' nor the number of a card */
    CLEAR_REFERENCE, /* a number of somebody's books, which may look like a card's: no '@' */
};

/* Text that is not there is fit. False once it has refused in *out for `field`: bad_field or
 * pan_detected. */
MUST_USE bool clear_text_check(
    bool is_there,
    struct slice text,
    enum clear_text kind,
    const char *field,
    struct decision *out);

#endif
