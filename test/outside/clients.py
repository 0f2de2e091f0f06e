"""boto3 and the AWS CLI as clients of a local AWS, whose address is in the environment.

Each check says what AWS's documentation promises. Prints what is wrong, then a line of JSON with figures; ends
with 1 when something is wrong.
"""

import collections
import io
import json
import subprocess
import sys
import time
import traceback
import warnings
import zipfile

import boto3
import botocore
from botocore.config import Config
from botocore.exceptions import ClientError

warnings.filterwarnings("ignore", category=DeprecationWarning)

calls = collections.Counter()
CONFIG = Config(retries={"max_attempts": 2}, parameter_validation=True)


def client(service, **options):
    made = boto3.client(service, config=CONFIG, **options)
    made.meta.events.register("after-call", lambda **_: calls.update([service]))
    return made


def refused(code, call):
    """The error that a call ends with, which must have this code."""
    try:
        call()
    except ClientError as error:
        found = error.response["Error"]["Code"]
        assert found == code, f"refused with {found} ({error}), and not with {code}"
        return error
    raise AssertionError(f"was carried out, and must be refused with {code}")


def cli(*arguments):
    calls.update(["aws"])
    ended = subprocess.run(["aws", *arguments, "--output", "json"], capture_output=True, text=True)
    assert ended.returncode == 0, f"aws {' '.join(arguments)}: {ended.stderr.strip()}"
    return json.loads(ended.stdout) if ended.stdout.strip() else None


def identity():
    sts = client("sts")
    assert sts.get_caller_identity()["Account"] == "000000000000"
    assert cli("sts", "get-caller-identity")["Account"] == "000000000000"


def another_region():
    """A request that is signed for another region is not answered as if it were this one."""
    ec2 = client("ec2", region_name="us-west-1")
    try:
        ec2.describe_vpcs()
    except ClientError:
        return
    raise AssertionError("a request for us-west-1 was answered")


def objects():
    s3 = client("s3")
    bucket = "outside-objects"
    region = s3.meta.region_name
    s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": region})
    etag = s3.put_object(Bucket=bucket, Key="a", Body=b"one")["ETag"]
    assert s3.get_object(Bucket=bucket, Key="a")["Body"].read() == b"one"
    refused("304", lambda: s3.get_object(Bucket=bucket, Key="a", IfNoneMatch=etag))
    refused("PreconditionFailed", lambda: s3.get_object(Bucket=bucket, Key="a", IfMatch='"0"'))
    refused("NoSuchKey", lambda: s3.get_object(Bucket=bucket, Key="b"))
    for number in range(5):
        s3.put_object(Bucket=bucket, Key=f"page/{number}", Body=b"")
    pages = s3.get_paginator("list_objects_v2").paginate(
        Bucket=bucket, Prefix="page/", PaginationConfig={"PageSize": 2}
    )
    found = [[each["Key"] for each in page.get("Contents", [])] for page in pages]
    assert found == [["page/0", "page/1"], ["page/2", "page/3"], ["page/4"]], found
    s3.upload_fileobj(io.BytesIO(b"x" * (9 << 20)), bucket, "large")
    assert s3.head_object(Bucket=bucket, Key="large")["ContentLength"] == 9 << 20
    listed = cli("s3api", "list-objects-v2", "--bucket", bucket, "--max-items", "3")
    assert len(listed["Contents"]) == 3 and "NextToken" in listed


