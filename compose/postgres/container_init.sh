#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Run once by the PostgreSQL container while it makes its cluster: our settings, the login roles
# with the passwords of the passfile, and the database.
set -eu

printf "include '/etc/order/order.conf'\n" >>"$PGDATA/postgresql.conf"
{
    for role in order_schema order_command order_projector order_reader order_shredder; do
        printf "\\\\set %s '%s'\n" "$role" "$(sed -n "s/.*:$role://p" "$PGPASSFILE")"
    done
    cat /etc/order/roles.sql
} | psql -X -q -v ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname postgres
