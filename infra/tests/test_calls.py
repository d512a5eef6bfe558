"""Roles allow exactly the calls that infra/calls.toml lists."""

import tomllib
import unittest

import template


def listed():
    """What infra/calls.toml lists: role, condition, call, resource."""
    entries = tomllib.loads((template.INFRA / "calls.toml").read_text())
    in_vpc = entries.pop("in_vpc")
    for role in in_vpc["roles"]:
        entries[role].append(in_vpc)
    return {
        (role, entry.get("when"), call, entry["on"])
        for role, of_role in entries.items()
        for entry in of_role
        for call in entry["calls"]
    }


def statements(role, properties):
    """A role's statements, each with the condition under which there is one."""
    assert "ManagedPolicyArns" not in properties, f"{role} has policies that are not written here"
    for policy in properties["Policies"]:
        assert policy["PolicyDocument"]["Version"] == "2012-10-17", role
        for statement in policy["PolicyDocument"]["Statement"]:
            when = None
            if set(statement) == {"Fn::If"}:
                when, statement, otherwise = statement["Fn::If"]
                assert otherwise == template.NOTHING, f"{role}: a statement in place of another"
            yield when, statement


def as_list(value):
    return value if isinstance(value, list) else [value]


def stated(effect):
    """What the roles of the template say with this effect: role, condition, call, resource."""
    return {
        (role, when or item.get("Condition"), call, template.place(resource))
        for role, item in template.resources("AWS::IAM::Role").items()
        for when, statement in statements(role, item["Properties"])
        if statement["Effect"] == effect
        for call in as_list(statement["Action"])
        for resource in as_list(statement["Resource"])
    }


class Calls(unittest.TestCase):
    def test_roles_allow_what_is_called_and_nothing_else(self):
        allowed, called = stated("Allow"), listed()
        self.assertEqual(called - allowed, set(), "is called and not allowed")
        self.assertEqual(allowed - called, set(), "is allowed and not called")

    def test_no_call_is_a_pattern(self):
        for role, _, call, resource in stated("Allow"):
            self.assertNotIn("*", call, role)
            if "*" in resource:
                # AWS knows no resource for these, or draws the name of what is made.
                self.assertIn(call.split(":")[0], ("ec2", "aws-marketplace"), role)

    def test_the_code_of_a_function_cannot_use_its_vpc_rights(self):
        for name in template.FUNCTIONS:
            denied = [
                (statement["Action"], statement["Resource"], statement["Condition"])
                for when, statement in statements(name, template.resources()[f"{name}Role"]["Properties"])
                if statement["Effect"] == "Deny" and when == "InVpc"
            ]
            itself = f"function:${{AWS::StackName}}-{name.lower()}"
            ((action, resource, condition),) = denied
            self.assertEqual((action, resource), ("ec2:*", "*"))
            self.assertTrue(template.place(condition["ArnEquals"]["lambda:SourceFunctionArn"]).endswith(itself))
            self.assertEqual(
                template.resources()[name]["Properties"]["FunctionName"], {"Fn::Sub": itself.split(":", 1)[1]}
            )

    def test_sweep_may_ask_aws_marketplace_only_if_it_is_to(self):
        for asks in ("true", "false"):
            role = template.made({"Ledger": "dsql", "AskMarketplace": asks})["SweepRole"]["Properties"]
            calls = {call for _, statement in statements("SweepRole", role) for call in as_list(statement["Action"])}
            marketplace = any(call.startswith("aws-marketplace:") for call in calls)
            self.assertEqual(marketplace, asks == "true", asks)

    def test_each_function_has_a_role_of_its_own(self):
        for name in (*template.FUNCTIONS, template.REGISTER):
            role = template.resources()[name]["Properties"]["Role"]
            self.assertEqual(template.place(role), f"{name}Role.Arn")


if __name__ == "__main__":
    unittest.main()
