-- SPDX-License-Identifier: Apache-2.0
-- The one way events come into being: a batch of groups, a group being all commands of one stream.
-- All of the batch is appended, or nothing: then the caller asks which groups are outdated or known
-- (lib/store/append.c), answers those and sends the others again. A batch without losers, nearly all
-- of them, so writes every row once and asks nothing beforehand: the keys are the check.
--
-- Order of the steps is what keeps this safe:
--   * whatever can wait for another transaction (rows of streams, command ids, new streams) comes
--     before the head row, and the caller sends both sorted, so that two batches never wait for
--     each other in a circle;
--   * the head row comes last, so that commit order is position order and nobody waits under it;
--   * an aborted batch gives its positions back, so that there is never a hole.
-- The connection commits asynchronously (synchronous_commit = off), so that the head row is not held
-- over the flush. Nothing may leave the database before the fence behind it: a transaction that
-- writes and commits synchronously (lib/store/append.c).
--
-- Returns the position before the batch. Raises unique_violation for a known command id or a stream
-- exists already, serialization_failure for a stream at another version, ERA01 for an erasure
-- fence that is not the current one, ORD01 for a claim that is no longer the caller's.

create function store.append(
    -- a position that was reached before: where the search for a new stream's events may begin
    after_position bigint,
    -- sha256 over the digests of all events, in order
    batch_digest bytea,
    -- one element per group, sorted by (stream, tenant, category)
    group_tenant integer[], group_category smallint[], group_stream uuid[],
    group_bucket smallint[], group_expected integer[], group_events integer[],
    -- one element per command, sorted by (id, tenant); command_group is a place in the group arrays,
    -- from 1
    command_group integer[], command_ids uuid[], command_fingerprint bytea[],
    command_outcome smallint[], command_code text[], command_field text[],
    command_version integer[], command_events smallint[],
    command_correlation uuid[], command_causation uuid[],
    command_actor text[], command_trace bytea[],
    -- one element per event, in the order of their positions; event_command from 1
    event_command integer[], event_version integer[], event_type text[],
    event_schema_version smallint[], event_occurred timestamptz[], event_payload bytea[],
    event_sealed bytea[],
    -- how many erasures were fenced when the keys of the sealed parts were leased; -1: none is sealed
    erasure_fence bigint,
    -- one element per partition that the commands came from, sorted by claim: whose it is, and the
    -- newest offset of the batch there; empty: the caller has no partitions
    claim_ids integer[], claim_epochs bigint[], claim_offsets bigint[]
) returns bigint
language plpgsql security definer
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
    numbers bigint[]; -- of streams that existed before; the others are first_number + their place
    first_number bigint := nextval('store.stream_number');
    event_total integer := cardinality(event_command);
    found_streams integer := 0;
    head_position bigint;
    head_chain bytea;
    current_fence bigint;
    held_claims integer;
    one record;
