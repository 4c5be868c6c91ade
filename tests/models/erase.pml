/* SPDX-License-Identifier: Apache-2.0
 *
 * Erasing one subject while others hold its key: the key broker (order-shredder serve) with its vault,
 * order-command sealing and appending, somebody who opens what was sealed, and PostgreSQL. Spin tries
 * every interleaving; models_test.py runs it and its variants.
 *
 * Held in every state (assertions):
 *   - after LIVE no process opens or seals under the erased leaf;
 *   - nothing sealed under it is committed after the fence;
 *   - whenever the broker serves there is one usable root, with its tree file; after LIVE not the old;
 *   - a fenced subject gets no key, neither its old one nor a new one;
 *   - it always ends: no deadlock, the erasure is LIVE and every command was answered.
 *
 * How the world is drawn:
 *   - A stopped process (SIGSTOP) is one that takes no step, and any process may take none for any
 *     time. Looking at the clock and using the key is one step: what was begun while the lease ran
 *     counts as done then. On a machine a process can be stopped in between, for good: nothing helps
 *     but to have these two next to each other.
 *   - Time is whether a lease still runs. It counts from the question for the client and from the
 *     answer for the broker, so the client's ends first, on one clock (CLOCK_BOOTTIME).
 *   - The broker crashes anywhere, MOST_CRASHES times; order-command dies once with an append under
 *     way, which PostgreSQL may still commit.
 *   - A write to a root slot happens or does not: a torn one fails its checksum, as if never made.
 *   - Not here: the holders of root copies (they decide about FINAL), restores of the database, the
 *     power failing under everything, renewing a lease (one that ran out is asked for again).
 */

/* The built design, and parts of it that are taken away: then an assertion must fail. */
#define BUILT 0
#define NO_DRAIN 1          /* punctures without waiting for leases */
#define NO_FENCE_CHECK 2    /* the append does not look at the fence */
#define PLAIN_READ 3        /* it looks before it has the lock */
#define ACK_IN_FLIGHT 4     /* a revoke is acknowledged in the middle of a batch */
#define OLD_ROOT_KEPT 5     /* after a crash the newer root is taken and the older one left there */
#define ERASED_FORGOTTEN 6  /* the subject's row goes with its key: it can be given leaves again */
#define NO_REFUSAL 7        /* leases are given while the erasure waits for those given before */
#define STALE_USE 8         /* a key is used until the next vault_serve, without a look at the clock */
#define COUNT_FROM_ANSWER 9 /* the client's lease counts from the answer */
#define NO_RESTART_WAIT 10  /* a started broker does not think of leases its last life gave */
#define TREE_LAST 11        /* the new root is written before the tree file it opens */
#define SCRUB_FIRST 12      /* the old root is destroyed before the new one is there */
/* States that must be reached, or the proof would be about nothing: then an assertion fails too. */
#define REACH_STOPPED 20    /* LIVE while a stopped process has the key in its memory */
#define REACH_TWO_ROOTS 21  /* a crash leaves two valid roots */
#define REACH_REFUSED 22    /* an append is refused because of the fence */
#define REACH_LATE 23       /* a command that came after LIVE is answered */
#define REACH_ORPHANED 24   /* an append is committed whose process has died */
#ifndef VARIANT
#define VARIANT BUILT
#endif

/* How much happens; more of anything is more states. */
#ifndef MOST_CRASHES
#define MOST_CRASHES 1
#endif
#ifndef COMMANDS
#define COMMANDS 1
#endif
#ifndef OPENS
#define OPENS 1
#endif

/* Clients by number. */
#define COMMAND 0
#define REVEAL 1
#define CLIENTS 2

mtype:frame = { LEASE, WIPED, KEY, GONE, REVOKE };
mtype:row = { NO_ROW, ACTIVE, ERASING, ERASED };
mtype:engine = { IDLE, TO_FENCE, TO_DRAIN, TO_PUNCTURE, TO_REPORT, DONE };

/* ---- PostgreSQL ---- */
mtype:row subject = ACTIVE;
bool requested; /* the erasure is recorded */
bool drained;   /* and that nobody holds a lease any more */
byte fence;
byte sharers;   /* of the advisory lock: appends */
bool exclusive; /* raise_fence has it */

/* ---- the vault's directory: generation 1 has the leaf, generation 2 does not ---- */
byte slot[2];   /* generation of the root in it, 0: none */
bool file[3];   /* tree.<generation> */

