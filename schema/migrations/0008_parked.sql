-- SPDX-License-Identifier: Apache-2.0
-- Commands that we failed on, their streams, and what came for those streams afterwards
-- (docs/decisions/D10-poison-is-sequenced.md). Only the functions below write here.

create table store.dead_letters (
    topic text not null,
    partition integer not null,
    "offset" bigint not null,
    attempts smallint not null,
    category smallint not null,
    tenant_id integer not null,
    incident uuid not null,
    command_id uuid not null,
    stream_id uuid not null,
    at timestamptz not null default now(),
    code text not null,
    primary key (topic, partition, "offset")
);
create index dead_letters_command on store.dead_letters (command_id);
comment on table store.dead_letters is
    'Valid commands that we failed on, by where they came from. Never their content.';
comment on column store.dead_letters.incident is 'what the sender was told, to ask operators with';

create table store.parked_streams (
    stream_id uuid not null,
    tenant_id integer not null,
    category smallint not null,
    state smallint not null default 1,
    partition integer not null,
    incident uuid not null,
    since timestamptz not null default now(),
    released_at timestamptz,
    topic text not null,
    code text not null,
    primary key (stream_id, tenant_id, category)
);
comment on table store.parked_streams is
    'Streams whose commands queue, because one of them could not be decided.';
comment on column store.parked_streams.state is
    '1 parked: waits for an operator; 2 released: its queue is to be decided, then the row goes; 3 a
worker is deciding some of it: if it dies over that, the stream is parked again';
comment on column store.parked_streams.partition is
    'where its commands come from: who reads that partition decides the queue';

-- The key to the stream is what lets a row of parked_streams go safely: a command that is about to
-- queue keeps it there, and one that comes too late is refused and decided as usual.
create table store.parked_commands (
    sequence bigint generated always as identity primary key,
    stream_id uuid not null,
    command_id uuid not null,
    tenant_id integer not null,
    category smallint not null,
    partition integer not null,
    "offset" bigint not null,
    timestamp_ms bigint not null,
    parked_at timestamptz not null default now(),
    topic text not null,
    key bytea not null,
    headers bytea not null,
    value bytea,
    foreign key (stream_id, tenant_id, category) references store.parked_streams,
    unique (command_id, tenant_id)
);
create index parked_commands_stream
    on store.parked_commands (stream_id, tenant_id, category, sequence);
comment on table store.parked_commands is
    'What came for parked streams, in order and as it came; personal data in it is sealed.';
comment on column store.parked_commands.headers is
    'those that mean something to us: name and value in turn, each behind its length in 4 bytes';

-- Whoever parks or diverts must own the partitions, as in store.append. The lock waits for a claim under
-- way, and holds up the next one until the transaction ends.
create function store.hold_claims(claim_ids integer[], claim_epochs bigint[]) returns void
language plpgsql set search_path = pg_catalog, pg_temp as $$
declare
    held_claims integer;
begin
    perform from store.claims c
        join unnest(claim_ids, claim_epochs) as g (claim, epoch)
            on c.claim = g.claim and c.epoch = g.epoch
        order by c.claim
        for share of c;
    get diagnostics held_claims = row_count;
    if held_claims <> cardinality(claim_ids) then
        raise exception using errcode = 'ORD01', message = format(
            'a partition was claimed by somebody else: %s of %s claims hold', held_claims,
            cardinality(claim_ids));
    end if;
end
$$;

