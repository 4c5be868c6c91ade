// SPDX-License-Identifier: Apache-2.0
#include "load/person.h"

#include "load/generate_parts.h"
#include "wire/pack.h"

#include <stdio.h>

#include "base/banned.h"

enum { PHONES = 1000, HOUSES = 240, OTHER_PAYER_ONE_IN = 8, FLAT_ONE_IN = 4 };

/* ascii: the same in plain letters, for the e-mail address. */
struct name {
    const char *text;
    const char *ascii;
};

static const struct name given_names[] = {
    {"Amelia", "amelia"},
    {"Oliver", "oliver"},
    {"Zoë", "zoe"},
    {"François", "francois"},
    {"Søren", "soren"},
    {"Łukasz", "lukasz"},
    {"Žofie", "zofie"},
    {"Jürgen", "juergen"},
    {"Ærø-Marie", "aeroe"},
    {"İpek", "ipek"},
    {"Νίκος", "nikos"},
    {"Ольга", "olga"},
    {"伟", "wei"},
    {"さくら", "sakura"},
    {"지훈", "jihoon"},
    {"محمد", "mohammed"},
    {"अनिता", "anita"},
    {"Siobhán", "siobhan"},
    {"Núria", "nuria"},
    {"João", "joao"},
    {"Anne-Sophie", "annes"},
    {"Bjǫrn", "bjorn"},
    {"Thảo", "thao"},
    {"D’Arcy", "darcy"},
};

static const char *const family_names[] = {
    "Smith",        "O'Brien",  "García Márquez", "Müller-Lüdenscheidt",
    "Dvořáková",    "Ångström", "Wójcik",         "Иванова",
    "Παπαδόπουλος", "王",       "佐藤",           "김",
    "van der Berg", "Nguyễn",   "الحسن",          "शर्मा",
    "Şahin",        "Brânză",   "Þórsdóttir",     "Jones",
    "de la Cruz"};

static const char *const streets[] = {
    "High Street",
    "Rue de l’Église",
    "Bahnhofstraße",
    "Calle Mayor",
    "Ulica Długa",
    "Nørrebrogade",
    "Via Roma",
    "Station Road",
    "Karlovo náměstí",
    "Λεωφόρος Συγγρού",
    "中山路",
    "Church Lane"};

static const char *const cities[] = {
    "Leeds",
    "Zürich",
    "Kraków",
    "Reykjavík",
    "Köln",
    "Saint-Étienne",
    "A Coruña",
    "Århus",
    "Βόλος",
    "大阪",
    "Galway",
    "Brno"};

static const char *const domains[] = {"example.org", "example.com", "example.net"};

#define PICK(random, table) (&(table)[draw_below((random), (int64_t)countof(table))])

static uint64_t seed_of(const struct uuid *customer, uint32_t revision)
{
    uint64_t halves[2];
    memcpy(halves, customer->bytes, sizeof(halves));
    uint64_t random = halves[0] ^ (halves[1] * UINT64_C(0x9e3779b97f4a7c15)) ^ revision;
    return draw(&random);
}

/* The whole id is in it, so that no other customer has the same. */
static void make_email(
    const struct uuid *customer,
    uint32_t revision,
    const char *begin,
    const char *domain,
    struct person *out)
{
    char id[UUID_TEXT_SIZE];
    char again[16] = "";
    uuid_format(customer, id);
    if (revision != 0)
        (void)snprintf(again, sizeof(again), "+%u", revision);
    (void)snprintf(out->email, sizeof(out->email), "%s.%s%s@%s", begin, id, again, domain);
}

void person_make(
    const struct uuid *customer, uint32_t revision, const char *country, struct person *out)
{
    uint64_t random = seed_of(customer, revision);
    const struct name *given = PICK(&random, given_names);
    const char *family = *PICK(&random, family_names);
    *out = (struct person){.other_payer = draw_below(&random, OTHER_PAYER_ONE_IN) == 0};
    (void)snprintf(out->given_name, sizeof(out->given_name), "%s", given->text);
    (void)snprintf(out->family_name, sizeof(out->family_name), "%s", family);
    (void)snprintf(out->name, sizeof(out->name), "%s %s", given->text, family);
    make_email(customer, revision, given->ascii, *PICK(&random, domains), out);
    (void)snprintf(
        out->phone, sizeof(out->phone), "+447700900%03d", (int)draw_below(&random, PHONES));
    (void)snprintf(
        out->line1,
        sizeof(out->line1),
        "%d %s",
        (int)(1 + draw_below(&random, HOUSES)),
        *PICK(&random, streets));
    if (draw_below(&random, FLAT_ONE_IN) == 0)
        (void)snprintf(
            out->line2, sizeof(out->line2), "Flat %d", (int)(1 + draw_below(&random, HOUSES)));
    (void)snprintf(
        out->postal_code, sizeof(out->postal_code), "%05d", (int)draw_below(&random, 100000));
    (void)snprintf(out->city, sizeof(out->city), "%s", *PICK(&random, cities));
    (void)snprintf(out->country, sizeof(out->country), "%.2s", country);
}

/* ---- as parts of commands ---- */

static void pack_pair(struct writer *out, const char *key, const char *value)
{
    pack_text(out, slice_of_text(key));
    pack_text(out, slice_of_text(value));
}

static void pack_address(const struct person *person, const char *name, struct writer *out)
{
    bool has_line2 = person->line2[0] != '\0';
    pack_map(out, 5u + has_line2);
    pack_pair(out, "name", name);
    pack_pair(out, "line1", person->line1);
    if (has_line2)
        pack_pair(out, "line2", person->line2);
    pack_pair(out, "postal_code", person->postal_code);
    pack_pair(out, "city", person->city);
    pack_pair(out, "country", person->country);
}

void person_pack_order(const struct person *person, struct writer *out)
{
    char payer[sizeof(person->name) + 16];
    pack_map(out, 2u + person->other_payer);
    pack_text(out, slice_of_text("contact"));
    pack_map(out, 3);
    pack_pair(out, "name", person->name);
    pack_pair(out, "email", person->email);
    pack_pair(out, "phone", person->phone);
    pack_text(out, slice_of_text("delivery"));
    pack_map(out, 1);
    pack_text(out, slice_of_text("ship_to"));
    pack_address(person, person->name, out);
    if (!person->other_payer)
        return;
    (void)snprintf(payer, sizeof(payer), "Estate of %s", person->family_name);
    pack_text(out, slice_of_text("bill_to"));
    pack_address(person, payer, out);
}

void person_pack_contact(const struct person *person, struct writer *out)
{
    pack_map(out, 1);
    pack_text(out, slice_of_text("contact"));
    pack_map(out, 4);
    pack_pair(out, "given_name", person->given_name);
    pack_pair(out, "family_name", person->family_name);
    pack_pair(out, "email", person->email);
    pack_pair(out, "phone", person->phone);
}

void person_pack_address(const struct person *person, struct writer *out)
{
    pack_map(out, 1);
    pack_text(out, slice_of_text("address"));
    pack_address(person, person->name, out);
}

void person_pack_registration(const struct person *person, struct writer *out)
{
    char locale[8];
    (void)snprintf(locale, sizeof(locale), "en-%s", person->country);
    pack_map(out, 2);
    pack_pair(out, "region", person->country);
    pack_pair(out, "locale", locale);
}

void person_pack_nothing(struct writer *out)
{
    pack_map(out, 0);
}

void person_pack_country(const struct person *person, struct writer *out)
{
    pack_map(out, 1);
    pack_pair(out, "country", person->country);
}
