// SPDX-License-Identifier: Apache-2.0
#include "load/run.h"

#include "load/disorder.h"
#include "load/plant.h"
#include "runtime/cli.h"
#include "runtime/exit_code.h"
#include "runtime/signals.h"

#include "base/banned.h"

static bool run_session(struct run *run, struct command_source source, struct error *err)
{
    const struct common_options *common = run->common;
    const struct session_options options = {
        .brokers = common->brokers,
        .topic = common->topic,
        .reply_topic = common->reply_topic,
        .producer = common->producer,
        .producer_key = common->producer != NULL ? run->producer_key : NULL,
        .window = common->window,
        .rate = common->rate,
        .seconds = common->seconds,
        .resend_after = common->resend_after,
        .timeout = common->timeout,
        .journal = common->journal,
        .visible = common->visible,
        .sealing = &run->sealing,
        .epochs = run->epochs,
        .dry_run = common->dry_run,
        .progress = common->progress};
    return signals_init(err) && session_run(&options, source, &run->result, err);
}

static bool run_in_order_or_not(struct run *run, struct command_source source, struct error *err)
{
    const struct common_options *common = run->common;
    const struct disorder_options options = {
        .duplicate = common->duplicate, .window = common->shuffle, .seed = common->shuffle_seed};
    struct disorder *disorder;
    if (options.duplicate == 0 && options.window == 1)
        return run_session(run, source, err);
    if (!disorder_open(&disorder, &options, source, err))
        return false;
    bool done = run_session(run, disorder_source(disorder), err);
    disorder_close(disorder);
    return done;
}

bool run_source(struct run *run, struct command_source source, struct error *err)
{
    const struct common_options *common = run->common;
    struct plant *plant;
    if (common->plant == 0)
        return run_in_order_or_not(run, source, err);
    if (common->needles == NULL)
        return error_set(err, ERROR_invalid, "--plant needs --needles, where to list the marks");
    if (run->sealing.mode == PERSONAL_NONE)
        return error_set(err, ERROR_invalid, "--plant makes no sense without personal data");
    if (!plant_open(&plant, common->plant, common->needles, &run->identity, source, err))
        return false;
    bool done = run_in_order_or_not(run, plant_source(plant), err);
    plant_close(plant);
    return done;
}

static bool
make_identity(const struct common_options *common, struct run_identity *identity, struct error *err)
{
    struct uuid tenant;
    if (!uuid_parse(slice_of_text(common->tenant), &tenant))
        return error_set(err, ERROR_invalid, "--tenant-uuid is no UUID");
    if (!run_identity_init(identity, &tenant, common->run_id != NULL ? common->run_id : ""))
        return error_set(
            err, ERROR_invalid, "--run-id must be up to 32 of letters, digits, '.', '_', '-'");
    return true;
}

/* With an epoch to seal to, if there is one. */
static bool find_epoch(struct run *run, bool needed, struct error *err)
{
    const struct common_options *common = run->common;
    const struct epoch_source source = {
        .brokers = common->brokers, .topic = common->epoch_topic, .vault_key = common->vault_key};
    if (!epochs_open(&run->epochs, &source, err))
        return false;
    const struct epoch *epoch = epochs_newest(run->epochs);
    if (epoch == NULL && needed)
        return error_set(err, ERROR_not_found, "topic %.100s holds no epoch", common->epoch_topic);
    return sealing_init(&run->sealing, epoch != NULL ? PERSONAL_SEALED : PERSONAL_NONE, err) &&
           (epoch == NULL || sealing_use_epoch(&run->sealing, epoch, err));
}

/* A run that sends nothing asks no broker: there, auto is plain, and sealed is a key nobody has. */
static bool make_sealing(struct run *run, struct error *err)
{
    const struct common_options *common = run->common;
    const char *wanted = common->personal;
    bool is_auto = strcmp(wanted, "auto") == 0;
    if (strcmp(wanted, "none") == 0)
        return sealing_init(&run->sealing, PERSONAL_NONE, err);
    if (strcmp(wanted, "plain") == 0 || (is_auto && common->dry_run))
        return sealing_init(&run->sealing, PERSONAL_PLAIN, err);
    if (!is_auto && strcmp(wanted, "sealed") != 0)
        return error_set(err, ERROR_invalid, "--personal must be auto, none, sealed or plain");
    if (common->dry_run)
        return error_set(err, ERROR_invalid, "--dry-run asks no broker for an epoch to seal to");
    return find_epoch(run, !is_auto, err);
}

static bool read_producer(struct run *run, struct error *err)
{
    const struct common_options *common = run->common;
    if ((common->producer == NULL) != (common->producer_key == NULL))
        return error_set(err, ERROR_invalid, "--producer and --producer-key need each other");
    return common->producer == NULL ||
           secret_read("producer key", common->producer_key, run->producer_key, err);
}

bool run_begin(struct run *run, const struct common_options *common, struct error *err)
{
    run->common = common;
    return make_identity(common, &run->identity, err) && read_producer(run, err) &&
           make_sealing(run, err);
}

void run_end(struct run *run)
{
    epochs_close(run->epochs);
    run->epochs = NULL;
}

struct report run_report(const char *verb, const struct run *run)
{
    const struct common_options *common = run->common;
    return (struct report){
        .verb = verb,
        .run_id = common->run_id != NULL ? common->run_id : "",
        .dry_run = common->dry_run,
        .rate = common->rate,
        .sealing = &run->sealing,
        .has_visible = common->visible != NULL && !common->dry_run,
        .result = &run->result};
}

int run_finish(const struct run *run, const struct report *report)
{
    struct error err;
    const struct common_options *common = run->common;
    const struct session_result *result = report->result;
    if (common->json == NULL || strcmp(common->json, "-") != 0)
        report_print(report);
    if (common->json != NULL && !report_write_json(report, common->json, &err))
        return cli_fail(&err);
    if (result->missing != 0)
        return EXIT_CODE_FAILED;
    return result->unexpected != 0 || result->unseen != 0 ? EXIT_CODE_UNMET : EXIT_CODE_OK;
}