def tables():
    table = boto3.resource("dynamodb", config=CONFIG).create_table(
        TableName="outside",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}, {"AttributeName": "at", "KeyType": "RANGE"}],
        AttributeDefinitions=[
            {"AttributeName": "id", "AttributeType": "S"},
            {"AttributeName": "at", "AttributeType": "N"},
        ],
        BillingMode="PAY_PER_REQUEST",
    )
    table.wait_until_exists()
    with table.batch_writer() as batch:
        for number in range(30):
            batch.put_item(Item={"id": "a", "at": number, "list": [1, {"deep": True}]})
    key = boto3.dynamodb.conditions.Key
    answer = table.query(KeyConditionExpression=key("id").eq("a") & key("at").gte(25))
    assert answer["Count"] == 5 and answer["Items"][0]["list"] == [1, {"deep": True}]
    assert table.query(KeyConditionExpression=key("id").eq("a"), Select="COUNT")["Count"] == 30
    refused(
        "ValidationException",
        lambda: table.query(KeyConditionExpression=key("id").eq("a"), Select="SOME"),
    )
    refused(
        "ConditionalCheckFailedException",
        lambda: table.put_item(Item={"id": "a", "at": 1}, ConditionExpression="attribute_not_exists(id)"),
    )
    table.delete()
    table.wait_until_not_exists()


def network():
    """https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_AuthorizeSecurityGroupIngress.html"""
    ec2 = client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.9.0.0/16")["Vpc"]["VpcId"]
    refused("DryRunOperation", lambda: ec2.create_vpc(CidrBlock="10.8.0.0/16", DryRun=True))
    assert not ec2.describe_vpcs(Filters=[{"Name": "cidr", "Values": ["10.8.0.0/16"]}])["Vpcs"]
    group = ec2.create_security_group(GroupName="outside", Description="outside", VpcId=vpc)["GroupId"]
    ec2.authorize_security_group_ingress(
        GroupId=group, IpProtocol="tcp", FromPort=80, ToPort=80, CidrIp="10.0.0.0/8"
    )
    ec2.authorize_security_group_ingress(
        GroupId=group,
        IpPermissions=[
            {
                "IpProtocol": "tcp",
                "FromPort": 80,
                "ToPort": 80,
                "IpRanges": [{"CidrIp": "192.168.0.0/16", "Description": "office"}],
            }
        ],
    )
    (described,) = ec2.describe_security_groups(GroupIds=[group])["SecurityGroups"]
    (permission,) = described["IpPermissions"]
    ranges = sorted(each["CidrIp"] for each in permission["IpRanges"])
    assert ranges == ["10.0.0.0/8", "192.168.0.0/16"], ranges
    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.9.0.0/24")["Subnet"]["SubnetId"]
    refused("DependencyViolation", lambda: ec2.delete_vpc(VpcId=vpc))
    ec2.delete_subnet(SubnetId=subnet)
    ec2.delete_security_group(GroupId=group)
    ec2.delete_vpc(VpcId=vpc)
    refused("InvalidParameterValue", lambda: ec2.describe_vpcs(Filters=[{"Name": "colour", "Values": ["1"]}]))


def machines():
    ec2, groups = client("ec2"), client("autoscaling")
    image = client("ssm").get_parameter(
        Name="/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64"
    )["Parameter"]["Value"]
    data = {"ImageId": image, "InstanceType": "t3.nano"}
    template = ec2.create_launch_template(LaunchTemplateName="outside", LaunchTemplateData=data)
    template_id = template["LaunchTemplate"]["LaunchTemplateId"]
    (zone, *_) = ec2.describe_availability_zones()["AvailabilityZones"]
    specification = {"LaunchTemplateId": template_id, "Version": "1"}
    groups.create_auto_scaling_group(
        AutoScalingGroupName="outside",
        MinSize=2,
        MaxSize=4,
        LaunchTemplate=specification,
        AvailabilityZones=[zone["ZoneName"]],
    )
    waiter_until(
        lambda: [
            each["LifecycleState"]
            for each in groups.describe_auto_scaling_groups(AutoScalingGroupNames=["outside"])[
                "AutoScalingGroups"
            ][0]["Instances"]
        ],
        ["InService", "InService"],
    )
    ec2.create_launch_template_version(
        LaunchTemplateId=template_id, SourceVersion="1", LaunchTemplateData={"InstanceType": "t3.micro"}
    )
    refused(
        "ValidationError",
        lambda: groups.start_instance_refresh(
            AutoScalingGroupName="outside",
            Preferences={"MinHealthyPercentage": 10, "MaxHealthyPercentage": 120},
        ),
    )
    groups.start_instance_refresh(
        AutoScalingGroupName="outside",
        DesiredConfiguration={"LaunchTemplate": {**specification, "Version": "2"}},
        Preferences={"InstanceWarmup": 0, "MinHealthyPercentage": 0},
    )
    refused(
        "InstanceRefreshInProgress",
        lambda: groups.start_instance_refresh(AutoScalingGroupName="outside"),
    )
    waiter_until(
        lambda: groups.describe_instance_refreshes(AutoScalingGroupName="outside")["InstanceRefreshes"][0][
            "Status"
        ],
        "Successful",
    )
    refreshes = cli(
        "autoscaling", "describe-instance-refreshes", "--auto-scaling-group-name", "outside"
    )["InstanceRefreshes"]
    assert [each["Status"] for each in refreshes] == ["Successful"]
    refused("ResourceInUse", lambda: groups.delete_auto_scaling_group(AutoScalingGroupName="outside"))
    groups.delete_auto_scaling_group(AutoScalingGroupName="outside", ForceDelete=True)
    waiter_until(lambda: groups.describe_auto_scaling_groups(AutoScalingGroupNames=["outside"])["AutoScalingGroups"], [])
    ec2.delete_launch_template(LaunchTemplateId=template_id)


