"""Holds recorded calls of the local AWS, and its answers on the wire, against botocore's models.

Usage: validate_calls.py FOLDER. Prints what is wrong, then a line of JSON with figures; ends with 1 when
something is wrong.
"""

import base64
import json
import pathlib
import sys

import botocore
import botocore.awsrequest
import botocore.parsers
import botocore.session
import botocore.validate

SERVICES = {
    "elasticloadbalancing": "elbv2",
    "monitoring": "cloudwatch",
    "states": "stepfunctions",
}
MOST_SHOWN = 40
# What AWS answers although its model does not say so, by what is reported here and why it is right.
KNOWN = {
    # A stack is a resource of its own in its events, with the stack's own statuses:
    # https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/view-stack-events-by-operation.html
    "cloudformation:DescribeStackEvents output: .StackEvents[].ResourceStatus is 'UPDATE_COMPLETE_CLEANUP_IN_PROGRESS',",
    "cloudformation:DescribeStackEvents output: .StackEvents[].ResourceStatus is 'UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS',",
    "cloudformation:DescribeStackEvents output: .StackEvents[].ResourceStatus is 'REVIEW_IN_PROGRESS',",
    # The document is the member: a customization of botocore's reads it, and not the model.
    # https://github.com/boto/botocore/blob/develop/botocore/handlers.py (parse_get_bucket_location)
    "s3:GetBucketLocation output: .LocationConstraint is lost on the wire",
}

session = botocore.session.get_session()
models = {}


def model_of(signing_name):
    name = SERVICES.get(signing_name, signing_name)
    if name not in models:
        models[name] = session.get_service_model(name)
    return models[name]


def protocol_of(model):
    """The protocol that the SDK for JavaScript speaks, where a service has several."""
    protocol = model.metadata["protocol"]
    return "json" if protocol == "smithy-rpc-v2-cbor" else protocol


def native(value, shape):
    """A recorded value as botocore's clients have it: bytes, and times, which JSON has as text."""
    if value is None or shape is None:
        return value
    if isinstance(value, dict) and "$bytes" in value:
        return base64.b64decode(value["$bytes"])
    if isinstance(value, dict) and "$stream" in value:
        return b""
    kind = shape.type_name
    if kind == "structure" and isinstance(value, dict):
        return {
            key: native(member, shape.members.get(key))
            for key, member in value.items()
            if member is not None
        }
    if kind == "list" and isinstance(value, list):
        return [native(member, shape.member) for member in value]
    if kind == "map" and isinstance(value, dict):
        return {key: native(member, shape.value) for key, member in value.items() if member is not None}
    return value


def wrong_values(value, shape, where):
    """Members that the model lacks, and values that are not among an enumeration's."""
    kind = shape.type_name
    if kind == "structure" and isinstance(value, dict):
        if getattr(shape, "is_document_type", False):
            return
        for key, member in value.items():
            if key == "ResponseMetadata" and where == "":
                continue
            if key not in shape.members:
                yield f"{where}.{key} is no member of {shape.name}"
            elif member is not None:
                yield from wrong_values(member, shape.members[key], f"{where}.{key}")
    elif kind == "list" and isinstance(value, list):
        for member in value:
            yield from wrong_values(member, shape.member, f"{where}[]")
    elif kind == "map" and isinstance(value, dict):
        for member in value.values():
            yield from wrong_values(member, shape.value, f"{where}{{}}")
    elif kind == "string" and getattr(shape, "enum", None) and value not in shape.enum:
        yield f"{where} is {value!r}, which is not among {shape.name}'s values"


def lost(sent, received, where=""):
    """What an answer has, and botocore does not find on the wire."""
    if isinstance(sent, dict) and ("$bytes" in sent or "$stream" in sent):
        return
    if isinstance(sent, dict):
        for key, member in sent.items():
            if member in (None, "", [], {}):
                continue
            if not isinstance(received, dict) or key not in received:
                yield f"{where}.{key} is lost on the wire"
            else:
                yield from lost(member, received[key], f"{where}.{key}")
    elif isinstance(sent, list):
        if not isinstance(received, list) or len(received) != len(sent):
            yield f"{where} has {len(sent)} items, and on the wire {len(received or [])}"
        else:
            for one, other in zip(sent, received):
                yield from lost(one, other, f"{where}[]")


def faults_of(call):
    model = model_of(call["service"])
    if call["operation"] not in model.operation_names:
        yield "botocore knows no such operation"
        return
    operation = model.operation_model(call["operation"])
    shape = operation.input_shape
    given = native(call["input"], shape)
    # A call that was refused may have been wrong on purpose.
    if shape is not None and "fault" not in call:
        report = botocore.validate.ParamValidator().validate(given, shape)
        if report.has_errors():
            yield f"input: {report.generate_report()}"
        for wrong in wrong_values(given, shape, ""):
            yield f"input: {wrong}"
    if "answer" not in call or operation.output_shape is None:
        return
    answer = call["answer"]
    body = base64.b64decode(answer["body"])
    parser = botocore.parsers.create_parser(protocol_of(model))
    response = {
        "status_code": answer["status"],
        # Header names are the same in any case.
        "headers": botocore.awsrequest.HeadersDict(answer["headers"]),
        "body": body,
    }
    streaming = operation.has_streaming_output
    if streaming:
        response["body"] = type("Body", (), {"read": lambda self: body})()
    parsed = parser.parse(response, operation.output_shape)
    parsed.pop("ResponseMetadata", None)
    if streaming:
        parsed.pop(operation.get_streaming_output().serialization.get("name", ""), None)
    report = botocore.validate.ParamValidator().validate(parsed, operation.output_shape)
    if report.has_errors():
        yield f"output: {report.generate_report()}"
    for wrong in wrong_values(parsed, operation.output_shape, ""):
        yield f"output: {wrong}"
    if not streaming:
        for wrong in lost(call.get("output"), parsed):
            yield f"output: {wrong}"


def main():
    calls, forms, operations, problems = 0, 0, set(), {}
    for path in pathlib.Path(sys.argv[1]).glob("*.jsonl"):
        for line in path.read_text().splitlines():
            call = json.loads(line)
            if "calls" in call:
                calls += call["calls"]
                continue
            forms += 1
            operations.add((call["service"], call["operation"]))
            for problem in faults_of(call):
                key = f"{call['service']}:{call['operation']} {problem}"
                if any(key.startswith(known) for known in KNOWN):
                    continue
                problems[key] = problems.get(key, 0) + 1
    for problem, count in sorted(problems.items())[:MOST_SHOWN]:
        print(f"{problem} ({count} times)")
    figures = {
        "botocore": botocore.__version__,
        "calls": calls,
        "forms": forms,
        "operations": len(operations),
        "problems": len(problems),
    }
    print(json.dumps(figures))
    if forms == 0:
        print("No call was recorded: there is nothing to validate.", file=sys.stderr)
    return 1 if problems or forms == 0 else 0


sys.exit(main())
