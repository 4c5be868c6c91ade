# SPDX-License-Identifier: Apache-2.0
"""A database of the test's own, read with psql."""

import csv
import io
import subprocess

from lib import programs
from lib.checks import PATIENCE, Failed, equal


def psql_command(database, user="order_admin"):
    return ["psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", "-d", database, "-U", user]


class Database:
    """Made by make(), dropped by drop()."""

    def __init__(self, environment, name):
        self.environment = environment
        self.name = name

    def make(self):
        self.admin(f'create database "{self.name}" owner order_schema')

    def apply_schema(self):
        done = programs.run(
            [self.environment.program("order-schema"), "apply", "--database",
             self.conninfo("order_schema")], self.environment.variables)
        equal(done.code, 0, f"exit code of order-schema apply ({done.text})")

    def drop(self):
        self.admin(f'drop database if exists "{self.name}" with (force)')

    def conninfo(self, user):
        return f"dbname={self.name} user={user}"

    def admin(self, sql):
        """A statement outside of the database."""
        self._psql("postgres", sql)

    def rows(self, sql, seconds=2 * PATIENCE):
        """The rows as lists of texts; NULL is an empty text."""
        return list(csv.reader(io.StringIO(self._psql(self.name, sql, seconds))))

    def value(self, sql):
        """The first column of the only row."""
        rows = self.rows(sql)
        equal(len(rows), 1, f"number of rows of: {sql}")
        return rows[0][0]

    def number(self, sql):
        return int(self.value(sql))

    def _psql(self, database, sql, seconds=2 * PATIENCE):
        done = subprocess.run(
            [*psql_command(database), "--csv", "-t", "-c", sql], text=True,
            env=self.environment.variables, capture_output=True, stdin=subprocess.DEVNULL,
            timeout=seconds)
        if done.returncode != 0:
            raise Failed(f"psql: {done.stderr.strip()} (in: {sql})")
        return done.stdout
