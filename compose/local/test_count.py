#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Counts a run of ctest per label: test_count.py BUILD_FOLDER JUNIT_FILE.

ctest leaves results without labels in the JUnit file and labels without results in its list;
this joins them. Exit code 0 when every test passed, 1 when one did not, 3 when none was selected.
"""

import collections
import json
import subprocess
import sys
import xml.etree.ElementTree

OUTCOMES = {"run": "passed", "fail": "failed"}


def labels_by_test(build_folder):
    listing = subprocess.run(
        ["ctest", "--test-dir", build_folder, "--show-only=json-v1"],
        check=True, capture_output=True, text=True)
    return {
        test["name"]: next(
            (entry["value"] for entry in test.get("properties", []) if entry["name"] == "LABELS"),
            ["(no label)"])
        for test in json.loads(listing.stdout)["tests"]
    }


def main():
    build_folder, junit_file = sys.argv[1:]
    cases = list(xml.etree.ElementTree.parse(junit_file).iter("testcase"))
    if not cases:
        print("no test was selected", file=sys.stderr)
        return 3
    labels = labels_by_test(build_folder)
    counts = collections.defaultdict(collections.Counter)
    total = collections.Counter()
    for case in cases:
        outcome = OUTCOMES.get(case.get("status"), "skipped")
        total[outcome] += 1
        for label in labels.get(case.get("name"), ["(no label)"]):
            counts[label][outcome] += 1
    print(f"\n{'label':<14}{'passed':>8}{'failed':>8}{'skipped':>9}")
    for label, count in sorted(counts.items()) + [("all", total)]:
        print(f"{label:<14}{count['passed']:>8}{count['failed']:>8}{count['skipped']:>9}")
    for case in cases:
        if OUTCOMES.get(case.get("status")) != "passed":
            print(f"{OUTCOMES.get(case.get('status'), 'skipped')}: {case.get('name')}")
    print(f"JUnit: {junit_file}")
    # A skip is for input that is not part of the project; a missing server fails its tests.
    return 0 if total["passed"] > 0 and total["failed"] == 0 else 1


if __name__ == "__main__":
    sys.exit(main())
