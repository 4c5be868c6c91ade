// SPDX-License-Identifier: Apache-2.0
#include "command/epoch_record.h"

#include "base/banned.h"

DEFINE_MESSAGE(epoch_record, "EpochRecord", 1, EPOCH_RECORD_FIELDS)