-- One command is given up: its dead letter, its stream, and itself as the head of the queue (keep:
-- not when its body may hold personal data in the open). Called again after an unknown outcome, with
-- the same incident, it changes nothing.
create function store.park(
    claim_ids integer[], claim_epochs bigint[], incident_id uuid, tenant integer, of_category smallint, stream uuid, command uuid,
    from_topic text, from_partition integer, from_offset bigint, why text, tries smallint,
    keep boolean, record_ms bigint, record_key bytea, record_headers bytea, record_value bytea
) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
begin
    perform set_config('synchronous_commit', 'on', true);
    perform store.hold_claims(claim_ids, claim_epochs);
    insert into store.dead_letters as d
        (topic, partition, "offset", attempts, category, tenant_id, incident, command_id,
         stream_id, code)
    values (from_topic, from_partition, from_offset, tries, of_category, tenant, incident_id,
        command, stream, why)
    on conflict (topic, partition, "offset") do update
        set attempts = case when d.command_id <> excluded.command_id then excluded.attempts
                when d.incident = excluded.incident then d.attempts
                else least(d.attempts + excluded.attempts, 32767) end,
            category = excluded.category, tenant_id = excluded.tenant_id,
            command_id = excluded.command_id, stream_id = excluded.stream_id,
            incident = excluded.incident, code = excluded.code, at = now();
    insert into store.parked_streams as p
        (stream_id, tenant_id, category, partition, incident, topic, code)
    values (stream, tenant, of_category, from_partition, incident_id, from_topic, why)
    on conflict (stream_id, tenant_id, category) do update
        set state = 1, released_at = null, partition = excluded.partition,
            incident = excluded.incident, topic = excluded.topic, code = excluded.code;
    if keep then
        insert into store.parked_commands
            (stream_id, command_id, tenant_id, category, partition, "offset", timestamp_ms, topic,
             key, headers, value)
        values (stream, command, tenant, of_category, from_partition, from_offset, record_ms,
            from_topic, record_key, record_headers, record_value)
        on conflict (command_id, tenant_id) do nothing;
    end if;
end
$$;
comment on function store.park is 'Gives a command up and parks its stream.';

-- Commands of parked streams join their queues, in the order given; those not to be kept are only
-- looked at. Returns the places (from 1) of commands that were given up before, and their incidents: they
-- came again because the process ended before it had told of them. The command id is compared as well:
-- a topic that lost its end, or was made anew, has other commands at the same offsets. Raises
-- foreign_key_violation, and does nothing, when one of the streams is not parked.
create function store.divert(
    claim_ids integer[], claim_epochs bigint[], from_topic text, tenants integer[], categories smallint[], streams uuid[], commands uuid[],
    partitions integer[], offsets bigint[], record_ms bigint[], record_keys bytea[],
    record_headers bytea[], record_values bytea[], keep boolean[]
) returns table (number integer, incident uuid, attempts smallint)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
    found_streams bigint;
begin
    perform set_config('synchronous_commit', 'on', true);
    perform store.hold_claims(claim_ids, claim_epochs);
    -- Also those that nothing is inserted for must still be parked.
    select count(*) into found_streams from (
        select from store.parked_streams p
        where (p.stream_id, p.tenant_id, p.category) in (
            select u.s, u.t, u.c from unnest(streams, tenants, categories) as u (s, t, c))
        order by p.stream_id, p.tenant_id, p.category
        for key share) as kept;
    if found_streams <> (select count(*) from (select distinct u.s, u.t, u.c
            from unnest(streams, tenants, categories) as u (s, t, c)) as wanted) then
        raise foreign_key_violation using message = 'a stream is not parked';
    end if;
    insert into store.parked_commands
        (stream_id, command_id, tenant_id, category, partition, "offset", timestamp_ms, topic, key,
         headers, value)
    select u.stream, u.command, u.tenant, u.category, u.partition, u.record_offset, u.ms,
        from_topic, u.key, u.headers, u.value
    from unnest(streams, commands, tenants, categories, partitions, offsets, record_ms,
            record_keys, record_headers, record_values, keep) with ordinality
        as u (stream, command, tenant, category, partition, record_offset, ms, key, headers, value,
            keep, place)
    where u.keep and not exists (
        select from store.dead_letters d where d.topic = from_topic
            and d.partition = u.partition and d."offset" = u.record_offset
            and d.command_id = u.command)
    order by u.place
    on conflict (command_id, tenant_id) do nothing;
    return query
        select u.place::integer, d.incident, d.attempts
        from unnest(commands, partitions, offsets) with ordinality
            as u (command, partition, record_offset, place)
        join store.dead_letters d on d.topic = from_topic and d.partition = u.partition
            and d."offset" = u.record_offset and d.command_id = u.command;
end
$$;
comment on function store.divert is 'Puts commands of parked streams into their queues.';