/* ---- the broker's memory ---- */
bool serving;
bool refused;       /* the leaf is given to nobody */
byte known_fence;
byte loaded;        /* generation of the tree in memory */
bool held[CLIENTS]; /* the lease table */
mtype:engine engine = IDLE;
bool other;         /* one erasure of another subject, before this one; remembered to be one */

/* ---- the clients' memory and their sockets ---- */
bool key[CLIENTS];    /* in the cache */
bool gone[CLIENTS];   /* the last answer: there is no key any more */
bool fresh[CLIENTS];  /* the lease runs, for the client */
byte own_fence[CLIENTS];
bool joined[CLIENTS]; /* the client has a connection, for all it knows */
bool up[CLIENTS];     /* the broker has one with it */
chan to_client[CLIENTS] = [3] of { mtype:frame, byte /* fence */, bool /* names our leaf */ };
chan to_broker[CLIENTS] = [3] of { mtype:frame };

/* ---- for the assertions and the world ---- */
bool fenced;
bool live;
byte answered;
bool crash;

/* ---- the broker ---- */

/* A subject without a row is given leaves first (ALLOCATE). */
inline answer(c)
{
    if
    :: refused -> to_client[c]!GONE, 0, false
    :: else ->
        assert(fenced == false); /* no key, neither old nor new */
        assert(loaded == 1);
        subject = (subject == NO_ROW -> ACTIVE : subject);
        held[c] = true;
        to_client[c]!KEY, 0, false
    fi
}

inline push(c, ours)
{
    if
    :: up[c] -> to_client[c]!REVOKE, fence, ours
    :: else
    fi
}

/* erasure.raise_fence with the subject's row, one synchronous transaction. The number goes to all
 * clients, because every append names it. */
inline raise_fence(ours, then)
{
    atomic { sharers == 0 && !exclusive -> exclusive = true };
    atomic {
        fence++;
        fenced = ours;
        subject = (ours -> ERASING : subject);
        exclusive = false
    };
    atomic {
        known_fence = fence;
        push(COMMAND, ours);
        push(REVEAL, ours);
        engine = then
    }
}

/* The commit protocol of one generation, a write after the other. The first slot is the one in use:
 * which of the two it is makes no difference. */
inline puncture()
{
    if
    :: VARIANT == TREE_LAST ->
        slot[1] = 2;
        file[2] = true
    :: VARIANT == SCRUB_FIRST ->
        file[2] = true;
        slot[0] = 0;
        slot[1] = 2
    :: else ->
        file[2] = true;
        slot[1] = 2 /* the commit point */
    fi;
    loaded = 2;
    slot[0] = 0;
    file[1] = false
}

inline report()
{
    atomic {
        assert(slot[0] != 1 && slot[1] != 1);
        assert(VARIANT != REACH_STOPPED || !key[COMMAND]);
        subject = ERASED;
        live = true;
        engine = DONE;
        if
        :: VARIANT == ERASED_FORGOTTEN ->
            subject = NO_ROW;
            refused = false;
            loaded = 1 /* its next leaf is another one, which can be derived */
        :: else
        fi
    }
}

/* Before the socket opens. With two valid roots the newer one was committed: roll forward. */
inline recover()
{
    atomic {
        assert(VARIANT != REACH_TWO_ROOTS || slot[0] == 0 || slot[1] == 0);
        loaded = (slot[0] > slot[1] -> slot[0] : slot[1]);
        assert(loaded != 0 && file[loaded])
    };
    if
    :: VARIANT == OLD_ROOT_KEPT
    :: VARIANT != OLD_ROOT_KEPT && slot[0] != loaded -> slot[0] = 0
    :: VARIANT != OLD_ROOT_KEPT && slot[1] != loaded -> slot[1] = 0
    fi;
    file[3 - loaded] = false;
    atomic {
        assert((slot[0] == 0) != (slot[1] == 0)); /* one usable root */
        refused = requested && VARIANT != NO_REFUSAL;
        known_fence = fence;
        if
        :: subject == ACTIVE -> engine = (requested -> TO_FENCE : IDLE)
        :: subject == ERASING && loaded == 2 -> engine = TO_REPORT
        :: subject == ERASING && loaded == 1 -> engine = (drained -> TO_PUNCTURE : TO_DRAIN)
        :: subject == ERASED || subject == NO_ROW -> engine = DONE
        fi;
        serving = true
    }
}

#define NO_LEASES (!held[COMMAND] && !held[REVEAL])

