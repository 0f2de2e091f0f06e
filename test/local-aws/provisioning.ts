import type { Core } from '../../local-aws/core/core';
import type { Provisioning } from '../../local-aws/core/service';

/** What CloudFormation hands a resource's handler: here, of a stack `Stack` without tags of its own. */
export function provisioningOf(core: Core, logicalId: string): Provisioning {
  return {
    core,
    stackName: 'Stack',
    stackId: 'arn:stack',
    logicalId,
    generateName: () => `Stack-${logicalId}`,
    stackTags: [{ Key: 'aws:cloudformation:stack-name', Value: 'Stack' }],
  };
}
