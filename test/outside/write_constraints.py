"""Writes what values AWS takes into the local AWS's table, from botocore's models.

Usage: npx tsx test/outside/served-operations.ts | write_constraints.py FILE [--check]

FILE is local-aws/core/constraints.json. `npm run outside -- --write-constraints` does this in a Python of the
versions in requirements.txt; `npm run outside` does it with --check, which writes nothing and ends with 1 when
the file is not what the models say. It needs Node, to see which patterns JavaScript understands. Prints a line
of JSON with figures.

The table has, by signing name, each operation's input shape, and the shapes that constrain a value or hold one
that does: `values`, `pattern`, `min` and `max` (of a number), `minLength` and `maxLength` (a text's characters, how many
items or entries), `members` of a structure, `items` of a list, `keys` and `entries` of a map.
"""

import json
import pathlib
import re
import subprocess
import sys

import botocore
import botocore.session

SERVICES = {
    "elasticloadbalancing": "elbv2",
    "monitoring": "cloudwatch",
    "states": "stepfunctions",
}
# Shapes whose values the local AWS checks elsewhere, because AWS has words of its own for them.
LEFT_OUT = {
    # Over a thousand values; local-aws/ec2/launch.ts.
    "ec2:InstanceType",
    # InvalidStorageClass; local-aws/s3/description.ts.
    "s3:StorageClass",
}
# Patterns that AWS holds against its users, and not against what parts of AWS ask for.
REPLACED = {
    # CloudFormation tags what it makes by the name of its stack, as aws:cloudformation:stack-name.
    "imagebuilder:TagKey": ("^(?!aws:)[a-zA-Z0-9\\s_.:/=+\\-@]*$", "[a-zA-Z0-9\\s_.:/=+\\-@]*"),
}
# What AWS's documentation says, and its models do not: shape, member, and the constraint.
DOCUMENTED = [
    # https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_LaunchTemplateInstanceMetadataOptionsRequest.html
    ("ec2", "LaunchTemplateInstanceMetadataOptionsRequest", "HttpPutResponseHopLimit", {"min": 1, "max": 64}),
    # https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_InstanceMetadataOptionsRequest.html
    ("ec2", "InstanceMetadataOptionsRequest", "HttpPutResponseHopLimit", {"min": 1, "max": 64}),
    # "You cannot use a colon (:) in the name."
    # https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_CreateAutoScalingGroup.html
    (
        "autoscaling",
        "CreateAutoScalingGroupType",
        "AutoScalingGroupName",
        {"pattern": "[!-9;-~]+", "minLength": 1, "maxLength": 255},
    ),
]
# Patterns that every text matches.
USELESS = {".*", "[\\s\\S]*", "[\\S\\s]*", "(.|\\n)*"}
# Characters that JavaScript lets stand behind a backslash; Java does so with every one that is no letter.
ESCAPABLE = set("^$\\.*+?()[]{}|/-")
# An escape that stands for several characters cannot begin or end a range in JavaScript.
CLASS_ESCAPE = re.compile(r"(\\[wdsWDS]|\\[pP]\{\w+\})-(?!\])")


def javascript(pattern):
    """A pattern of Java's in JavaScript's notation; what it matches is the same."""

    def escape(match):
        char = match.group(1)
        return match.group(0) if char.isalnum() or char in ESCAPABLE else char

    return CLASS_ESCAPE.sub(r"\1\\-", re.sub(r"\\(.)", escape, pattern))


def not_understood(patterns):
    """Those that JavaScript does not compile."""
    code = (
        "const patterns = JSON.parse(require('node:fs').readFileSync(0, 'utf8'));"
        "const fails = (p) => { try { new RegExp(`^(?:${p})$`, 'u'); return false; } catch { return true; } };"
        "console.log(JSON.stringify(patterns.filter(fails)));"
    )
    run = subprocess.run(["node", "-e", code], input=json.dumps(patterns), capture_output=True, text=True, check=True)
    return set(json.loads(run.stdout))


def pattern_of(shape, pattern):
    if shape not in REPLACED:
        return pattern
    known, replacement = REPLACED[shape]
    if pattern != known:
        raise ValueError(f"The pattern of {shape} has changed: {pattern}. Is its replacement still right?")
    return replacement


def constraint_of(service, shape):
    if f"{service}:{shape.name}" in LEFT_OUT:
        return {}
    found = shape.metadata
    constraint = {}
    if shape.type_name == "string":
        if "enum" in found:
            constraint["values"] = list(found["enum"])
        if "pattern" in found and found["pattern"] not in USELESS:
            constraint["pattern"] = javascript(pattern_of(f"{service}:{shape.name}", found["pattern"]))
    measure = "" if shape.type_name in NUMBERS else "Length"
    for bound in ("min", "max"):
        # A text, list or map that may be empty has no least length.
        if bound in found and (bound, measure, found[bound]) != ("min", "Length", 0):
            constraint[bound + measure] = found[bound]
    return constraint if shape.type_name in CONSTRAINED else {}


