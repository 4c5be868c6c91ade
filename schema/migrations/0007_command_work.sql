-- SPDX-License-Identifier: Apache-2.0
-- Who works on which partition of commands (docs/decisions/D26-claims.md). Whoever is assigned a
-- partition counts its epoch up; every append names the epochs of the partitions its commands came from
-- and is refused when one of them is not the current one (store.append).

create table store.claims (
    claim integer generated always as identity primary key,
    partition integer not null,
    epoch bigint not null default 1,
    seen_offset bigint not null default -1,
    attempt_offset bigint not null default -1,
    attempts integer not null default 0,
    clean boolean not null default false,
    was_clean boolean not null default true,
    group_name text not null,
    topic text not null,
    owner text not null,
    claimed_at timestamptz not null default now(),
    unique (group_name, topic, partition)
) with (fillfactor = 10);
comment on table store.claims is
    'One row per group and partition of commands: who may append what comes from there.';
comment on column store.claims.claim is 'what an append names instead of group, topic and partition';
comment on column store.claims.epoch is
    'counted up by whoever claims the partition: what an earlier owner still sends is refused then';
comment on column store.claims.seen_offset is
    'newest offset that an append came from; -1: none. Never where reading begins, only what the
topic''s end is compared with: a topic that ends before it has lost commands';
comment on column store.claims.attempt_offset is
    'offset of the command that was tried alone after an unclean stop; -1: none';
comment on column store.claims.attempts is 'how often the command at attempt_offset was tried';
comment on column store.claims.clean is 'whether the last owner gave the partition back by itself';
comment on column store.claims.was_clean is 'the same of the owner before, as the present one found it';
comment on column store.claims.owner is 'host and process that claimed it last, for people';

grant select, insert, update on store.claims to order_command;
grant select on store.claims to order_reader;
