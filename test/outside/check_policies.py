"""Holds the IAM policies of synthesized templates against the service authorization reference (parliament, policy_sentry).

Usage: check_policies.py FOLDER. Prints what is wrong, then a line of JSON with figures; ends with 1 when
something is wrong.
"""

import importlib.metadata
import json
import pathlib
import sys

import parliament
from policy_sentry.querying.actions import get_action_data

# Values of pseudo parameters; whatever else a template refers to becomes a name that fits anywhere.
PSEUDO = {
    "AWS::Partition": "aws",
    "AWS::Region": "eu-central-1",
    "AWS::AccountId": "123456789012",
    "AWS::URLSuffix": "amazonaws.com",
    "AWS::StackName": "stack",
    "AWS::StackId": "arn:aws:cloudformation:eu-central-1:123456789012:stack/stack/id",
}
# Resources by logical id whose Ref or Arn has to look like one.
ARN_OF = {
    "AWS::IAM::Role": "arn:aws:iam::123456789012:role/name",
    "AWS::Lambda::Function": "arn:aws:lambda:eu-central-1:123456789012:function:name",
    "AWS::StepFunctions::StateMachine": "arn:aws:states:eu-central-1:123456789012:stateMachine:name",
    "AWS::ImageBuilder::ImagePipeline": "arn:aws:imagebuilder:eu-central-1:123456789012:image-pipeline/name",
    "AWS::ImageBuilder::ImageRecipe": "arn:aws:imagebuilder:eu-central-1:123456789012:image-recipe/name/1.0.0",
    "AWS::ImageBuilder::DistributionConfiguration": "arn:aws:imagebuilder:eu-central-1:123456789012:distribution-configuration/name",
    "AWS::ImageBuilder::InfrastructureConfiguration": "arn:aws:imagebuilder:eu-central-1:123456789012:infrastructure-configuration/name",
    "AWS::ElasticLoadBalancingV2::TargetGroup": "arn:aws:elasticloadbalancing:eu-central-1:123456789012:targetgroup/name/1234567890123456",
    "AWS::S3::Bucket": "arn:aws:s3:::name",
    "AWS::Logs::LogGroup": "arn:aws:logs:eu-central-1:123456789012:log-group:name:*",
}
# What parliament reports although it is meant so, with the reason.
ACCEPTED = {
    # Data of the reference that parliament ships is older than the policy's action; policy_sentry's is asked too.
    "UNKNOWN_ACTION": "asked again of policy_sentry",
    # A wildcard in a statement of its own, for calls that cannot be scoped: the CDK's own rules are checked by cdk-nag.
    "RESOURCE_STAR": "held by test/stacks and cdk-nag, with reasons",
    "CREDENTIALS_EXPOSURE": "no policy here gives out credentials",
}


def resolved(value, template):
    if isinstance(value, list):
        return [resolved(item, template) for item in value]
    if not isinstance(value, dict):
        return value
    if "Ref" in value and len(value) == 1:
        return PSEUDO.get(value["Ref"]) or arn_of(value["Ref"], template)
    if "Fn::GetAtt" in value and len(value) == 1:
        return arn_of(value["Fn::GetAtt"][0], template)
    if "Fn::Join" in value and len(value) == 1:
        separator, parts = value["Fn::Join"]
        return separator.join(str(resolved(part, template)) for part in parts)
    if "Fn::Sub" in value and len(value) == 1:
        text = value["Fn::Sub"] if isinstance(value["Fn::Sub"], str) else value["Fn::Sub"][0]
        for name, pseudo in PSEUDO.items():
            text = text.replace("${" + name + "}", pseudo)
        return text
    if "Fn::If" in value and len(value) == 1:
        return resolved(value["Fn::If"][1], template)
    if any(key.startswith("Fn::") for key in value):
        return "name"
    return {key: resolved(item, template) for key, item in value.items()}


def arn_of(logical_id, template):
    kind = template["Resources"].get(logical_id, {}).get("Type")
    return ARN_OF.get(kind, "name")


def policies_of(template):
    for logical_id, resource in template["Resources"].items():
        properties = resource.get("Properties", {})
        if resource["Type"] in ("AWS::IAM::Policy", "AWS::IAM::ManagedPolicy"):
            yield logical_id, properties["PolicyDocument"]
        for policy in properties.get("Policies", []) if resource["Type"] == "AWS::IAM::Role" else []:
            yield f"{logical_id}/{policy['PolicyName']}", policy["PolicyDocument"]


def listed(value):
    return value if isinstance(value, list) else [value]


def unknown_actions(document):
    for statement in listed(document["Statement"]):
        for action in listed(statement.get("Action", [])):
            if "*" in action:
                continue
            service, name = action.split(":")
            data = get_action_data(service, name)
            if not data:
                yield f"{action} is no action of the service authorization reference"


def by_action(document):
    """The same allowances with one statement for each action: a call's resources may stand in several statements."""
    resources = {}
    for statement in listed(document["Statement"]):
        for action in listed(statement.get("Action", [])):
            resources.setdefault((statement["Effect"], action), []).extend(listed(statement["Resource"]))
    return {
        "Version": document["Version"],
        "Statement": [
            {"Effect": effect, "Action": action, "Resource": sorted(set(found))}
            for (effect, action), found in resources.items()
        ],
    }


def findings_of(document):
    for finding in parliament.analyze_policy_string(json.dumps(document)).findings:
        if finding.issue not in ACCEPTED and finding.issue != "RESOURCE_MISMATCH":
            yield finding
    for finding in parliament.analyze_policy_string(json.dumps(by_action(document))).findings:
        if finding.issue == "RESOURCE_MISMATCH":
            yield finding


def main():
    templates, policies, statements, problems = 0, set(), 0, set()
    for path in sorted(pathlib.Path(sys.argv[1]).glob("*.json")):
        template = json.loads(path.read_text())
        templates += 1
        for name, document in policies_of(template):
            document = resolved(document, template)
            text = json.dumps(document, sort_keys=True)
            if text in policies:
                continue
            policies.add(text)
            statements += len(listed(document["Statement"]))
            for problem in unknown_actions(document):
                problems.add(f"{path.stem} {name}: {problem}")
            for finding in findings_of(document):
                problems.add(f"{path.stem} {name}: {finding.issue} {finding.detail}")
    for problem in sorted(problems):
        print(problem)
    figures = {
        "parliament": importlib.metadata.version("parliament"),
        "policy_sentry": importlib.metadata.version("policy_sentry"),
        "templates": templates,
        "policies": len(policies),
        "statements": statements,
        "problems": len(problems),
    }
    print(json.dumps(figures))
    return 1 if problems or not policies else 0


sys.exit(main())