/* One thread: all it does it does in one go, but for waiting until leases have ended. */
inline serve()
{
    do
    :: atomic { to_broker[COMMAND]?LEASE -> answer(COMMAND) }
    :: atomic { to_broker[REVEAL]?LEASE -> answer(REVEAL) }
    :: atomic { to_broker[COMMAND]?WIPED -> held[COMMAND] = false }
    :: atomic { to_broker[REVEAL]?WIPED -> held[REVEAL] = false }
    :: atomic { held[COMMAND] && !fresh[COMMAND] -> held[COMMAND] = false }
    :: atomic { held[REVEAL] && !fresh[REVEAL] -> held[REVEAL] = false }
    :: atomic { engine == IDLE && !other -> other = true };
        raise_fence(false, IDLE)
    :: atomic { engine == IDLE -> requested = true };
        atomic {
            refused = VARIANT != NO_REFUSAL;
            engine = TO_FENCE
        }
    :: engine == TO_FENCE -> raise_fence(true, TO_DRAIN)
    :: atomic {
        engine == TO_DRAIN && (NO_LEASES || VARIANT == NO_DRAIN) ->
        drained = true;
        engine = TO_PUNCTURE
    }
    :: engine == TO_PUNCTURE ->
        puncture();
        report()
    :: engine == TO_REPORT -> report()
    od
}

inline forget_requests(c)
{
    do
    :: nempty(to_broker[c]) -> to_broker[c]?_
    :: empty(to_broker[c]) -> break
    od
}

inline hang_up(c)
{
    held[c] = held[c] && VARIANT != NO_RESTART_WAIT;
    forget_requests(c);
    up[c] = false
}

/* Memory and sockets are gone, an open transaction is rolled back. What was sent can still be read, and
 * then that the connection is closed. Of the leases given so far the next life knows nothing and waits
 * until any of them would have run out; here it waits for those there are, which is no longer. */
inline lose_all()
{
    serving = false;
    refused = false;
    exclusive = false;
    known_fence = 0;
    loaded = 0;
    engine = IDLE;
    hang_up(COMMAND);
    hang_up(REVEAL)
}

active proctype broker()
{
    atomic {
        slot[0] = 1;
        file[1] = true
    };
    do
    :: {
        recover();
        serve()
    } unless {
        crash -> crash = false
    }
    od
}

/* ---- what the clients have in common ---- */

inline forget(c)
{
    key[c] = false;
    fresh[c] = false
}

inline ask(c)
{
    forget(c);
    if
    :: up[c] ->
        fresh[c] = VARIANT != COUNT_FROM_ANSWER;
        to_broker[c]!LEASE
    :: else /* lost; what comes next is that the connection is closed */
    fi
}

inline join(c)
{
    joined[c] = true;
    up[c] = true;
    own_fence[c] = known_fence
}

/* Something to read: a frame, or behind the last one that the connection is closed. */
#define READABLE(c) (len(to_client[c]) > 0 || (joined[c] && !up[c]))

/* Reads it. After a REVOKE that names our leaf the key is wiped; one that does not only tells the
 * fence. */
inline hear(c)
{
    if
    :: to_client[c]?REVOKE, own_fence[c], true ->
        key[c] = false;
        fresh[c] = fresh[c] && VARIANT == ACK_IN_FLIGHT; /* there the batch goes on */
        if
        :: up[c] -> to_broker[c]!WIPED
        :: else
        fi
    :: to_client[c]?REVOKE, own_fence[c], false
    :: to_client[c]?KEY, _, _ ->
        key[c] = true;
        fresh[c] = fresh[c] || VARIANT == COUNT_FROM_ANSWER
    :: to_client[c]?GONE, _, _ -> gone[c] = true
    :: len(to_client[c]) == 0 -> /* the end of the connection */
        joined[c] = false;
        forget(c)
    fi
}

/* vault_serve, then vault_lease: from the cache or asked for. Ends with key[c] or with gone[c], and
 * the fence as it was then. */
inline lease(c, noted)
{
    atomic {
        do
        :: READABLE(c) -> hear(c)
        :: else -> break
        od;
        if
        :: key[c] && fresh[c]
        :: joined[c] && !(key[c] && fresh[c]) -> ask(c)
        :: else -> forget(c)
        fi
    };
    do
    :: atomic { !key[c] && !gone[c] && READABLE(c) -> hear(c) }
    :: atomic { !key[c] && !gone[c] && !joined[c] && serving -> join(c); ask(c) }
    :: atomic { key[c] || gone[c] -> noted = own_fence[c]; break }
    od
}