NUMBERS = {"integer", "long", "float", "double"}
CONSTRAINED = NUMBERS | {"string", "list", "map"}
KINDS = ("values", "pattern", "min", "max", "minLength", "maxLength")


def parts_of(shape):
    """The shapes that a shape holds, by where."""
    if shape.type_name == "structure":
        return {"members": {name: member.name for name, member in shape.members.items()}}
    if shape.type_name == "list":
        return {"items": shape.member.name}
    if shape.type_name == "map":
        return {"keys": shape.key.name, "entries": shape.value.name}
    return {}


def shapes_of(service, model, operations):
    """All shapes that the operations' inputs reach, each with its constraint and its parts."""
    shapes = {}

    def visit(shape):
        if shape.name in shapes:
            return
        shapes[shape.name] = {**constraint_of(service, shape), **parts_of(shape)}
        if shape.type_name == "structure":
            held = list(shape.members.values())
        elif shape.type_name == "list":
            held = [shape.member]
        else:
            held = [shape.key, shape.value] if shape.type_name == "map" else []
        for one in held:
            visit(one)

    for name in operations:
        shape = model.operation_model(name).input_shape
        if shape is not None:
            visit(shape)
    for of, structure, member, constraint in DOCUMENTED:
        if of != service:
            continue
        name = f"{structure}.{member}"
        shapes[name] = constraint
        shapes[structure]["members"][member] = name
    return shapes


def with_constraints(shapes):
    """Without the shapes, and the parts, that constrain nothing."""
    kept = {name for name, shape in shapes.items() if shape.keys() & set(KINDS)}

    def held(shape):
        parts = [shape[part] for part in ("items", "keys", "entries") if part in shape]
        return [*parts, *shape.get("members", {}).values()]

    while True:
        further = {name for name, shape in shapes.items() if kept.intersection(held(shape))}
        if further <= kept:
            break
        kept |= further

    def pruned(shape):
        result = {key: value for key, value in shape.items() if key not in ("items", "keys", "entries", "members")}
        for part in ("items", "keys", "entries"):
            if shape.get(part) in kept:
                result[part] = shape[part]
        members = {name: of for name, of in shape.get("members", {}).items() if of in kept}
        return {**result, "members": members} if members else result

    return {name: pruned(shapes[name]) for name in sorted(kept)}


def text_of(version, services):
    """JSON with a line for each operation and each shape, so that a change shows what changed."""

    def block(entries):
        lines = [f"        {json.dumps(key)}: {json.dumps(value)}" for key, value in sorted(entries.items())]
        return "{\n" + ",\n".join(lines) + "\n      }" if lines else "{}"

    parts = [
        f'    "{name}": {{\n      "operations": {block(operations)},\n      "shapes": {block(shapes)}\n    }}'
        for name, (operations, shapes) in sorted(services.items())
    ]
    return f'{{\n  "botocore": "{version}",\n  "services": {{\n' + ",\n".join(parts) + "\n  }\n}\n"


def main():
    arguments = [argument for argument in sys.argv[1:] if argument != "--check"]
    check = "--check" in sys.argv
    file = pathlib.Path(arguments[0])
    session = botocore.session.get_session()
    reached = {}
    served = json.load(sys.stdin)
    for service, operations in served.items():
        model = session.get_service_model(SERVICES.get(service, service))
        reached[service] = (model, shapes_of(service, model, operations))

    every = [shape for _, shapes in reached.values() for shape in shapes.values()]
    foreign = not_understood(sorted({shape["pattern"] for shape in every if "pattern" in shape}))
    for shape in every:
        if shape.get("pattern") in foreign:
            del shape["pattern"]

    services = {}
    for service, (model, shapes) in reached.items():
        kept = with_constraints(shapes)
        inputs = {name: model.operation_model(name).input_shape for name in served[service]}
        services[service] = (
            {name: shape.name if shape is not None and shape.name in kept else None for name, shape in inputs.items()},
            kept,
        )
    text = text_of(botocore.__version__, services)
    is_current = file.exists() and file.read_text() == text
    if not check:
        file.write_text(text)

    kept = [shape for _, shapes in services.values() for shape in shapes.values()]
    print(
        json.dumps(
            {
                "botocore": botocore.__version__,
                "operations": sum(len(operations) for operations in served.values()),
                "shapes": len(kept),
                **{kind: sum(kind in shape for shape in kept) for kind in KINDS},
                "patterns left out": sorted(foreign),
                "bytes": len(text),
                "current": is_current,
            }
        )
    )
    return 0 if is_current or not check else 1


sys.exit(main())
