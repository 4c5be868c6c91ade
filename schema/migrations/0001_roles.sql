-- SPDX-License-Identifier: Apache-2.0
-- One role per program, each with the least rights; nobody but the owner may change a table's shape.
-- Passwords are not here: set them with ALTER ROLE, or authenticate by certificate or peer.

do $$
declare
    wanted text;
begin
    foreach wanted in array array['order_command', 'order_projector', 'order_reader'] loop
        if not exists (select from pg_catalog.pg_roles where rolname = wanted) then
            execute pg_catalog.format('create role %I login', wanted);
        end if;
    end loop;
exception when insufficient_privilege then
    raise insufficient_privilege using
        message = pg_catalog.format('role %s does not exist and this role may not create it', wanted),
        hint = pg_catalog.format('as a superuser: create role %s login', wanted);
end
$$;

create schema store;
create schema projection;
create schema read;
create schema read_v1;

comment on schema store is 'The event store: the only truth. Append-only.';
comment on schema projection is 'How far each projection has come.';
comment on schema read is 'Read models as the projector writes them.';
comment on schema read_v1 is 'Stable views over the read models, for people and programs that query.';

grant usage on schema store to order_command, order_projector;
grant usage on schema projection to order_command, order_projector, order_reader;
grant usage on schema read to order_projector, order_reader;
grant usage on schema read_v1 to order_projector, order_reader;

-- Nobody needs the public schema or temporary tables here.
revoke create on schema public from public;
