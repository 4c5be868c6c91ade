-- SPDX-License-Identifier: Apache-2.0
-- The login roles of the service and its database, made once per private cluster. Rights inside
-- the database are given by the migrations. The passwords come as psql variables.
CREATE ROLE order_schema LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE PASSWORD :'order_schema';
CREATE ROLE order_command LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE PASSWORD :'order_command';
CREATE ROLE order_projector LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE PASSWORD :'order_projector';
CREATE ROLE order_reader LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE PASSWORD :'order_reader';
CREATE ROLE order_shredder LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE PASSWORD :'order_shredder';
CREATE DATABASE orders OWNER order_schema;