begin
    if cardinality(group_stream) > 4096 then
        raise exception 'a batch has at most 4096 streams: their numbers would overlap'
            using errcode = 'program_limit_exceeded';
    end if;

    -- 0. Claims (0007_command_work.sql): a partition that was claimed by somebody else meanwhile refuses
    -- the batch. The update waits for a claim under way and looks at the epoch again after it; a claim
    -- waits for this transaction, and for nothing while it holds its one row. So nobody appends what
    -- an earlier owner decided once a claim is there.
    if cardinality(claim_ids) > 0 then
        update store.claims c set seen_offset = greatest(c.seen_offset, g.newest)
        from unnest(claim_ids, claim_epochs, claim_offsets) as g (claim, epoch, newest)
        where c.claim = g.claim and c.epoch = g.epoch;
        get diagnostics held_claims = row_count;
        if held_claims <> cardinality(claim_ids) then
            raise exception using errcode = 'ORD01', message = format(
                'a partition was claimed by somebody else: %s of %s claims hold', held_claims,
                cardinality(claim_ids));
        end if;
    end if;

    -- 1. Sealed parts: no erasure may have been fenced since their keys were leased, nor before this
    -- transaction ends. The lock comes in a statement of its own, because a statement sees what was
    -- committed before it began; erasure.raise_fence takes it alone (0006_erasure.sql). Nobody waits for
    -- it who holds a stream or the head, and nobody who has it waits for a claim.
    if erasure_fence >= 0 then
        perform pg_advisory_xact_lock_shared(7233912845);
        select f.fence into strict current_fence from erasure.fence f where f.only_row;
        if current_fence <> erasure_fence then
            raise exception using errcode = 'ERA01', message = format(
                'an erasure was fenced: the keys are of fence %s, it is %s now', erasure_fence,
                current_fence);
        end if;
    elsif num_nulls(variadic event_sealed) <> event_total then
        raise exception 'sealed parts need an erasure fence'
            using errcode = 'invalid_parameter_value';
    end if;

    -- 2. Streams that exist: lock, compare, count up. A rejection needs the version to hold too.
    if 0 < any (group_expected) or 0 = any (group_events) then
        for one in
            select g.number, s.version, s.stream_number
            from unnest(group_tenant, group_category, group_stream, group_expected, group_events)
                with ordinality as g (tenant, category, stream, expected, events, number)
            join store.streams s on s.stream_id = g.stream and s.tenant_id = g.tenant
                and s.category = g.category
            where g.expected > 0 or g.events = 0
            order by g.number
            for update of s
        loop
            if one.version <> group_expected[one.number] then
                raise serialization_failure using message = 'a stream is at another version';
            end if;
            numbers[one.number] := one.stream_number;
            found_streams := found_streams + 1;
        end loop;
        if found_streams < (select count(*) from unnest(group_expected) as e where e > 0) then
            raise serialization_failure using message = 'a stream is gone';
        end if;
        update store.streams s set version = s.version + g.events
        from unnest(group_tenant, group_category, group_stream, group_expected, group_events)
            as g (tenant, category, stream, expected, events)
        where s.stream_id = g.stream and s.tenant_id = g.tenant and s.category = g.category
            and g.expected > 0 and g.events > 0;
    end if;

    -- 3. Command ids with their outcomes: the key refuses an id that is known.
    insert into store.commands
        (command_id, tenant_id, category, outcome, stream_id, version, event_count, fingerprint,
         code, field, actor, trace)
    select c.id, group_tenant[c.number], group_category[c.number], c.outcome, group_stream[c.number],
        c.version, c.events, c.fingerprint, c.code, c.field, c.actor, c.trace
    from unnest(command_group, command_ids, command_fingerprint, command_outcome, command_code,
            command_field, command_version, command_events, command_actor, command_trace)
        as c (number, id, fingerprint, outcome, code, field, version, events, actor, trace);

    -- 4. New streams: the key decides who was first.
    insert into store.streams
        (stream_number, after_position, stream_id, tenant_id, version, category, bucket)
    select first_number + g.number, after_position, g.stream, g.tenant, g.events,
        g.category, g.bucket
    from unnest(group_tenant, group_category, group_stream, group_bucket,
            group_expected, group_events)
        with ordinality as g (tenant, category, stream, bucket, expected, events, number)
    where g.expected = 0 and g.events > 0;

    -- 5. The head, last of all that can be contended; then only inserts that cannot wait.
    if event_total = 0 then
        return 0;
    end if;
    update store.head h
        set position = h.position + event_total,
            chain = sha256(h.chain || int8send(h.position) || int4send(event_total) || batch_digest)
        where h.shard = 0
        returning h.position - event_total, h.chain into strict head_position, head_chain;
    insert into store.events
        (position, stream_number, occurred_at, recorded_at, stream_id, command_id, tenant_id,
         version, category, bucket, schema_version, type, correlation_id, causation_id, payload,
         sealed, chain)
    select head_position + e.number,
        coalesce(numbers[command_group[e.command]], first_number + command_group[e.command]),
        e.occurred, now(), group_stream[command_group[e.command]], command_ids[e.command],
        group_tenant[command_group[e.command]], e.version,
        group_category[command_group[e.command]],
        group_bucket[command_group[e.command]], e.schema_version, e.type,
        command_correlation[e.command], command_causation[e.command], e.payload, e.sealed,
        case when e.number = event_total then head_chain end
    from unnest(event_command, event_version, event_type, event_schema_version,
            event_occurred, event_payload, event_sealed)
        with ordinality
            as e (command, version, type, schema_version, occurred, payload, sealed, number);
    return head_position;
end
$$;
comment on function store.append is
    'Appends a batch of groups, all or nothing, and returns the position before it.';

revoke execute on function store.append from public;
grant execute on function store.append to order_command;