def classic_load_balancers():
    """The classic API has the same signing name and endpoint, and other shapes."""
    try:
        client("elb").describe_load_balancers()
    except ClientError:
        return
    raise AssertionError("a request of the classic API was answered as one of ELBv2's")


def alarms():
    cloudwatch = client("cloudwatch")
    cloudwatch.put_metric_alarm(
        AlarmName="outside",
        Namespace="outside",
        MetricName="errors",
        Statistic="Sum",
        Period=60,
        EvaluationPeriods=1,
        Threshold=1,
        ComparisonOperator="GreaterThanOrEqualToThreshold",
        TreatMissingData="notBreaching",
    )
    cloudwatch.get_waiter("alarm_exists").wait(AlarmNames=["outside"])
    cloudwatch.delete_alarms(AlarmNames=["outside"])


def logs():
    client_ = client("logs")
    client_.create_log_group(logGroupName="outside")
    for number in range(5):
        client_.create_log_stream(logGroupName="outside", logStreamName=f"s{number}")
    pages = client_.get_paginator("describe_log_streams").paginate(
        logGroupName="outside", PaginationConfig={"PageSize": 2}
    )
    assert [len(page["logStreams"]) for page in pages] == [2, 2, 1]
    old = client_.put_log_events(
        logGroupName="outside", logStreamName="s0", logEvents=[{"timestamp": 1000, "message": "1970"}]
    )
    assert old["rejectedLogEventsInfo"]["tooOldLogEventEndIndex"] == 1, old
    client_.delete_log_group(logGroupName="outside")


