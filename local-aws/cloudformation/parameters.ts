import type { Parameter, ParameterDeclaration as ParameterSummary } from '@aws-sdk/client-cloudformation';
import {
  DescribeImagesCommand,
  DescribeInstancesCommand,
  DescribeKeyPairsCommand,
  DescribeSecurityGroupsCommand,
  DescribeSubnetsCommand,
  DescribeVpcsCommand,
} from '@aws-sdk/client-ec2';
import { GetParameterCommand } from '@aws-sdk/client-ssm';
import type { Core } from '../core/core';
import { Fault } from '../core/fault';
import { validationError } from './faults';
import type { ParameterDeclaration, Template } from './template';

/** A template parameter with its value. */
export interface ParameterValue {
  readonly key: string;
  /** As it was given; for an SSM type, the name of the SSM parameter. */
  readonly given: string;
  /** The value itself, read from SSM where the type says so. */
  readonly value: string;
  readonly type: string;
  readonly noEcho: boolean;
}

const SSM_VALUE = /^AWS::SSM::Parameter::Value<(.+)>$/;

/** Type of a parameter's value, after SSM was read. */
function valueType(type: string): string {
  return SSM_VALUE.exec(type)?.[1] ?? type;
}

function elementType(type: string): string {
  return /^List<(.+)>$/.exec(valueType(type))?.[1] ?? valueType(type);
}

/** What `Ref` gives for a parameter: a list for list types, else a string. */
export function refValue(parameter: ParameterValue): string | readonly string[] {
  const type = valueType(parameter.type);
  return type === 'CommaDelimitedList' || type.startsWith('List<')
    ? parameter.value.split(',').map((item) => item.trim())
    : parameter.value;
}

/**
 * Gives every parameter of a template its value: the one given, the previous one, or the default.
 * @throws Fault ValidationError in CloudFormation's words
 */
export async function parameterValues(
  core: Core,
  template: Template,
  given: readonly Parameter[],
  previous: readonly ParameterValue[],
): Promise<ParameterValue[]> {
  const undeclared = given
    .map((one) => one.ParameterKey ?? '')
    .filter((key) => !(key in template.Parameters));
  if (undeclared.length)
    throw validationError(`Parameters: [${undeclared.join(', ')}] do not exist in the template`);
  const missing: string[] = [];
  const chosen: { key: string; text: string; declaration: ParameterDeclaration }[] = [];
  for (const [key, declaration] of Object.entries(template.Parameters)) {
    const one = given.find((parameter) => parameter.ParameterKey === key);
    const before = previous.find((parameter) => parameter.key === key)?.given;
    if (one?.UsePreviousValue && before === undefined) {
      throw validationError(
        `Invalid input for parameter key ${key}. Cannot specify usePreviousValue as true for a parameter key not in the previous template`,
      );
    }
    if (one?.UsePreviousValue && one.ParameterValue) {
      throw validationError(
        `Invalid input for parameter key ${key}. Cannot specify usePreviousValue as true and non empty value for a parameter`,
      );
    }
    const text = one?.UsePreviousValue ? before : (one?.ParameterValue ?? declaration.Default);
    if (text === undefined) missing.push(key);
    else chosen.push({ key, text: String(text), declaration });
  }
  if (missing.length) throw validationError(`Parameters: [${missing.join(', ')}] must have values`);
  for (const { key, text, declaration } of chosen) checkConstraints(key, text, declaration);
  return Promise.all(
    chosen.map(async ({ key, text, declaration }) => ({
      key,
      given: text,
      value: SSM_VALUE.test(declaration.Type) ? await ssmValue(core, text) : text,
      type: declaration.Type,
      noEcho: String(declaration.NoEcho ?? false) === 'true',
    })),
  );
}

async function ssmValue(core: Core, name: string): Promise<string> {
  try {
    const { Parameter: parameter } = await core.send(new GetParameterCommand({ Name: name }));
    return parameter?.Value ?? '';
  } catch (error) {
    if (error instanceof Fault && error.code === 'ParameterNotFound')
      throw validationError(`Unable to fetch parameters [${name}] from parameter store for this account.`);
    throw error;
  }
}

