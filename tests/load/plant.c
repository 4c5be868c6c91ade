// SPDX-License-Identifier: Apache-2.0
#include "load/plant.h"

#include "domain/order_messages.h"
#include "load/generate_parts.h"
#include "load/person.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/banned.h"

enum { CANARY_SIZE = 32, STEPS = 2, CANARY_PRICE = 1999, ID_MS = 1 };

/* Small letters and digits: an e-mail address keeps its form when it is made small. */
static const char letters[] = "abcdefghijklmnopqrstuvwxyz0123456789";

struct planted {
    struct uuid customer;
    char name[CANARY_SIZE + 1];
    char address[CANARY_SIZE + 1];
};

struct plant {
    const struct run_identity *identity;
    struct command_source rest;
    struct planted *customers;
    int64_t count;
    int64_t at; /* command */
    struct place_order order;
    struct place_order_line line;
    uint8_t clear[PERSON_PACKED_SIZE];
    uint8_t personal[PERSON_PACKED_SIZE];
};

static struct uuid random_id(void)
{
    uint8_t random[10];
    randombytes_buf(random, sizeof(random));
    return uuid_v7(GENERATED_BASE_TIME_US / 1000 + ID_MS, random);
}

static void make_canary(char out[static CANARY_SIZE + 1])
{
    for (size_t i = 0; i < CANARY_SIZE; i++)
        out[i] = letters[randombytes_uniform(sizeof(letters) - 1)];
    out[CANARY_SIZE] = '\0';
}

static void write_list(const struct plant *plant, FILE *file)
{
    char id[UUID_TEXT_SIZE];
    for (int64_t i = 0; i < plant->count; i++) {
        const struct planted *one = &plant->customers[i];
        uuid_format(&one->customer, id);
        (void)fprintf(file, "text\t%s\tname of customer %s\n", one->name, id);
        (void)fprintf(file, "text\t%s\taddress of customer %s\n", one->address, id);
    }
}

static bool save_list(const struct plant *plant, const char *path, struct error *err)
{
    (void)unlink(path); /* never into a file that others may read */
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, S_IRUSR | S_IWUSR);
    FILE *file = fd >= 0 ? fdopen(fd, "w") : NULL;
    if (file == NULL)
        return error_set(err, ERROR_invalid, "cannot write %.300s (errno %d)", path, errno);
    write_list(plant, file);
    bool written = ferror(file) == 0;
    written = fclose(file) == 0 && written;
    return written || error_set(err, ERROR_fatal, "%.300s could not be written", path);
}

bool plant_open(
    struct plant **out,
    int64_t customers,
    const char *path,
    const struct run_identity *identity,
    struct command_source rest,
    struct error *err)
{
    struct plant *plant = calloc(1, sizeof(*plant));
    if (plant == NULL || sodium_init() < 0)
        return error_set(err, ERROR_fatal, "out of memory");
    *plant = (struct plant){.identity = identity, .rest = rest, .count = customers};
    plant->customers = calloc((size_t)customers, sizeof(*plant->customers));
    if (plant->customers == NULL) {
        plant_close(plant);
        return error_set(err, ERROR_fatal, "out of memory");
    }
    for (int64_t i = 0; i < customers; i++) {
        plant->customers[i].customer = random_id();
        make_canary(plant->customers[i].name);
        make_canary(plant->customers[i].address);
    }
    if (!save_list(plant, path, err)) {
        plant_close(plant);
        return false;
    }
    *out = plant;
    return true;
}

void plant_close(struct plant *plant)
{
    if (plant == NULL)
        return;
    free(plant->customers);
    free(plant);
}

/* The canaries in place of a name, an e-mail address and a street. */
static void make_person(const struct planted *one, struct person *person)
{
    person_make(&one->customer, 0, "GB", person);
    (void)snprintf(person->given_name, sizeof(person->given_name), "%s", one->name);
    (void)snprintf(person->name, sizeof(person->name), "%s %s", one->name, person->family_name);
    (void)snprintf(person->email, sizeof(person->email), "%s@example.org", one->name);
    (void)snprintf(person->line1, sizeof(person->line1), "%s", one->address);
    person->other_payer = true;
}

static void fill_order(struct plant *plant, const struct planted *one)
{
    plant->line = (struct place_order_line){
        .line_no = 1,
        .sku = slice_of_text("CANARY"),
        .qty = 1,
        .unit_price = {.coefficient = CANARY_PRICE, .scale = 2},
        .tax_ppm = 0};
    plant->order = (struct place_order){
        .customer_id = one->customer,
        .currency = slice_of_text("GBP"),
        .prices_include_tax = true,
        .ship_country = slice_of_text("GB"),
        .lines = &plant->line,
        .lines_count = 1,
        .declared_total = plant->line.unit_price,
        .placed_at = GENERATED_BASE_TIME_US};
}

static void fill(struct plant *plant, struct outgoing *out)
{
    const struct planted *one = &plant->customers[plant->at / STEPS];
    struct writer clear = writer_over(plant->clear, sizeof(plant->clear));
    struct writer personal = writer_over(plant->personal, sizeof(plant->personal));
    struct person person;
    make_person(one, &person);
    *out = (struct outgoing){.command_id = random_id()};
    if (plant->at % STEPS == 0) {
        person_pack_registration(&person, &clear);
        person_pack_contact(&person, &personal);
        out->type = COMMAND_REGISTER_CUSTOMER;
        out->stream_id = one->customer;
        out->bytes = writer_slice(&clear);
    } else {
        person_pack_order(&person, &personal);
        fill_order(plant, one);
        out->type = COMMAND_PLACE_ORDER;
        out->stream_id = random_id();
        out->body = &plant->order;
        out->lines = 1;
    }
    CHECK(!clear.overflow && !personal.overflow);
    out->personal = writer_slice(&personal);
}

static bool next(void *state, struct outgoing *out, bool *out_more, struct error *err)
{
    struct plant *plant = state;
    if (plant->at >= plant->count * STEPS)
        return plant->rest.next(plant->rest.state, out, out_more, err);
    fill(plant, out);
    plant->at++;
    *out_more = true;
    return true;
}

struct command_source plant_source(struct plant *plant)
{
    return (struct command_source){.next = next, .state = plant};
}