def functions():
    iam, functions_, states = client("iam"), client("lambda"), client("stepfunctions")
    trust = {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"Service": ["lambda.amazonaws.com", "states.amazonaws.com"]},
                "Action": "sts:AssumeRole",
            }
        ],
    }
    role = iam.create_role(RoleName="outside", AssumeRolePolicyDocument=json.dumps(trust))["Role"]["Arn"]
    iam.put_role_policy(
        RoleName="outside",
        PolicyName="invoke",
        PolicyDocument=json.dumps(
            {
                "Version": "2012-10-17",
                "Statement": [{"Effect": "Allow", "Action": "lambda:InvokeFunction", "Resource": "*"}],
            }
        ),
    )
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as written:
        written.writestr("index.mjs", "export const handler = async (event) => ({ twice: event.number * 2 });")
    function = functions_.create_function(
        FunctionName="outside",
        Runtime="nodejs22.x",
        Role=role,
        Handler="index.handler",
        Code={"ZipFile": archive.getvalue()},
    )
    functions_.get_waiter("function_active_v2").wait(FunctionName="outside")
    answer = functions_.invoke(FunctionName="outside", Payload=json.dumps({"number": 21}))
    assert json.load(answer["Payload"]) == {"twice": 42}
    definition = {
        "StartAt": "Twice",
        "States": {"Twice": {"Type": "Task", "Resource": function["FunctionArn"], "End": True}},
    }
    machine = states.create_state_machine(
        name="outside", definition=json.dumps(definition), roleArn=role
    )["stateMachineArn"]
    for number in range(3):
        states.start_execution(stateMachineArn=machine, name=f"run-{number}", input='{"number": 4}')
    listed = states.get_paginator("list_executions").paginate(
        stateMachineArn=machine, PaginationConfig={"PageSize": 2}
    )
    assert [len(page["executions"]) for page in listed] == [2, 1]
    execution = states.list_executions(stateMachineArn=machine)["executions"][0]["executionArn"]
    waiter_until(lambda: states.describe_execution(executionArn=execution)["status"], "SUCCEEDED")
    assert json.loads(states.describe_execution(executionArn=execution)["output"]) == {"twice": 8}
    states.delete_state_machine(stateMachineArn=machine)
    functions_.delete_function(FunctionName="outside")


def stacks():
    stacks_ = client("cloudformation")
    template = {
        "Resources": {
            "Parameter": {"Type": "AWS::SSM::Parameter", "Properties": {"Type": "String", "Value": "1"}}
        },
        "Outputs": {"Name": {"Value": {"Ref": "Parameter"}}},
    }
    stacks_.create_stack(StackName="outside", TemplateBody=json.dumps(template))
    stacks_.get_waiter("stack_create_complete").wait(
        StackName="outside", WaiterConfig={"Delay": 1, "MaxAttempts": 60}
    )
    refused(
        "ValidationError",
        lambda: stacks_.update_stack(StackName="outside", TemplateBody=json.dumps(template)),
    )
    described = cli("cloudformation", "describe-stacks", "--stack-name", "outside")["Stacks"][0]
    assert described["StackStatus"] == "CREATE_COMPLETE" and described["Outputs"][0]["OutputKey"] == "Name"
    stacks_.delete_stack(StackName="outside")
    stacks_.get_waiter("stack_delete_complete").wait(
        StackName="outside", WaiterConfig={"Delay": 1, "MaxAttempts": 60}
    )


def unserved():
    """Nothing is accepted and ignored: a member without effect is refused by its name."""
    groups = client("autoscaling")
    try:
        groups.create_auto_scaling_group(
            AutoScalingGroupName="protected",
            MinSize=0,
            MaxSize=0,
            LaunchTemplate={"LaunchTemplateName": "none"},
            DeletionProtection="prevent-all-deletion",
        )
    except ClientError as error:
        assert "DeletionProtection" in str(error), error
        return
    raise AssertionError("DeletionProtection was accepted, and has no effect")


def waiter_until(look, expected, attempts=240):
    for _ in range(attempts):
        found = look()
        if found == expected:
            return
        time.sleep(0.25)
    raise AssertionError(f"is still {found}, and not {expected}")


CHECKS = [
    identity,
    another_region,
    objects,
    tables,
    network,
    machines,
    classic_load_balancers,
    alarms,
    logs,
    functions,
    stacks,
    unserved,
]


def main():
    failed = 0
    for check in CHECKS:
        try:
            check()
        except Exception as error:  # Each check says what is wrong, and the others are made all the same.
            failed += 1
            where = traceback.extract_tb(error.__traceback__)[-1]
            print(f"{check.__name__}: {type(error).__name__}: {error} (line {where.lineno})")
    version = subprocess.run(["aws", "--version"], capture_output=True, text=True).stdout.split(" ")[0]
    figures = {
        "boto3": boto3.__version__,
        "cli": version,
        "checks": len(CHECKS),
        "failed": failed,
        "calls": sum(calls.values()),
    }
    print(json.dumps(figures))
    return 1 if failed else 0


sys.exit(main())
