-- SPDX-License-Identifier: Apache-2.0
-- The one way events come into being: a batch of groups, a group being all commands of one stream.
--
-- Order of the steps is what keeps this safe:
--   * whatever can wait for another transaction (stream rows, command ids) comes before the head
--     row, in sorted order, so that two batches never wait for each other in a circle;
--   * the head row comes last, so that commit order is position order and nobody waits under it;
--   * an aborted batch gives its positions back, so that there is never a hole.
-- The transaction commits asynchronously. Nothing may leave the database before store.fence().
--
-- Returns a row with group_number 0 and the position before the batch, then a row for each group
-- that was not appended: status 2 (conflict, with the actual version) or 3 (a command id is known).

create function store.append(
    tenant integer,
    -- one element per group
    group_category smallint[], group_stream uuid[], group_bucket smallint[],
    group_expected integer[], group_events integer[],
    -- one element per command; command_group counts from 1
    command_group integer[], command_ids uuid[], command_fingerprint bytea[],
    command_outcome smallint[], command_code text[], command_version integer[],
    command_events smallint[], command_correlation uuid[], command_causation uuid[],
    -- one element per event; event_command counts from 1
    event_command integer[], event_version integer[], event_type text[],
    event_schema_version smallint[], event_occurred timestamptz[], event_payload bytea[]
) returns table (group_number integer, status smallint, version integer, base bigint)
language plpgsql security definer
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan
as $$
#variable_conflict use_column
declare
    append_ok constant smallint := 1;
    append_conflict constant smallint := 2;
    append_duplicate constant smallint := 3;
    states smallint[] := array_fill(append_ok, array[cardinality(group_stream)]);
    versions integer[] := array_fill(0, array[cardinality(group_stream)]);
    numbers bigint[];
    head_before bigint;
    wanted integer;
    done integer;
    event_total integer;
    digest bytea;
    new_chain bytea;
    one record;
