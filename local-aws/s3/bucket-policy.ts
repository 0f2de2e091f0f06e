// What S3 checks of a bucket's policy when it is put. Policies are not enforced here.
import { Fault } from '../core/fault';

interface Statement {
  readonly Effect?: unknown;
  readonly Principal?: unknown;
  readonly NotPrincipal?: unknown;
  readonly Action?: unknown;
  readonly NotAction?: unknown;
  readonly Resource?: unknown;
  readonly NotResource?: unknown;
  readonly Condition?: unknown;
}

/**
 * @param blocksPublic whether the bucket refuses policies that are for everybody
 * @throws Fault MalformedPolicy, AccessDenied, with S3's messages
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-policy-language-overview.html
 */
export function checkBucketPolicy(text: string, bucket: string, blocksPublic: boolean): void {
  const statements = statementsOf(text);
  for (const statement of statements) {
    if (!['Allow', 'Deny'].includes(String(statement.Effect)))
      throw malformed(`Invalid effect: ${String(statement.Effect)}`);
    if (statement.Principal === undefined && statement.NotPrincipal === undefined)
      throw malformed('Missing required field Principal');
    if (statement.Action === undefined && statement.NotAction === undefined)
      throw malformed('Missing required field Action');
    const resources = [statement.Resource ?? statement.NotResource ?? []].flat();
    if (resources.length === 0) throw malformed('Missing required field Resource');
    if (!resources.every((resource) => isOf(String(resource), bucket)))
      throw malformed('Policy has invalid resource');
    const actions = [statement.Action ?? statement.NotAction ?? []].flat().map(String);
    if (!actions.every((action) => action === '*' || /^s3:/i.test(action)))
      throw malformed('Policy has invalid action');
  }
  if (blocksPublic && statements.some(isPublic))
    throw new Fault(
      'AccessDenied',
      `s3:PutBucketPolicy on ${bucket} is refused because public policies are blocked by the BlockPublicPolicy block public access setting.`,
      403,
    );
}

function statementsOf(text: string): Statement[] {
  let document: { Statement?: Statement | Statement[]; Version?: unknown };
  try {
    document = JSON.parse(text);
  } catch {
    throw malformed("Policies must be valid JSON and the first byte must be '{'");
  }
  if (document.Version !== undefined && !['2012-10-17', '2008-10-17'].includes(String(document.Version)))
    throw malformed('The policy must contain a valid version string');
  if (document.Statement === undefined) throw malformed('Missing required field Statement');
  return [document.Statement].flat();
}

function isOf(resource: string, bucket: string): boolean {
  const arn = `arn:aws:s3:::${bucket}`;
  return resource === arn || resource.startsWith(`${arn}/`);
}

/** S3 calls a policy public that lets everybody do something without a condition; what it says of conditions is not looked at. */
function isPublic({ Effect, Principal, Condition }: Statement): boolean {
  if (Effect !== 'Allow' || Condition !== undefined) return false;
  const names = typeof Principal === 'object' && Principal ? Object.values(Principal).flat() : [Principal];
  return names.includes('*');
}

function malformed(message: string): Fault {
  return new Fault('MalformedPolicy', message);
}
