// SPDX-License-Identifier: Apache-2.0
// Nonces: none is given out twice, also not by a process and its child.
#include "support/cmocka.h"
#include "vault/nonces.h"

#include <sodium.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

enum { HALF = 500000, BEFORE_FORK = 7 };

typedef uint8_t nonce_bytes[SEAL_NONCE_SIZE];

static struct slab slab;

static int set_up(void **state)
{
    (void)state;
    struct error err;
    return slab_open(&slab, NONCE_POOL_SIZE, false, &err) ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    slab_close(&slab);
    return 0;
}

static int compare(const void *a, const void *b)
{
    return memcmp(a, b, SEAL_NONCE_SIZE);
}

static void draw(struct nonces *nonces, nonce_bytes *out, size_t count)
{
    for (size_t i = 0; i < count; i++)
        nonces_next(nonces, out[i]);
}

static int draw_in_child(struct nonces *nonces, nonce_bytes *room, int pipe_end)
{
    draw(nonces, room, HALF);
    const uint8_t *bytes = (const uint8_t *)room;
    for (size_t sent = 0; sent < HALF * sizeof(nonce_bytes);) {
        ssize_t now = write(pipe_end, bytes + sent, HALF * sizeof(nonce_bytes) - sent);
        if (now < 0)
            return 1;
        sent += (size_t)now;
    }
    return 0;
}

static void read_all(int pipe_end, nonce_bytes *out)
{
    uint8_t *bytes = (uint8_t *)out;
    for (size_t got = 0; got < HALF * sizeof(nonce_bytes);) {
        ssize_t now = read(pipe_end, bytes + got, HALF * sizeof(nonce_bytes) - got);
        assert_true(now > 0);
        got += (size_t)now;
    }
}

static void a_million_of_parent_and_child_are_distinct(void **state)
{
    (void)state;
    struct nonces nonces;
    nonce_bytes *drawn = calloc(BEFORE_FORK + 2 * HALF, sizeof(*drawn));
    assert_non_null(drawn);
    assert_true(nonces_open(&nonces, &slab));
    draw(&nonces, drawn, BEFORE_FORK); /* the pool is partly used when the child gets it */
    int ends[2], status = 0;
    assert_int_equal(pipe(ends), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0)
        _exit(draw_in_child(&nonces, drawn, ends[1]));
    (void)close(ends[1]);
    draw(&nonces, drawn + BEFORE_FORK, HALF);
    read_all(ends[0], drawn + BEFORE_FORK + HALF);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);

    qsort(drawn, BEFORE_FORK + 2 * HALF, sizeof(*drawn), compare);
    size_t repeated = 0;
    for (size_t i = 1; i < BEFORE_FORK + 2 * HALF; i++)
        repeated += compare(drawn[i - 1], drawn[i]) == 0;
    assert_int_equal(repeated, 0);
    assert_false(sodium_is_zero(drawn[0], SEAL_NONCE_SIZE));
    (void)close(ends[0]);
    free(drawn);
}

static void what_was_given_out_is_no_longer_in_the_pool(void **state)
{
    (void)state;
    struct nonces nonces;
    nonce_bytes nonce;
    assert_true(nonces_open(&nonces, &slab));
    for (size_t drawn = 0; drawn < 400; drawn++) { /* more than one pool */
        nonces_next(&nonces, nonce);
        for (size_t at = 0; at + sizeof(nonce) <= NONCE_POOL_SIZE; at++)
            assert_memory_not_equal(nonces.pool + at, nonce, sizeof(nonce));
    }
}

static void a_full_slab_has_no_room_for_a_pool(void **state)
{
    (void)state;
    struct nonces nonces;
    assert_true(nonces_open(&nonces, &slab));
    assert_false(nonces_open(&nonces, &slab));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(
            a_million_of_parent_and_child_are_distinct, set_up, tear_down),
        cmocka_unit_test_setup_teardown(
            what_was_given_out_is_no_longer_in_the_pool, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_full_slab_has_no_room_for_a_pool, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