begin
    perform set_config('synchronous_commit', 'off', true);
    select h.position into strict head_before from store.head h where h.shard = 0;

    -- 1. A group that holds a known command id is a duplicate as a whole.
    for one in
        select c.number from unnest(command_group, command_ids) as c (number, id)
        where exists (
            select from store.commands k where k.command_id = c.id and k.tenant_id = tenant)
    loop
        states[one.number] := append_duplicate;
    end loop;

    -- 2. New streams. Each gets its number first, so that it is known whose row it became.
    select array_agg(case when g.expected = 0 and g.events > 0 and states[g.number] = append_ok
                          then nextval('store.stream_number') end order by g.number)
        into numbers
        from unnest(group_expected, group_events) with ordinality as g (expected, events, number);
    wanted := cardinality(array_remove(numbers, null));
    if wanted > 0 then
        insert into store.streams as s
            (stream_number, after_position, stream_id, tenant_id, version, category, bucket)
        select numbers[g.number], head_before, g.stream, tenant, g.events, g.category, g.bucket
        from unnest(group_category, group_stream, group_bucket, group_events)
            with ordinality as g (category, stream, bucket, events, number)
        where numbers[g.number] is not null
        order by g.stream, g.category
        on conflict do nothing;
        get diagnostics done = row_count;
        if done < wanted then
            for one in
                select g.number, s.version
                from unnest(group_category, group_stream)
                    with ordinality as g (category, stream, number)
                join store.streams s on s.stream_id = g.stream and s.tenant_id = tenant
                    and s.category = g.category and s.stream_number <> numbers[g.number]
            loop
                states[one.number] := append_conflict;
                versions[one.number] := one.version;
            end loop;
        end if;
    end if;

    -- 3. Streams that exist: lock, compare, count up. A group without events needs its version too.
    if 0 < any (group_expected) or 0 = any (group_events) then
        for one in
            select g.number, s.version, s.stream_number
            from unnest(group_category, group_stream, group_expected, group_events)
                with ordinality as g (category, stream, expected, events, number)
            join store.streams s on s.stream_id = g.stream and s.tenant_id = tenant
                and s.category = g.category
            where (g.expected > 0 or g.events = 0) and states[g.number] = append_ok
            order by s.stream_id, s.category
            for update of s
        loop
            numbers[one.number] := one.stream_number;
            versions[one.number] := one.version;
            if one.version <> group_expected[one.number] then
                states[one.number] := append_conflict;
            end if;
        end loop;
        for one in
            select g.number from unnest(group_expected) with ordinality as g (expected, number)
            where g.expected > 0 and numbers[g.number] is null and states[g.number] = append_ok
        loop
            states[one.number] := append_conflict; -- the stream is gone: another history
        end loop;
        update store.streams s set version = s.version + g.events
        from unnest(group_category, group_stream, group_expected, group_events)
            with ordinality as g (category, stream, expected, events, number)
        where s.stream_id = g.stream and s.tenant_id = tenant and s.category = g.category
            and g.expected > 0 and g.events > 0 and states[g.number] = append_ok;
    end if;

    -- 4. Command ids and outcomes. Fewer rows than asked: an id is in use on another stream.
    select count(*) into wanted
        from unnest(command_group) as c (number) where states[c.number] = append_ok;
    insert into store.commands
        (command_id, tenant_id, category, outcome, stream_id, version, event_count, fingerprint,
         code)
    select c.id, tenant, group_category[c.number], c.outcome, group_stream[c.number], c.version,
        c.events, c.fingerprint, c.code
    from unnest(command_group, command_ids, command_fingerprint, command_outcome, command_code,
            command_version, command_events)
        as c (number, id, fingerprint, outcome, code, version, events)
    where states[c.number] = append_ok
    order by c.id
    on conflict do nothing;
    get diagnostics done = row_count;
    if done < wanted then
        raise exception 'a command id of this batch was recorded meanwhile'
            using errcode = 'serialization_failure';
    end if;

    -- 5. What the chain covers, digested before the head is taken.
    select count(*), sha256(string_agg(sha256(
            uuid_send(group_stream[command_group[e.command]])
            || uuid_send(command_ids[e.command])
            || int4send(tenant) || int2send(group_category[command_group[e.command]])
            || int4send(e.version) || int2send(e.schema_version)
            || timestamptz_send(e.occurred) || int2send(length(e.type)::smallint)
            || textsend(e.type) || e.payload), '' order by e.number))
        into event_total, digest
        from unnest(event_command, event_version, event_type, event_schema_version,
                event_occurred, event_payload)
            with ordinality as e (command, version, type, schema_version, occurred, payload, number)
        where states[command_group[e.command]] = append_ok;

    -- 6. The head, last of all that can be contended; then only inserts that cannot wait.
    if event_total > 0 then
        update store.head h
            set position = h.position + event_total,
                chain = sha256(h.chain || int8send(h.position) || int4send(event_total) || digest)
            where h.shard = 0
            returning h.position - event_total, h.chain into strict head_before, new_chain;
        insert into store.batches (last_position, chain)
            values (head_before + event_total, new_chain);
        insert into store.events
            (position, stream_number, occurred_at, recorded_at, stream_id, command_id, tenant_id,
             version, category, bucket, schema_version, type, correlation_id, causation_id, payload)
        select head_before + row_number() over (), numbers[command_group[e.command]], e.occurred,
            now(), group_stream[command_group[e.command]], command_ids[e.command], tenant,
            e.version, group_category[command_group[e.command]],
            group_bucket[command_group[e.command]], e.schema_version, e.type,
            command_correlation[e.command], command_causation[e.command], e.payload
        from unnest(event_command, event_version, event_type, event_schema_version,
                event_occurred, event_payload)
            as e (command, version, type, schema_version, occurred, payload)
        where states[command_group[e.command]] = append_ok;
    end if;

    group_number := 0;
    status := append_ok;
    version := 0;
    base := head_before;
    return next;
    return query
        select g.number::integer, g.state, g.actual, 0::bigint
        from unnest(states, versions) with ordinality as g (state, actual, number)
        where g.state <> append_ok;
end
$$;
comment on function store.append is
    'Appends a batch of groups; conflicts and duplicates are answers, not errors.';

-- Makes everything visible before it durable: a transaction that writes WAL and commits
-- synchronously. A SET clause on the function would be undone before the commit.
create function store.fence() returns void
language plpgsql
as $$
begin
    perform set_config('synchronous_commit', 'on', true);
    perform pg_logical_emit_message(true, 'order.fence', '');
end
$$;
comment on function store.fence is 'Returns when all that was visible before it is on disk.';

revoke execute on function store.append, store.fence from public;
grant execute on function store.append, store.fence to order_command;
grant execute on function store.fence to order_projector;