-- A worker begins to decide entries of a released stream. False: it is not released (any more).
create function store.begin_parked(
    claim_ids integer[], claim_epochs bigint[], tenant integer, of_category smallint, stream uuid
) returns boolean
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    perform set_config('synchronous_commit', 'on', true);
    perform store.hold_claims(claim_ids, claim_epochs);
    update store.parked_streams p set state = 3
        where p.stream_id = stream and p.tenant_id = tenant and p.category = of_category
            and p.state in (2, 3);
    return found;
end
$$;
comment on function store.begin_parked is 'A worker is about to decide the queue of a released stream.';

-- These entries are decided and answered; what was begun is over. True: the queue was empty then, and
-- the stream is parked no longer.
create function store.settle_parked(
    claim_ids integer[], claim_epochs bigint[], tenant integer, of_category smallint, stream uuid,
    sequences bigint[]
) returns boolean
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
begin
    perform set_config('synchronous_commit', 'on', true);
    perform store.hold_claims(claim_ids, claim_epochs);
    delete from store.parked_commands where sequence = any (sequences);
    update store.parked_streams p set state = 2
        where p.stream_id = stream and p.tenant_id = tenant and p.category = of_category
            and p.state = 3;
    begin
        delete from store.parked_streams p
        where p.stream_id = stream and p.tenant_id = tenant and p.category = of_category
            and p.state = 2 and not exists (
                select from store.parked_commands c
                where c.stream_id = stream and c.tenant_id = tenant and c.category = of_category);
        return found;
    exception when foreign_key_violation then
        return false; -- one came just now
    end;
end
$$;
comment on function store.settle_parked is
    'Takes decided commands out of the queue of a released stream, and at its end the stream.';

-- The caller has claimed these partitions: whoever was deciding a queue there is gone, perhaps because of
-- it.
create function store.repark_interrupted(
    claim_ids integer[], claim_epochs bigint[], from_topic text, partitions integer[]
) returns bigint
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    parked_again bigint;
begin
    perform set_config('synchronous_commit', 'on', true);
    perform store.hold_claims(claim_ids, claim_epochs);
    update store.parked_streams p set state = 1, released_at = null, code = 'interrupted'
        where p.state = 3 and p.topic = from_topic and p.partition = any (partitions);
    get diagnostics parked_again = row_count;
    return parked_again;
end
$$;
comment on function store.repark_interrupted is
    'Parks streams again whose queue was being decided by a worker that is gone.';

-- For operators. Both write down who did it and why.

create function store.release_parked(
    tenant integer, of_category smallint, stream uuid, who text, target text, why text
) returns smallint
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
    before smallint;
begin
    perform set_config('synchronous_commit', 'on', true);
    select p.state into before from store.parked_streams p
        where p.stream_id = stream and p.tenant_id = tenant and p.category = of_category
        for no key update;
    if before = 1 then
        update store.parked_streams p set state = 2, released_at = now()
            where p.stream_id = stream and p.tenant_id = tenant and p.category = of_category;
        insert into ops.audit (actor, act, target, reason) values (who, 'release', target, why);
    end if;
    return before;
end
$$;
comment on function store.release_parked is
    'Releases a parked stream; returns the state it was in before, null: it was not parked.';

create function store.discard_parked(
    tenant integer, command uuid, who text, target text, why text
) returns smallint
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
    before smallint;
begin
    perform set_config('synchronous_commit', 'on', true);
    select p.state into before
        from store.parked_commands c
        join store.parked_streams p using (stream_id, tenant_id, category)
        where c.command_id = command and c.tenant_id = tenant
        for no key update of p;
    if before = 1 then
        delete from store.parked_commands c where c.command_id = command and c.tenant_id = tenant;
        if not found then
            return null;
        end if;
        insert into ops.audit (actor, act, target, reason) values (who, 'discard', target, why);
    end if;
    return before;
end
$$;
comment on function store.discard_parked is
    'Drops a queued command of a parked stream; returns the state of the stream, null: it is not queued.';

revoke execute on function store.hold_claims, store.park, store.divert, store.begin_parked,
    store.settle_parked, store.repark_interrupted, store.release_parked, store.discard_parked from public;
grant execute on function store.park, store.divert, store.begin_parked,
    store.settle_parked, store.repark_interrupted, store.release_parked, store.discard_parked to order_command;
grant select on store.dead_letters, store.parked_streams, store.parked_commands to order_command;
