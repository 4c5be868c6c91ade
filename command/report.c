// SPDX-License-Identifier: Apache-2.0
#include "command/report.h"

#include "base/clock.h"
#include "command/answer.h"
#include "runtime/log.h"

#include "base/banned.h"

enum { EVERY_US = 10 * 1000 * 1000 };

void report_answer(struct report *report, const struct answer *answer)
{
    report->commands++;
    report->outcomes[answer->outcome]++;
    report->replayed += answer->replayed;
}

void report_step(struct report *report, enum step step, int64_t *since_us)
{
    int64_t now_us = clock_monotonic_us();
    report->step_us[step] += now_us - *since_us;
    *since_us = now_us;
}

/* Nanoseconds per command, so that whole numbers say enough. */
static int64_t per_command(const struct report *report, enum step step)
{
    return report->step_us[step] * 1000 / report->commands;
}

void report_flush(struct report *report, int64_t undeliverable)
{
    int64_t now_us = clock_monotonic_us();
    if (report->commands > 0) {
        int64_t elapsed_us = now_us > report->since_us ? now_us - report->since_us : 1;
        LOG(LOG_INFO,
            "commands",
            "commands answered",
            LOG_NUMBER("commands", report->commands),
            LOG_NUMBER("per_second", report->commands * 1000000 / elapsed_us),
            LOG_NUMBER("accepted", report->outcomes[ANSWER_ACCEPTED]),
            LOG_NUMBER("rejected", report->outcomes[ANSWER_REJECTED]),
            LOG_NUMBER("conflict", report->outcomes[ANSWER_CONFLICT]),
            LOG_NUMBER("invalid", report->outcomes[ANSWER_INVALID]),
            LOG_NUMBER("unavailable", report->outcomes[ANSWER_UNAVAILABLE]),
            LOG_NUMBER("internal", report->outcomes[ANSWER_INTERNAL]),
            LOG_NUMBER("denied", report->outcomes[ANSWER_DENIED]),
            LOG_NUMBER("expired", report->outcomes[ANSWER_EXPIRED]),
            LOG_NUMBER("replayed", report->replayed),
            LOG_NUMBER("dead_letters", report->dead_letters),
            LOG_NUMBER("refused_replies", report->refused_replies),
            LOG_NUMBER("undeliverable", undeliverable),
            LOG_NUMBER("batches", report->batches),
            LOG_NUMBER("batch_mean", report->commands / (report->batches + !report->batches)),
            LOG_NUMBER("rounds", report->rounds),
            LOG_NUMBER("conflicts", report->conflicts),
            LOG_NUMBER("boxes", report->boxes),
            LOG_NUMBER("plain", report->plain),
            LOG_NUMBER("sealed_events", report->sealed),
            LOG_NUMBER("fenced", report->fenced),
            LOG_NUMBER("claims_lost", report->claims_lost),
            LOG_NUMBER("diverted", report->diverted),
            LOG_NUMBER("decode_ns", per_command(report, STEP_DECODE)),
            LOG_NUMBER("open_ns", per_command(report, STEP_OPEN)),
            LOG_NUMBER("load_ns", per_command(report, STEP_LOAD)),
            LOG_NUMBER("lease_ns", per_command(report, STEP_LEASE)),
            LOG_NUMBER("decide_ns", per_command(report, STEP_DECIDE)),
            LOG_NUMBER("append_ns", per_command(report, STEP_APPEND)),
            LOG_NUMBER("reply_ns", per_command(report, STEP_REPLY)),
            LOG_NUMBER("position", report->newest_position));
    }
    int64_t position = report->newest_position;
    *report = (struct report){.since_us = now_us, .newest_position = position};
}

void report_tick(struct report *report, int64_t undeliverable)
{
    int64_t now_us = clock_monotonic_us();
    if (report->commands == 0)
        report->since_us = now_us;
    else if (now_us - report->since_us >= EVERY_US)
        report_flush(report, undeliverable);
}
