-- SPDX-License-Identifier: Apache-2.0
-- Personal data in events is sealed; here is who it is about and what became of it. Ids only: no key,
-- wrapped or not, and nothing personal is ever in this database (docs/decisions/D08, D09).

do $$
begin
    if not exists (select from pg_catalog.pg_roles where rolname = 'order_shredder') then
        create role order_shredder login;
    end if;
exception when insufficient_privilege then
    raise insufficient_privilege using
        message = 'role order_shredder does not exist and this role may not create it',
        hint = 'as a superuser: create role order_shredder login';
end
$$;

create schema erasure;
comment on schema erasure is 'Subjects, erasures and what is proven about them. Ids only.';

create table erasure.subjects (
    subject_id uuid not null,
    tenant_id integer not null,
    leaf_base bigint not null,
    tree smallint not null,
    state smallint not null default 1,
    erased_classes smallint not null default 0,
    primary key (subject_id, tenant_id),
    unique (tree, leaf_base)
);
comment on table erasure.subjects is
    'Every person that something was sealed for. Erased ones stay, so that they never get new keys.';
comment on column erasure.subjects.leaf_base is 'first of the eight leaves of its keys, one a class';
comment on column erasure.subjects.state is '1 active, 2 erasing, 3 erased';
comment on column erasure.subjects.erased_classes is 'bit per class that is fenced or erased';

create table erasure.fence (
    only_row boolean primary key default true check (only_row),
    fence bigint not null
);
comment on table erasure.fence is
    'Counts erasures. An append of sealed data names the number it knows; see erasure.raise_fence.';
insert into erasure.fence (fence) values (0);

create table erasure.requests (
    request_id uuid not null,
    subject_id uuid not null,
    tenant_id integer not null,
    classes smallint not null,
    state smallint not null,
    requested_at timestamptz not null default now(),
    fenced_at timestamptz,
    fence bigint,
    punctured_at timestamptz,
    generation bigint,
    live_at timestamptz,
    final_at timestamptz,
    epoch bigint,
    acked integer,
    expired integer,
    primary key (request_id, subject_id)
) with (fillfactor = 60);
-- No index on the state: each of the steps would then write all indexes anew, ten thousand people times
-- six steps. Open requests are looked for at a start, and every two seconds while there are any.
create index requests_subject on erasure.requests (subject_id);
comment on table erasure.requests is
    'Erasures and how far they are: one row per subject of a request. The engine goes on from here
after a crash.';
comment on column erasure.requests.classes is 'bit per retention class that is erased';
comment on column erasure.requests.epoch is
    'of commands, the first one that can hold nothing of the subject; older ones are destroyed first';
comment on column erasure.requests.acked is 'lease holders that said their keys are wiped';
comment on column erasure.requests.expired is
    'lease holders that said nothing until their leases had run out';
comment on column erasure.requests.state is
    '1 received, 2 fenced, 3 drained, 4 punctured, 5 live, 6 final';

create table erasure.vault_state (
    only_row boolean primary key default true check (only_row),
    vault_id uuid not null,
    generation bigint not null,
    reserved bigint not null,
    ledger bigint not null,
    epoch bigint not null,
    epoch_at timestamptz not null default now(),
    lease_seconds integer not null,
    updated_at timestamptz not null default now()
);
comment on table erasure.vault_state is
    'Which vault belongs to this database, and the newest generation it was seen at.';
comment on column erasure.vault_state.epoch_at is 'when the current command epoch began';
comment on column erasure.vault_state.lease_seconds is
    'how long leases of a broker that died may be out; 0: it stopped and all of them came back';

create table erasure.key_access (
    minute timestamptz not null,
    instance text not null,
    purpose smallint not null,
    pseudonym bytea not null,
    leases bigint not null,
    primary key (minute, instance, purpose, pseudonym)
);
comment on table erasure.key_access is
    'Who had which keys, per minute. The key of a pseudonym dies with its subject.';

-- A command epoch is over when every partition has passed to a later one: each order-command writes down
-- what it knows of its own partitions, and tells the key broker when the table says so
-- (docs/decisions/D24-epochs.md). All partitions of a topic are listed before one of them counts.
create table erasure.epoch_progress (
    topic text not null,
    partition integer not null,
    passed_to bigint not null default 0,
    passed_at timestamptz,
    primary key (topic, partition)
);
comment on table erasure.epoch_progress is
    'How far the partitions of commands are. Remove the rows of a topic that is no longer used: they
hold back the end of every later epoch.';
comment on column erasure.epoch_progress.passed_to is
    'every command there that is sealed to an older epoch is decided; 0: nothing is known';

create table ops.audit (
    audit_id bigint generated always as identity primary key,
    at timestamptz not null default now(),
    actor text not null,
    act text not null,
    target text not null,
    reason text not null
);
comment on table ops.audit is 'Every act a person has to answer for, with the reason given.';

-- Raised in the transaction that fences subjects. The lock waits for appends under way; later ones see
-- the new number, because they ask after they have the shared lock (each statement of a volatile
-- function has a snapshot of its own). It is one lock per append and not one per subject.
create function erasure.raise_fence() returns bigint
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    raised bigint;
begin
    perform pg_advisory_xact_lock(7233912845);
    update erasure.fence f set fence = f.fence + 1 where f.only_row returning f.fence into raised;
    return raised;
end
$$;

-- For the broker's index of e-mail addresses, which is in its memory only: the sealed contact data of
-- customers (category 3) in the next `positions` positions, and how far the log goes. One row at least,
-- so that the caller knows the head. The broker has no other way to see events.
create function erasure.contact_envelopes(after_position bigint, positions integer)
returns table (
    head bigint, "position" bigint, tenant_id integer, stream_id uuid, version integer,
    command_id uuid, type text, schema_version smallint, sealed bytea
)
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select h.position, e.position, e.tenant_id, e.stream_id, e.version, e.command_id, e.type,
        e.schema_version, e.sealed
    from store.head h
    left join store.events e
        on e.position > $1 and e.position <= least($1 + $2, h.position)
        and e.category = 3 and e.sealed is not null
    where h.shard = 0
    order by e.position
$$;

revoke execute on function erasure.raise_fence, erasure.contact_envelopes from public;
grant execute on function erasure.raise_fence, erasure.contact_envelopes to order_shredder;
grant usage on schema erasure to order_shredder, order_reader;
grant select, insert, update on erasure.subjects, erasure.requests, erasure.vault_state,
    erasure.key_access to order_shredder;
grant select on erasure.fence to order_shredder;
grant usage on schema erasure to order_command, order_projector;
grant select on erasure.vault_state to order_command, order_projector;
grant select, insert, update on erasure.epoch_progress to order_command;
grant select on erasure.epoch_progress to order_shredder, order_reader;
grant select on erasure.subjects, erasure.requests, erasure.vault_state to order_reader;
grant usage on schema store to order_shredder;
grant select on store.tenants to order_shredder;
grant insert on ops.audit to order_shredder, order_projector;
grant select on ops.audit to order_reader;
