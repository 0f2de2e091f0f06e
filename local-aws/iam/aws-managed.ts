interface ManagedStatement {
  readonly Effect: 'Allow';
  readonly Action: readonly string[] | string;
  readonly Resource: string;
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, string | readonly string[]>>>>;
}

/**
 * The policies of AWS's own that can be attached here, by the part of the ARN after `policy/`.
 * https://docs.aws.amazon.com/aws-managed-policy/latest/reference/policy-list.html
 */
const managed: Readonly<Record<string, readonly ManagedStatement[]>> = {
  AdministratorAccess: [{ Effect: 'Allow', Action: '*', Resource: '*' }],
  'service-role/AWSLambdaBasicExecutionRole': [
    {
      Effect: 'Allow',
      Action: ['logs:CreateLogGroup', 'logs:CreateLogStream', 'logs:PutLogEvents'],
      Resource: '*',
    },
  ],
  AmazonSSMManagedInstanceCore: [
    {
      Effect: 'Allow',
      Action: [
        'ssm:DescribeAssociation',
        'ssm:GetDeployablePatchSnapshotForInstance',
        'ssm:GetDocument',
        'ssm:DescribeDocument',
        'ssm:GetManifest',
        'ssm:GetParameter',
        'ssm:GetParameters',
        'ssm:ListAssociations',
        'ssm:ListInstanceAssociations',
        'ssm:PutInventory',
        'ssm:PutComplianceItems',
        'ssm:PutConfigurePackageResult',
        'ssm:UpdateAssociationStatus',
        'ssm:UpdateInstanceAssociationStatus',
        'ssm:UpdateInstanceInformation',
      ],
      Resource: '*',
    },
    {
      Effect: 'Allow',
      Action: [
        'ssmmessages:CreateControlChannel',
        'ssmmessages:CreateDataChannel',
        'ssmmessages:OpenControlChannel',
        'ssmmessages:OpenDataChannel',
      ],
      Resource: '*',
    },
    {
      Effect: 'Allow',
      Action: [
        'ec2messages:AcknowledgeMessage',
        'ec2messages:DeleteMessage',
        'ec2messages:FailMessage',
        'ec2messages:GetEndpoint',
        'ec2messages:GetMessages',
        'ec2messages:SendReply',
      ],
      Resource: '*',
    },
  ],
  CloudWatchAgentServerPolicy: [
    {
      Effect: 'Allow',
      Action: [
        'cloudwatch:PutMetricData',
        'ec2:DescribeVolumes',
        'ec2:DescribeTags',
        'logs:PutLogEvents',
        'logs:PutRetentionPolicy',
        'logs:DescribeLogStreams',
        'logs:DescribeLogGroups',
        'logs:CreateLogStream',
        'logs:CreateLogGroup',
        'xray:PutTraceSegments',
        'xray:PutTelemetryRecords',
        'xray:GetSamplingRules',
        'xray:GetSamplingTargets',
        'xray:GetSamplingStatisticSummaries',
      ],
      Resource: '*',
    },
    {
      Effect: 'Allow',
      Action: ['ssm:GetParameter'],
      Resource: 'arn:aws:ssm:*:*:parameter/AmazonCloudWatch-*',
    },
  ],
  EC2InstanceProfileForImageBuilder: [
    { Effect: 'Allow', Action: ['imagebuilder:GetComponent'], Resource: '*' },
    {
      Effect: 'Allow',
      Action: ['kms:Decrypt'],
      Resource: '*',
      Condition: {
        'ForAnyValue:StringEquals': {
          'kms:EncryptionContextKeys': 'aws:imagebuilder:arn',
          'aws:CalledVia': ['imagebuilder.amazonaws.com'],
        },
      },
    },
    { Effect: 'Allow', Action: ['s3:GetObject'], Resource: 'arn:aws:s3:::ec2imagebuilder*' },
    {
      Effect: 'Allow',
      Action: ['logs:CreateLogStream', 'logs:CreateLogGroup', 'logs:PutLogEvents'],
      Resource: 'arn:aws:logs:*:*:log-group:/aws/imagebuilder/*',
    },
  ],
};

const prefix = 'arn:aws:iam::aws:policy/';

/** The document of one of AWS's own policies as JSON text; undefined for an ARN that is not in the table. */
export function awsManagedPolicy(arn: string): string | undefined {
  const name = arn.startsWith(prefix) ? arn.slice(prefix.length) : '';
  const statements = Object.hasOwn(managed, name) ? managed[name] : undefined;
  return statements && JSON.stringify({ Version: '2012-10-17', Statement: statements });
}

/** ARNs of all policies in the table. */
export function awsManagedArns(): string[] {
  return Object.keys(managed).map((name) => prefix + name);
}