function checkConstraints(key: string, text: string, declaration: ParameterDeclaration): void {
  const refuse = (rule: string): never => {
    throw validationError(
      declaration.ConstraintDescription
        ? `Parameter ${key} failed to satisfy constraint: ${declaration.ConstraintDescription}`
        : `Parameter '${key}' must ${rule}`,
    );
  };
  const { AllowedValues, AllowedPattern, MinLength, MaxLength, MinValue, MaxValue } = declaration;
  if (AllowedValues && !AllowedValues.some((allowed) => String(allowed) === text))
    refuse('be one of AllowedValues');
  if (AllowedPattern !== undefined && !new RegExp(`^(?:${AllowedPattern})$`).test(text))
    refuse(`match pattern ${AllowedPattern}`);
  if (MinLength !== undefined && text.length < Number(MinLength))
    refuse(`contain at least ${MinLength} characters`);
  if (MaxLength !== undefined && text.length > Number(MaxLength))
    refuse(`contain at most ${MaxLength} characters`);
  if (declaration.Type !== 'Number') return;
  if (text.trim() === '' || !Number.isFinite(Number(text))) refuse('be a number');
  if (MinValue !== undefined && Number(text) < Number(MinValue))
    refuse(`be a number not less than ${MinValue}`);
  if (MaxValue !== undefined && Number(text) > Number(MaxValue))
    refuse(`be a number not greater than ${MaxValue}`);
}

/** How to find out whether a value of an AWS-specific parameter type exists. */
const LOOKUPS: Readonly<Record<string, (core: Core, value: string) => Promise<number | undefined>>> = {
  'AWS::EC2::Image::Id': async (core, id) =>
    (await core.send(new DescribeImagesCommand({ ImageIds: [id] }))).Images?.length,
  'AWS::EC2::VPC::Id': async (core, id) =>
    (await core.send(new DescribeVpcsCommand({ VpcIds: [id] }))).Vpcs?.length,
  'AWS::EC2::Subnet::Id': async (core, id) =>
    (await core.send(new DescribeSubnetsCommand({ SubnetIds: [id] }))).Subnets?.length,
  'AWS::EC2::SecurityGroup::Id': async (core, id) =>
    (await core.send(new DescribeSecurityGroupsCommand({ GroupIds: [id] }))).SecurityGroups?.length,
  'AWS::EC2::Instance::Id': async (core, id) =>
    (await core.send(new DescribeInstancesCommand({ InstanceIds: [id] }))).Reservations?.length,
  'AWS::EC2::KeyPair::KeyName': async (core, name) =>
    (await core.send(new DescribeKeyPairsCommand({ KeyNames: [name] }))).KeyPairs?.length,
  'AWS::SSM::Parameter::Name': async (core, name) =>
    (await core.send(new GetParameterCommand({ Name: name }))).Parameter ? 1 : 0,
};

/**
 * Looks up the values of AWS-specific parameter types (`AWS::EC2::Image::Id` and the like).
 * @returns why the change set fails, when one of them does not exist
 */
export async function missingValue(
  core: Core,
  parameters: readonly ParameterValue[],
): Promise<string | undefined> {
  for (const parameter of parameters) {
    const lookup = LOOKUPS[elementType(parameter.type)];
    if (!lookup) continue;
    for (const value of [refValue(parameter)].flat()) {
      if (!(await exists(() => lookup(core, value)))) {
        return `Parameter validation failed: parameter value ${value} for parameter name ${parameter.key} does not exist`;
      }
    }
  }
  return undefined;
}

async function exists(lookup: () => Promise<number | undefined>): Promise<boolean> {
  try {
    return ((await lookup()) ?? 0) > 0;
  } catch (error) {
    if (error instanceof Fault && /NotFound|Malformed|Unavailable/.test(error.code)) return false;
    throw error;
  }
}

/** Parameters as the API shows them. */
export function describeParameters(parameters: readonly ParameterValue[]): Parameter[] {
  return parameters.map(({ key, given, value, type, noEcho }) => ({
    ParameterKey: key,
    ParameterValue: noEcho ? '****' : given,
    ...(SSM_VALUE.test(type) ? { ResolvedValue: value } : {}),
  }));
}

/** Declared parameters as GetTemplateSummary and ValidateTemplate show them. */
export function summarizeParameters(template: Template): ParameterSummary[] {
  return Object.entries(template.Parameters).map(([key, declaration]) => ({
    ParameterKey: key,
    ParameterType: declaration.Type,
    NoEcho: String(declaration.NoEcho ?? false) === 'true',
    ...(declaration.Default !== undefined ? { DefaultValue: String(declaration.Default) } : {}),
    ...(declaration.Description !== undefined ? { Description: declaration.Description } : {}),
    ParameterConstraints: { AllowedValues: declaration.AllowedValues?.map(String) },
  }));
}