#define RUNS(c) (fresh[c] || VARIANT == STALE_USE)

/* ---- order-command ---- */

/* store.append takes the lock and reads the fence in two statements: each sees what was committed
 * before it began. */
inline lock_and_look()
{
    if
    :: VARIANT == PLAIN_READ ->
        seen = fence;
        atomic { !exclusive -> sharers++ }
    :: VARIANT != PLAIN_READ ->
        atomic { !exclusive -> sharers++ };
        seen = fence
    fi
}

/* The process ends; the kernel tells the broker. The append that was sent goes on in PostgreSQL. */
inline die()
{
    dead = true;
    joined[COMMAND] = false;
    up[COMMAND] = false;
    held[COMMAND] = false;
    forget(COMMAND);
    forget_requests(COMMAND);
    do
    :: nempty(to_client[COMMAND]) -> to_client[COMMAND]?_, _, _
    :: empty(to_client[COMMAND]) -> break
    od
}

#define FITS (seen == noted || VARIANT == NO_FENCE_CHECK)

active proctype order_command()
{
    byte noted, seen;
    bool late, dead, died, overtaken;
next:
    atomic {
        answered < COMMANDS;
        late = live
    };
restart:
    dead = false;
decide:
    lease(COMMAND, noted);
seal:
    if
    :: gone[COMMAND] -> goto done /* erasure_pending, customer_erased */
    :: atomic { !gone[COMMAND] && RUNS(COMMAND) -> assert(!live) }
    :: atomic { !gone[COMMAND] && !RUNS(COMMAND) -> forget(COMMAND); goto decide }
    :: atomic { VARIANT == ACK_IN_FLIGHT && READABLE(COMMAND) -> hear(COMMAND); goto seal }
    fi;
    lock_and_look();
finish:
    if
    :: atomic { !died -> died = true; die(); goto finish }
    :: atomic {
        FITS -> /* committed */
        assert(!fenced);
        assert(VARIANT != REACH_ORPHANED || !dead);
        sharers--;
        if
        :: dead -> goto restart /* the command comes again; that it is known is not drawn */
        :: else -> goto done
        fi
    }
    :: atomic {
        FITS && !dead && !overtaken -> /* another writer was first: decide and seal again */
        overtaken = true;
        sharers--;
        goto seal
    }
    :: atomic {
        !FITS -> /* refused */
        assert(VARIANT != REACH_REFUSED);
        sharers--;
        if
        :: dead -> goto restart
        :: else
        fi
    }
    fi;
    do /* until the REVOKE behind it has come */
    :: atomic { own_fence[COMMAND] != noted -> goto decide }
    :: atomic { own_fence[COMMAND] == noted && READABLE(COMMAND) -> hear(COMMAND) }
    :: atomic { own_fence[COMMAND] == noted && !joined[COMMAND] && serving -> join(COMMAND) }
    od;
done:
    atomic {
        assert(!late || gone[COMMAND]);
        assert(VARIANT != REACH_LATE || !late);
        gone[COMMAND] = false;
        late = false;
        noted = 0;
        seen = 0;
        died = false;
        overtaken = false;
        answered++;
        if
        :: answered < COMMANDS -> goto next
        :: else
        fi
    };
    do
    :: atomic { READABLE(COMMAND) -> hear(COMMAND) }
    od
}

/* ---- who opens what was sealed ---- */

active proctype reveal()
{
    byte opens;
    do
    :: opens == OPENS -> break
    :: opens < OPENS ->
        lease(REVEAL, own_fence[REVEAL]);
        atomic {
            opens++;
            if
            :: gone[REVEAL] -> gone[REVEAL] = false
            :: !gone[REVEAL] && RUNS(REVEAL) -> assert(!live)
            :: else -> forget(REVEAL)
            fi
        }
    od;
    do
    :: atomic { READABLE(REVEAL) -> hear(REVEAL) }
    od
}

/* ---- the world ---- */

active proctype time()
{
    do
    :: atomic { fresh[COMMAND] -> fresh[COMMAND] = false }
    :: atomic { fresh[REVEAL] -> fresh[REVEAL] = false }
    od
}

active proctype fate()
{
    byte crashes;
    do
    :: crashes < MOST_CRASHES ->
        atomic {
            crashes++;
            lose_all();
            crash = true
        }
    :: break
    od
}

/* When nothing can move any more. */
active proctype finally()
{
    timeout -> assert(live && answered == COMMANDS)
}
