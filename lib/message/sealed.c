// SPDX-License-Identifier: Apache-2.0
#include "message/sealed.h"

#include "base/banned.h"

DEFINE_MESSAGE(sealed_box, "SealedBox", 1, SEALED_BOX_FIELDS)
DEFINE_MESSAGE(sealed_part, "SealedPart", 1, SEALED_PART_FIELDS)
DEFINE_MESSAGE(sealed_parts, "SealedParts", 1, SEALED_PARTS_FIELDS)
DEFINE_MESSAGE(sealed_copy, "SealedCopy", 1, SEALED_COPY_FIELDS)
DEFINE_MESSAGE(sealed_copies, "SealedCopies", 1, SEALED_COPIES_FIELDS)
