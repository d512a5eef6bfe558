"""cfn-lint finds nothing, neither in the template nor in what SAM makes of it."""

import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

import template


def lint(path):
    """Its exit code, and what it prints."""
    program = Path(sys.executable).parent / "cfn-lint"
    command = [str(program), "--regions", "us-east-1", "--", str(path)]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    return ran.returncode, ran.stdout + ran.stderr


class Lint(unittest.TestCase):
    def test_the_template_is_clean(self):
        self.assertEqual(lint(template.SOURCE), (0, ""))

    def test_what_sam_makes_of_it_is_clean(self):
        with tempfile.TemporaryDirectory() as folder:
            self.assertEqual(lint(template.write(folder, template.translated())), (0, ""))

    def test_a_misspelt_property_is_found(self):
        broken = template.translated()
        broken["Resources"]["Queue"]["Properties"]["VisibilityTimeOut"] = 190
        with tempfile.TemporaryDirectory() as folder:
            code, said = lint(template.write(folder, broken))
        self.assertNotEqual(code, 0)
        self.assertIn("VisibilityTimeOut", said)


if __name__ == "__main__":
    unittest.main()
