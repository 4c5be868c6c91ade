// SPDX-License-Identifier: Apache-2.0
// What loading and tailing give back, sealed parts too, and the damage they notice.
#include "store/digest.h"
#include "store/tail.h"
#include "support/store_fixture.h"

static void test_load_gives_streams_and_outcomes(void **state)
{
    struct fixture *fixture = *state;
    struct simple_group group;
    simple_group(&group, 1, 101, 0, 2);
    (void)simple_append(&fixture->appender, &fixture->db, &group);
    simple_group(&group, 1, 102, 2, 0);
    (void)simple_append(&fixture->appender, &fixture->db, &group);
    simple_group(&group, 9, 103, 0, 3);
    (void)simple_append(&fixture->appender, &fixture->db, &group);

    struct stream_id streams[3] = {
        {.tenant_id = 1, .category = 1, .id = simple_id(9)},
        {.tenant_id = 1, .category = 1, .id = simple_id(77)},
        {.tenant_id = 1, .category = 1, .id = simple_id(1)},
    };
    const struct command_key ids[3] = {
        {simple_id(102), 1}, {simple_id(999), 1}, {simple_id(103), 1}};
    const struct load_request request = {
        .streams = streams,
        .stream_count = countof(streams),
        .commands = ids,
        .command_count = countof(ids)};
    struct load_result result;
    struct error err;
    assert_true(store_load(&fixture->db, &request, &fixture->arena, &result, &err));
    const struct loaded_stream *loaded = result.streams;
    const struct stored_outcome *outcomes = result.outcomes;
    assert_int_equal(loaded[0].version, 3);
    assert_int_equal(loaded[0].event_count, 3);
    assert_int_equal(loaded[1].version, 0);
    assert_int_equal(loaded[2].version, 2);
    assert_true(slice_is(loaded[2].events[1].payload, "payload"));
    assert_int_equal(loaded[2].events[1].occurred_us, 1769860800000000);
    assert_true(outcomes[0].known && !outcomes[1].known && outcomes[2].known);
    assert_int_equal(outcomes[0].outcome, OUTCOME_REJECTED);
    assert_true(slice_is(outcomes[0].code, "not_found"));
    assert_true(slice_is(outcomes[0].field, "lines"));
    assert_int_equal(outcomes[0].position, 0);
    assert_int_equal(outcomes[2].position, 5);
    assert_int_equal(outcomes[2].version, 3);
}

static void load_one(
    struct fixture *fixture,
    uint64_t stream,
    int64_t after_version,
    bool with_sealed,
    struct loaded_stream *out)
{
    const struct stream_id id = {.tenant_id = 1, .category = 1, .id = simple_id(stream)};
    const struct load_request request = {
        .streams = &id,
        .stream_count = 1,
        .after_versions = &after_version,
        .with_sealed = with_sealed};
    struct load_result loaded;
    struct error err;
    if (!store_load(&fixture->db, &request, &fixture->arena, &loaded, &err))
        fail_msg("load: %s", err.text);
    *out = loaded.streams[0];
}

static void test_load_tells_tenants_apart(void **state)
{
    struct fixture *fixture = *state;
    struct simple_group group;
    simple_group(&group, 1, 101, 0, 2);
    (void)simple_append(&fixture->appender, &fixture->db, &group);
    simple_group(&group, 1, 101, 0, 3);
    group.group.stream.tenant_id = 2;
    (void)simple_append(&fixture->appender, &fixture->db, &group);

    struct stream_id streams[3];
    struct command_key commands[3];
    for (int32_t i = 0; i < 3; i++) {
        streams[i] = group.group.stream;
        streams[i].tenant_id = 3 - i;
        commands[i] = (struct command_key){simple_id(101), 3 - i};
    }
    const struct load_request request = {
        .streams = streams, .stream_count = 3, .commands = commands, .command_count = 3};
    struct load_result result;
    struct error err;
    assert_true(store_load(&fixture->db, &request, &fixture->arena, &result, &err));
    assert_int_equal(result.streams[0].version, 0);
    assert_int_equal(result.streams[1].version, 3);
    assert_int_equal(result.streams[1].events[2].stream.tenant_id, 2);
    assert_int_equal(result.streams[2].version, 2);
    assert_false(result.outcomes[0].known);
    assert_int_equal(result.outcomes[1].event_count, 3);
    assert_int_equal(result.outcomes[1].position, 5);
    assert_true(stream_equal(&result.outcomes[1].stream, &streams[1]));
    assert_int_equal(result.outcomes[2].event_count, 2);
    assert_false(stream_equal(&result.outcomes[2].stream, &streams[1]));
}

