"""`scripts/package`, `scripts/deploy` and `scripts/destroy` say what is missing, and ask AWS for what was meant."""

import os
import shutil
import subprocess
import tempfile
import unittest
from pathlib import Path

import template

ROOT = template.INFRA.parent
# The first bytes of a program: what matters is the machine, at byte 18.
ARM64, X86_64, NONE = (b"\x7fELF" + bytes(14) + machine for machine in (b"\xb7\x00", b"\x3e\x00", b"\x00\x00"))
# Stands in for the AWS CLI: writes down what it was asked, a word a line.
AWS = '#!/bin/sh\nprintf "%s\\n" "$@" END >>"$ASKED"\n'
# Stands in for a compiler without the other architecture's library.
RUSTC = "#!/bin/sh\necho /nowhere\n"
# Stands in for cargo-lambda: programs for arm64 that nobody else may read.
CARGO = r"""#!/bin/sh
umask 077
for function in ingest relay sweep register; do
    mkdir -p target/lambda/$function
    printf '\177ELF12345678901234\267\000' >target/lambda/$function/bootstrap
    chmod 700 target/lambda/$function/bootstrap
done
"""


class Scripts(unittest.TestCase):
    """Each test has a copy of the scripts, with a stand-in for what they call."""

    def setUp(self):
        self.folder = Path(self.enterContext(tempfile.TemporaryDirectory()))
        shutil.copytree(ROOT / "scripts", self.folder / "scripts")
        (self.folder / "infra").mkdir()
        shutil.copy(template.SOURCE, self.folder / "infra")
        self.programs = self.folder / "programs"
        self.programs.mkdir()
        self.asked = self.folder / "asked"
        self.stand_in("aws", AWS)

    def stand_in(self, name, text):
        (self.programs / name).write_text(text)
        (self.programs / name).chmod(0o755)

    def built(self, **functions):
        for name, program in functions.items():
            folder = self.folder / "target" / "lambda" / name
            folder.mkdir(parents=True)
            (folder / "bootstrap").write_bytes(program)

    def parameters(self, text):
        (self.folder / "infra" / "parameters.txt").write_text(text)

    def run_script(self, name, **settings):
        """Exit code, and what was said on standard error."""
        path = f"{self.programs}:/usr/bin:/bin"
        ran = subprocess.run(
            ["bash", str(self.folder / "scripts" / name)],
            env={"PATH": path, "ASKED": str(self.asked), "HOME": str(self.folder)} | settings,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        return ran.returncode, ran.stderr

    def calls(self):
        """What AWS was asked, a list of words each."""
        if not self.asked.exists():
            return []
        return [call.strip("\n").split("\n") for call in self.asked.read_text().split("END\n") if call.strip()]

    def test_deploy_says_what_is_missing(self):
        self.assertIn("BUCKET is not set", self.refused("deploy"))
        self.assertIn("copy infra/parameters.example", self.refused("deploy", BUCKET="b"))
        self.parameters("Ledger=postgres\n")
        self.assertIn("run make package first", self.refused("deploy", BUCKET="b"))
        self.built(ingest=ARM64, relay=ARM64, sweep=X86_64)
        self.assertIn("others are for arm64", self.refused("deploy", BUCKET="b"))

    def test_deploy_refuses_what_is_no_parameter(self):
        self.built(ingest=ARM64, relay=ARM64, sweep=ARM64, register=ARM64)
        self.parameters("Ledger=postgres\nLedgerSecretArn\n")
        self.assertIn("no Key=Value: LedgerSecretArn", self.refused("deploy", BUCKET="b"))

    def test_deploy_refuses_what_is_no_program(self):
        self.built(ingest=NONE, relay=ARM64, sweep=ARM64, register=ARM64)
        self.parameters("Ledger=postgres\n")
        self.assertIn("no program for Lambda", self.refused("deploy", BUCKET="b"))

    def refused(self, name, **settings):
        code, said = self.run_script(name, **settings)
        self.assertEqual(code, 2, said)
        self.assertEqual(self.calls(), [], "nothing was asked of AWS")
        return said

    def test_deploy_passes_each_parameter_on_whole(self):
        self.built(ingest=X86_64, relay=X86_64, sweep=X86_64, register=X86_64)
        self.parameters("# ours\n\nLedger=postgres\nChatEvents=Offer Received,Finding Raised\nArchitecture=arm64")
        code, said = self.run_script("deploy", BUCKET="b", STACK="s")
        self.assertEqual(code, 0, said)
        package, deploy, describe = self.calls()
        self.assertEqual(package[:2], ["cloudformation", "package"])
        *words, deployment = deploy[deploy.index("--parameter-overrides") + 1 :]
        self.assertEqual(words, ["Architecture=x86_64", "Ledger=postgres", "ChatEvents=Offer Received,Finding Raised"])
        self.assertRegex(deployment, "^DeploymentId=[0-9a-f]{16}$")
        self.assertEqual(deploy[deploy.index("--tags") + 1], "application=resold")
        for call in (package, deploy, describe):
            self.assertEqual(call[call.index("--region") + 1], "us-east-1")

    def test_deploy_tells_deployments_apart(self):
        """A version that was published keeps its code and its settings: what differs must be published anew."""
        self.built(ingest=ARM64, relay=ARM64, sweep=ARM64, register=ARM64)
        self.parameters("Ledger=postgres\n")
        first = self.deployment()
        self.assertEqual(self.deployment(), first, "with nothing changed")
        self.parameters("Ledger=postgres\nLedgerSecretVersion=b2\n")
        second = self.deployment()
        (self.folder / "target" / "lambda" / "ingest" / "ledger-ca.pem").write_text("BEGIN CERTIFICATE")
        third = self.deployment()
        (self.folder / "infra" / template.SOURCE.name).write_text("Resources: {}")
        self.assertEqual(len({first, second, third, self.deployment()}), 4)

    def deployment(self):
        """What a deployment is told apart by."""
        code, said = self.run_script("deploy", BUCKET="b")
        self.assertEqual(code, 0, said)
        (told,) = (word for word in self.calls()[-2] if word.startswith("DeploymentId="))
        return told

    def test_the_example_names_parameters_of_the_template(self):
        known = template.source()["Parameters"]
        lines = [line.lstrip("#") for line in (template.INFRA / "parameters.example").read_text().splitlines()]
        named = [line.split("=", 1)[0] for line in lines if "=" in line and " " not in line.split("=", 1)[0]]
        self.assertGreater(len(named), 5)
        self.assertEqual([name for name in named if name not in known], [])

    def test_destroy_wants_to_hear_it_twice(self):
        for confirm in ({}, {"CONFIRM": "yes"}, {"CONFIRM": "resold", "STACK": "another"}):
            self.refused("destroy", **confirm)
        code, said = self.run_script("destroy", CONFIRM="resold")
        self.assertEqual(code, 0, said)
        self.assertEqual([call[1] for call in self.calls()], ["delete-stack", "wait"])
        self.assertIn("What stays", said)

    def test_package_says_which_target_is_missing(self):
        self.stand_in("cargo", "#!/bin/sh\nexit 9\n")
        self.stand_in("rustc", RUSTC)
        code, said = self.run_script("package")
        self.assertEqual(code, 2)
        self.assertIn("rustup target add aarch64-unknown-linux-gnu", said)
        self.assertIn("ARCH=x86_64", said)
        self.assertIn("not mips", self.refused("package", ARCH="mips"))
        self.assertIn("no file of certificates", self.refused("package", CA=str(self.folder / "scripts" / "deploy")))
        self.assertIn("no file of certificates", self.refused("package", CA="missing.pem"))

    def test_package_makes_what_lambda_can_read(self):
        """Whatever this user's files are readable for: Lambda runs functions as another one."""
        self.stand_in("rustc", f"#!/bin/sh\necho {self.folder}\n")
        self.stand_in("cargo", CARGO)
        (self.folder / "scripts" / "python-tools").write_text("#!/bin/sh\necho /nowhere\n")
        certificates = self.folder / "ca.pem"
        certificates.write_text("-----BEGIN CERTIFICATE-----\n")
        certificates.chmod(0o600)
        code, said = self.run_script("package", CA=str(certificates))
        self.assertEqual(code, 0, said)
        for name in ("ingest", "relay", "sweep", "register"):
            folder = self.folder / "target" / "lambda" / name
            modes = [path.stat().st_mode & 0o777 for path in (folder, folder / "bootstrap", folder / "ledger-ca.pem")]
            self.assertEqual([mode & 0o055 for mode in modes], [0o055, 0o055, 0o044], name)


if __name__ == "__main__":
    unittest.main()
