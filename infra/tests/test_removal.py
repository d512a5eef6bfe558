"""Whatever is taken out of the template, one of the checks misses it: so they hold all of it, and not what came to mind."""

import copy
import unittest
from unittest import mock

import template
import test_calls
import test_flow
import test_functions
import test_parameters
import test_policies
import test_watch

# The quick ones first: most is missed by them.
CHECKS = (test_calls, test_flow, test_watch, test_policies, test_functions, test_parameters)
# What may be missing.
TEXTS = {"Description", "AlarmDescription"}
EXCEPT = {
    ("Resources", "IngestAlias", "Properties", "Name"),  # cfn-lint misses it.
    ("Resources", "RelayEventInvokeConfig", "Properties", "DestinationConfig"),  # SAM's, and empty.
    ("Resources", "SweepEventInvokeConfig", "Properties", "DestinationConfig"),
}


def parts(made):
    """The path of each rule, condition, output and resource, and of each property of these."""
    for section in ("Rules", "Conditions", "Outputs", "Resources"):
        for name, item in made[section].items():
            yield (section, name)
            if section == "Resources":
                yield from ((section, name, key) for key in item if key not in ("Type", "Properties"))
                yield from ((section, name, "Properties", key) for key in item["Properties"] if key not in TEXTS)


def without(made, path):
    """The template without this part."""
    changed = inner = dict(made)
    for key in path[:-1]:
        inner[key] = dict(inner[key])
        inner = inner[key]
    del inner[path[-1]]
    return changed


def is_missed(changed):
    """Whether a check fails on this template."""
    suite = unittest.TestSuite(unittest.defaultTestLoader.loadTestsFromModule(checks) for checks in CHECKS)
    result = unittest.TestResult()
    result.failfast = True
    # Not copied for each question, as it is otherwise: no check changes it, and there are thousands.
    written = template.source()
    with mock.patch.multiple(template, translated=lambda: changed, source=lambda: written):
        suite.run(result)
    return not result.wasSuccessful()


class Removal(unittest.TestCase):
    def test_nothing_is_missed_while_nothing_is_missing(self):
        self.assertFalse(is_missed(template.translated()))

    def test_whatever_is_missing_is_missed(self):
        made = template.translated()
        before = copy.deepcopy(made)
        unheld = {path for path in parts(made) if not is_missed(without(made, path))}
        self.assertEqual(unheld, EXCEPT)
        self.assertEqual(made, before)


if __name__ == "__main__":
    unittest.main()