static void test_load_begins_after_a_version(void **state)
{
    struct fixture *fixture = *state;
    struct simple_group group;
    struct loaded_stream loaded;
    simple_group(&group, 1, 101, 0, 4);
    (void)simple_append(&fixture->appender, &fixture->db, &group);
    load_one(fixture, 1, 2, false, &loaded);
    assert_int_equal(loaded.version, 4);
    assert_int_equal(loaded.event_count, 2);
    assert_int_equal(loaded.events[0].version, 3);
    assert_int_equal(loaded.events[0].position, 3);
    assert_int_equal(loaded.events[1].stream.tenant_id, 1);
    assert_true(uuid_equal(&loaded.events[1].command_id, &group.command.id));
    assert_true(uuid_equal(&loaded.events[1].stream.id, &group.group.stream.id));
    load_one(fixture, 1, 4, false, &loaded);
    assert_int_equal(loaded.version, 4);
    assert_int_equal(loaded.event_count, 0);
}

static void test_load_behind_its_beginning_or_without_events_is_damage(void **state)
{
    struct fixture *fixture = *state;
    struct simple_group group;
    struct load_result loaded;
    struct error err;
    simple_group(&group, 1, 101, 0, 2);
    (void)simple_append(&fixture->appender, &fixture->db, &group);
    const struct stream_id id = group.group.stream;
    struct load_request request = {.streams = &id, .stream_count = 1};
    const int64_t after = 3;
    request.after_versions = &after;
    assert_false(store_load(&fixture->db, &request, &fixture->arena, &loaded, &err));
    assert_int_equal(err.kind, ERROR_tampered);
    request.after_versions = NULL;
    store_database_sql(
        &fixture->database, "set session_replication_role = replica; delete from store.events");
    assert_false(store_load(&fixture->db, &request, &fixture->arena, &loaded, &err));
    assert_int_equal(err.kind, ERROR_tampered);
}

/* ---- sealed parts ---- */

static bool
append_sealed(struct fixture *fixture, uint64_t stream, int64_t fence, struct error *err)
{
    struct simple_group group;
    simple_group(&group, stream, 100 + stream, 0, 2);
    group.events[1].sealed = slice_of_text("ciphertext");
    const struct append_batch batch = {
        .groups = &group.group, .group_count = 1, .erasure_fence = fence};
    return store_append(&fixture->appender, &fixture->db, &batch, err);
}

static void test_sealed_parts_are_kept_and_given_back(void **state)
{
    struct fixture *fixture = *state;
    struct loaded_stream loaded;
    struct error err;
    assert_true(append_sealed(fixture, 1, 0, &err));
    load_one(fixture, 1, 0, true, &loaded);
    assert_int_equal(loaded.events[0].sealed.size, 0);
    assert_true(slice_is(loaded.events[1].sealed, "ciphertext"));
    load_one(fixture, 1, 0, false, &loaded);
    assert_int_equal(loaded.events[1].sealed.size, 0);
    const struct tail_request request = {.limit = 10};
    struct tail_page page;
    assert_true(store_tail(&fixture->db, &request, &fixture->arena, &page, &err));
    assert_int_equal(page.count, 2);
    assert_int_equal(page.head, 2);
    assert_true(slice_is(page.events[1].sealed, "ciphertext"));
    PQclear(page.result);
    assert_int_equal(
        number(fixture, "select count(*) from store.events where (sealed is null) = (version = 1)"),
        2);
}

static void test_a_passed_erasure_fence_refuses_all_of_the_batch(void **state)
{
    struct fixture *fixture = *state;
    struct error err;
    assert_true(append_sealed(fixture, 1, 0, &err));
    assert_int_equal(number(fixture, "select erasure.raise_fence()"), 1);
    assert_false(append_sealed(fixture, 2, 0, &err));
    assert_int_equal(err.kind, ERROR_conflict);
    assert_string_equal(err.code, STORE_ERASURE_FENCED);
    assert_true(db_is_open(&fixture->db));
    assert_int_equal(number(fixture, "select count(*) from store.commands"), 1);
    assert_true(append_sealed(fixture, 2, 1, &err));
    /* Without sealed parts nobody asks for the fence. */
    struct simple_group group;
    simple_group(&group, 3, 103, 0, 1);
    assert_int_equal(simple_append(&fixture->appender, &fixture->db, &group), APPEND_OK);
    assert_int_equal(number(fixture, "select position from store.head"), 5);
}

static void test_sealed_parts_without_a_fence_are_refused_by_the_store_itself(void **state)
{
    struct fixture *fixture = *state;
    struct error err;
    /* What a program that forgot the fence would send; ours ends before that. */
    assert_false(db_execute(
        &fixture->db,
        "select store.append(0, '', '{1}', '{1}', array[gen_random_uuid()], '{0}', '{0}', '{1}', "
        "'{1}',"
        " array[gen_random_uuid()], '{00}', '{1}', '{null}', '{null}', '{1}', '{1}', '{null}', "
        "'{null}', "
        "'{null}', '{null}', '{1}',"
        " '{1}', '{OrderPlaced}', '{3}', '{2026-01-01}', '{00}', '{00}', -1, '{}', '{}', '{}')",
        &err));
    assert_string_equal(err.code, "22023");
    assert_int_equal(number(fixture, "select position from store.head"), 0);
}

static void assert_hex(const uint8_t *bytes, size_t size, const char *expected)
{
    char text[129] = "";
    assert_true(2 * size < sizeof(text));
    for (size_t i = 0; i < size; i++)
        (void)snprintf(text + 2 * i, 3, "%02x", bytes[i]);
    assert_string_equal(text, expected);
}

/* Made with Python's hashlib. */
static void test_digest_covers_payload_and_sealed_parts(void **state)
{
    (void)state;
    struct simple_group group;
    uint8_t digest[STORE_DIGEST_SIZE];
    simple_group(&group, 1, 101, 0, 1);
    struct new_event *event = &group.events[0];
    event_digest(&group.group.stream, 1, &group.command.id, event, digest);
    assert_hex(
        digest, sizeof(digest), "c0aca41e4cb3f465ae1d415280989e8fbc585a1bea6db4542f7fa44dcc80656f");
    event->sealed = slice_of_text("sealed");
    event_digest(&group.group.stream, 1, &group.command.id, event, digest);
    assert_hex(
        digest, sizeof(digest), "484a0fc7d6166917854cb8140fd37fd19ce05343a54e71e1eaf91191618ff7c9");
}

static void test_tail_stops_at_a_hole(void **state)
{
    struct fixture *fixture = *state;
    struct simple_group group;
    simple_group(&group, 1, 101, 0, 4);
    (void)simple_append(&fixture->appender, &fixture->db, &group);
    store_database_sql(
        &fixture->database,
        "set session_replication_role = replica; delete from store.events where position = 3");
    const struct tail_request request = {.limit = 100};
    struct tail_page page;
    struct error err;
    assert_false(store_tail(&fixture->db, &request, &fixture->arena, &page, &err));
    assert_int_equal(err.kind, ERROR_tampered);
    assert_non_null(strstr(err.text, "position 3"));
}

/* The newest events leave no hole behind: only the head tells that they were there. */
static void test_tail_notices_that_the_newest_events_are_gone(void **state)
{
    struct fixture *fixture = *state;
    struct simple_group group;
    struct tail_page page;
    struct error err;
    simple_group(&group, 1, 101, 0, 4);
    (void)simple_append(&fixture->appender, &fixture->db, &group);
    store_database_sql(
        &fixture->database,
        "set session_replication_role = replica; delete from store.events where position = 4");
    for (int64_t after = 0; after < 4; after += 3) {
        const struct tail_request request = {.after_position = after, .limit = 100};
        assert_false(store_tail(&fixture->db, &request, &fixture->arena, &page, &err));
        assert_int_equal(err.kind, ERROR_tampered);
        assert_non_null(strstr(err.text, "position 4"));
    }
    /* A page that ends before them is whole. */
    const struct tail_request full = {.limit = 3};
    assert_true(store_tail(&fixture->db, &full, &fixture->arena, &page, &err));
    assert_int_equal(page.count, 3);
    PQclear(page.result);
    /* A reader that has seen more than there is. */
    const struct tail_request beyond = {.after_position = 5, .limit = 3};
    assert_false(store_tail(&fixture->db, &beyond, &fixture->arena, &page, &err));
    assert_int_equal(err.kind, ERROR_tampered);
    assert_non_null(strstr(err.text, "diverged"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_set_up, fixture_tear_down)
        TEST(test_load_gives_streams_and_outcomes),
        TEST(test_load_tells_tenants_apart),
        TEST(test_load_begins_after_a_version),
        TEST(test_load_behind_its_beginning_or_without_events_is_damage),
        TEST(test_sealed_parts_are_kept_and_given_back),
        TEST(test_a_passed_erasure_fence_refuses_all_of_the_batch),
        TEST(test_sealed_parts_without_a_fence_are_refused_by_the_store_itself),
        TEST(test_digest_covers_payload_and_sealed_parts),
        TEST(test_tail_stops_at_a_hole),
        TEST(test_tail_notices_that_the_newest_events_are_gone),
#undef TEST
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
